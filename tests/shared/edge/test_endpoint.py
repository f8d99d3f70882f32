"""Whatever happens inside, the client gets one answer in one format, and the log gets one line."""

import json

import pytest

from shared.edge.endpoint import Endpoint
from shared.edge.queue import consume
from shared.edge.response import Response
from shared.errors import AppError, MethodNotAllowed, RateLimited, StoreUnavailable
from shared.log import log


class Deps:
    public_url = "http://localhost:3000"

    def act_for(self, org_id):
        self.acting_for = org_id


def call(handler, route="GET /x"):
    event = {"routeKey": "GET /x", "rawPath": "/x", "requestContext": {"http": {"method": "GET"}, "requestId": "r-1"}}
    return Endpoint({route: handler}, needs=())(event, None, Deps())


def raising(error):
    def handler(_request, _deps):
        raise error

    return handler


def test_a_problem_says_everything_a_client_and_a_person_need():
    answer = call(raising(StoreUnavailable("The store is away.", retry_after=7)))

    body = json.loads(answer["body"])
    assert answer["statusCode"] == 503
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert answer["headers"]["Retry-After"] == "7"
    assert body == {
        "type": "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity",
        "title": "The photo store cannot be reached right now.",
        "status": 503,
        "detail": "The store is away.",
        "instance": "/x",
        "code": "store_unavailable",
        "message": "The store is away.",
        "request_id": "r-1",
        "retryable": True,
        "class": "transient",
    }


def test_a_bug_is_a_500_that_gives_nothing_away(capsys):
    answer = call(raising(ValueError("password=hunter2 at /srv/secret.py")))

    assert answer["statusCode"] == 500
    assert "hunter2" not in answer["body"]
    assert json.loads(answer["body"])["request_id"] == "r-1"
    logged = capsys.readouterr().out
    assert "request.bug" in logged
    assert "ValueError" in logged
    assert "hunter2" not in logged


def test_a_limit_is_told_in_the_words_of_simple_clients_too():
    body = json.loads(call(raising(RateLimited("Too many.", retry_after=3)))["body"])

    assert (body["error"], body["retryAfter"]) == ("Too many.", 3)


def test_a_path_that_no_route_takes_does_not_exist():
    assert call(raising(AssertionError()), route="GET /other")["statusCode"] == 404


def test_an_error_may_bring_its_own_headers():
    assert call(raising(MethodNotAllowed("no", headers={"Allow": "GET"})))["headers"]["Allow"] == "GET"


def test_every_answer_carries_the_request_id_and_is_neither_sniffed_nor_cached():
    headers = call(lambda _request, _deps: Response(200, {"a": 1}))["headers"]

    assert headers["X-Request-Id"] == "r-1"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_one_request_is_one_log_line_with_its_ids_and_the_next_has_none_of_them(capsys):
    def handler(_request, _deps):
        log.bind(upload_id="u-1")
        return Response(200, {})

    call(handler)
    call(lambda _request, _deps: Response(200, {}))

    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["message"], first["upload_id"], first["request_id"]) == ("request.done", "u-1", "r-1")
    assert "upload_id" not in second


@pytest.mark.parametrize("name", ["token", "Authorization", "upload_url", "exif", "email"])
def test_what_is_secret_never_reaches_a_line(name, capsys):
    log.info("something.happened", **{name: "canary"})

    assert "canary" not in capsys.readouterr().out


def test_a_fact_may_have_any_name_at_all(capsys):
    log.info("something.happened", name="n", args=1, message="m", levelname="x")

    assert json.loads(capsys.readouterr().out)["name_"] == "n"


def test_a_line_stays_one_line_and_short(capsys):
    log.info("something.happened", file_name='a\r\n{"level": "ERROR"}\x1b[31m' + "x" * 1_000_000)

    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert len(out) < 8_192


def test_of_a_batch_only_the_failed_messages_come_back():
    def handle(record, _deps):
        if record["messageId"] == "bug":
            raise ValueError
        if record["messageId"] == "trouble":
            raise AppError

    records = [{"messageId": name} for name in ("fine", "bug", "also fine", "trouble")]

    assert consume({"Records": records}, handle, Deps()) == {
        "batchItemFailures": [{"itemIdentifier": "bug"}, {"itemIdentifier": "trouble"}]
    }
