"""What a client sent is understood the same from both shapes of event, and nobody is believed but the authorizer."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.edge.request import understand
from shared.errors import BadRequest, Forbidden, IdempotencyKeyInvalid, NotFound, Unauthenticated, Unavailable
from shared.photos import Caller, UploadToken
from shared.tokens.upload_token_json import to_context

ORG = uuid4()
TOKEN = UploadToken(
    id=uuid4(),
    project_id=uuid4(),
    operations=frozenset({"upload"}),
    types=frozenset({"image/png"}),
    expires_at=datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1),
)
BY_ACCESS_TOKEN = {"actor_id": "ann", "org_id": str(ORG), "scopes": "a b"}
BY_UPLOAD_TOKEN = {"actor_id": "ann", "org_id": str(ORG), "scopes": "", "upload_token": to_context(TOKEN)}


def v2(headers=None, authorizer=None, **changes):
    context = {"http": {"method": "POST", "path": "/p"}, "requestId": "gw-1", "domainName": "api.example"}
    if authorizer is not None:
        context["authorizer"] = {"lambda": authorizer}
    return {"routeKey": "POST /p", "rawPath": "/p", "headers": headers or {}, "requestContext": context} | changes


def v1(headers=None, **changes):
    return {
        "httpMethod": "POST",
        "path": "/p",
        "resource": "/p",
        "headers": headers or {},
        "requestContext": {"requestId": "gw-1", "domainName": "api.example"},
    } | changes


def test_both_payload_formats_become_the_same_request():
    first = understand(v1({"X-A": "1"}, body="hi"), "")
    second = understand(v2({"x-a": "1"}, body="hi"), "")

    assert first == second


def test_the_caller_is_who_the_authorizer_says():
    request = understand(v2(authorizer=BY_ACCESS_TOKEN), "")

    assert (request.caller.actor_id, request.caller.org_id) == ("ann", ORG)
    assert request.caller.scopes == {"a", "b"}


@pytest.mark.parametrize(
    "authorizer",
    [None, {}, {"actor_id": "ann"}, {"refused": "token_expired", "actor_id": "ann", "org_id": str(ORG)}],
)
def test_without_a_full_answer_of_the_authorizer_there_is_no_caller(authorizer):
    spoofed = {"X-User-ID": "ann", "X-Org-ID": str(ORG), "X-Forwarded-For": "10.0.0.1"}
    request = understand(v2(spoofed, authorizer=authorizer), "")

    with pytest.raises(Unauthenticated) as refused:
        _ = request.caller

    assert "WWW-Authenticate" in refused.value.headers


@pytest.mark.parametrize(
    "request_",
    [
        understand(v2(authorizer=BY_UPLOAD_TOKEN), ""),
        understand(v2(), "").known_to(Caller("ann", ORG, upload_token=TOKEN)),
    ],
    ids=["in the header", "in the path"],
)
def test_an_upload_token_opens_what_asks_for_its_operation_and_nothing_else(request_):
    assert request_.caller_for("upload") == Caller("ann", ORG, upload_token=TOKEN)

    with pytest.raises(Forbidden, match=r"is for upload.*include status"):
        request_.caller_for("status")
    with pytest.raises(Forbidden, match="access token"):
        _ = request_.caller


@pytest.mark.parametrize("operation", ["upload", "status"])
def test_an_access_token_opens_every_operation(operation):
    request = understand(v2(authorizer=BY_ACCESS_TOKEN), "")

    assert request.caller_for(operation) == request.caller


@pytest.mark.parametrize("said", ["", "{}", "null", json.dumps({"id": "x"}), 0, False])
def test_an_upload_token_that_cannot_be_read_is_not_taken_for_an_access_token(said):
    request = understand(v2(authorizer={**BY_ACCESS_TOKEN, "upload_token": said}), "")

    for ask in (lambda: request.caller, lambda: request.caller_for("upload")):
        with pytest.raises(Unauthenticated):
            ask()
    assert request.org_id is None


def test_whom_the_path_names_asks_whatever_the_header_says():
    request = understand(v2(authorizer={**BY_ACCESS_TOKEN, "actor_id": "bob", "org_id": str(uuid4())}), "")

    known = request.known_to(Caller("ann", ORG, upload_token=TOKEN))

    assert known.caller_for("upload").actor_id == "ann"
    assert known.org_id == ORG


def test_without_anybody_known_no_operation_is_open_and_no_rows_are_seen():
    for authorizer in (None, {"refused": "token_expired"}, {"refused": "keys_unavailable"}):
        request = understand(v2(authorizer=authorizer), "")

        with pytest.raises((Unauthenticated, Unavailable)):
            request.caller_for("upload")
        assert request.org_id is None


def test_keys_that_cannot_be_fetched_are_our_trouble_and_not_the_callers():
    with pytest.raises(Unavailable):
        _ = understand(v2(authorizer={"refused": "keys_unavailable"}), "").caller


@pytest.mark.parametrize("given", ["k-1", '"k-1"'])
def test_the_quoted_and_the_bare_key_are_one(given):
    assert understand(v2({"Idempotency-Key": given}), "").idempotency_key == "k-1"


@pytest.mark.parametrize("given", ["", '""', "x" * 256, "a\tb", "a,b", 'a"b', "ключ", "\x7f"])
def test_an_unusable_key_is_refused(given):
    with pytest.raises(IdempotencyKeyInvalid, match="1 to 255"):
        _ = understand(v2({"idempotency-key": given}), "").idempotency_key


@pytest.mark.parametrize(
    ("given", "used"),
    [("abcdef-12345", "abcdef-12345"), ("short", "gw-1"), ("evil\r\nline-------", "gw-1"), ("x" * 129, "gw-1")],
)
def test_a_clients_request_id_is_kept_when_it_is_harmless(given, used):
    assert understand(v2({"x-request-id": given}), "").request_id == used


def test_bad_base64_is_the_clients_mistake():
    with pytest.raises(BadRequest, match="base64"):
        understand(v2(body="***", isBase64Encoded=True), "").body()


def test_an_id_that_is_no_id_names_nothing():
    with pytest.raises(NotFound):
        understand(v2(pathParameters={"id": "../../etc"}), "").path_id()


def test_links_come_from_the_setting_and_else_from_the_gateway_never_from_a_header():
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}

    assert understand(v2(headers), "http://localhost:3000/").base_url == "http://localhost:3000"
    assert understand(v2(headers), "").base_url == "https://api.example"
