"""A bad form gets its exact status in the one format; there is no row, no object, no call, and never a 500."""

import http.client
from contextlib import closing
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.shared.edge.forms import body, file, part, text
from tests.support.behind import Behind
from tests.support.client import Answer, jpeg
from tests.support.form import KIND, form, send, send_raw

PHOTO = jpeg()


@pytest.fixture
def untouched(client):
    """After the test there is no more of anything than before; less there may be, for the reaper never sleeps."""
    behind = Behind(client)
    tables = ("uploads", "attempts", "photos", "outbox WHERE topic = 'photo.committed'")

    def all_there_is():
        counts = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
        return *client.rows(counts)[0], behind.calls()["upload"], len(behind.objects())

    before = all_there_is()
    yield
    assert [now - then for now, then in zip(all_there_is(), before, strict=True) if now > then] == []


def refused(answer, status, code):
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "detail", "instance", "message", "request_id", "retryable"} <= answer.json.keys()


def test_without_a_key_nothing_begins(client, untouched):
    refused(send(client, PHOTO, key=None), 400, "idempotency_key_missing")


@pytest.mark.parametrize("key", ['""', "x" * 256, "a\tb", "a,b", '"a', "k\u00e9y"])
def test_an_unusable_key_is_refused(client, untouched, key):
    refused(send(client, PHOTO, key=key), 400, "idempotency_key_invalid")


def test_two_keys_are_none(client, untouched):
    headers = [("Content-Type", KIND), ("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
    headers.append(("Authorization", f"Bearer {client.stack.token}"))
    content = form(PHOTO, {"project_id": client.stack.project_id})

    refused(raw(client, content, headers), 400, "idempotency_key_invalid")


KINDS = {
    "no multipart at all": ("image/jpeg", 415, "unsupported_type"),
    "a form of another kind": ("application/x-www-form-urlencoded", 415, "unsupported_type"),
    "no boundary": ("multipart/form-data", 400, "malformed_multipart"),
    "a boundary of 71": (f"multipart/form-data; boundary={'x' * 71}", 400, "malformed_multipart"),
    "two boundaries": (f"{KIND}; boundary=other", 400, "malformed_multipart"),
    "an option that tempts a pattern to go back": (f"{KIND}; " + 'a="\\' * 500, 400, "malformed_multipart"),
}


@pytest.mark.parametrize("what", KINDS)
def test_a_content_type_that_is_no_form_is_refused(client, untouched, what):
    kind, status, code = KINDS[what]

    refused(send_raw(client, body(file(PHOTO)), kind=kind), status, code)


def test_a_compressed_body_is_not_unpacked(client, untouched):
    refused(send_raw(client, b"\x1f\x8b" * 500, content_encoding="gzip"), 415, "unsupported_type")


FORMS = {
    "nothing": b"",
    "no file": body(text("session_id", "s")),
    "a file as a text": body(part('name="file"', PHOTO)),
    "two files": body(file(PHOTO), file(PHOTO, name="photo")),
    "the same field twice": body(file(PHOTO), text("session_id", "a"), text("session_id", "b")),
    "a part without a name": body(file(PHOTO), part('filename="a"', b"x")),
    "ten thousand parts": body(file(PHOTO), *(text(f"f{n}", "x") for n in range(10_000))),
    "a hundred thousand headers": body(file(PHOTO, *("X-A: b" for _ in range(100_000)))),
    "a megabyte of preamble": b"x" * 1_000_000 + b"\r\n" + body(file(PHOTO)),
    "a megabyte of epilogue": body(file(PHOTO)) + b"x" * 1_000_000,
    "a form that is cut off": body(file(PHOTO))[:-30],
    "a form without its last two dashes": body(file(PHOTO))[:-4] + b"\r\n",
    "another boundary than was named": body(file(PHOTO), boundary="other"),
    "a text that is no UTF-8": body(file(PHOTO), part('name="session_id"', b"\xff\xfe")),
    "a line break in a file name": body(part('name="file"; filename="a\r\nX-Evil: 1"', PHOTO)),
    "a NUL in a file name": body(part('name="file"; filename="a\0.jpg"', PHOTO)),
    "a file name of 10 kB": body(file(PHOTO, file_name="x" * 10_000)),
}


@pytest.mark.parametrize("what", FORMS)
def test_a_form_that_can_be_read_in_two_ways_or_in_none_is_refused(client, untouched, what):
    refused(send_raw(client, FORMS[what]), 400, "malformed_multipart")


FIELDS = {
    "no target": {},
    "half a stop": {"team_id": str(uuid4())},
    "two targets": {"project_id": str(uuid4()), "venue_id": str(uuid4())},
    "a target that is no id": {"project_id": "../../etc"},
    "a field nobody asked for": {"project_id": str(uuid4()), "status": "completed"},
    "an organisation of one's own choice": {"project_id": str(uuid4()), "org_id": str(uuid4())},
    "a name that is too long": {"project_id": str(uuid4()), "hunt_name": "x" * 256},
    "a moment without a zone": {"project_id": str(uuid4()), "completed_at": "2026-05-17T09:41:00"},
    "a moment that is none": {"project_id": str(uuid4()), "completed_at": "2026-13-40"},
}


@pytest.mark.parametrize("what", FIELDS)
def test_a_field_that_is_wrong_is_named(client, untouched, what):
    answer = send(client, PHOTO, FIELDS[what])

    refused(answer, 400, "validation_failed")
    assert answer.json["errors"]


def test_a_nul_in_a_field_is_refused(client, untouched):
    answer = send(client, PHOTO, {"project_id": client.stack.project_id, "hunt_name": "a\0b"})

    refused(answer, 400, "bad_request")


NAMES = {
    "../../x.jpg": "../../x.jpg",
    "C:\\x.jpg": "C:\\x.jpg",
    "\\\\srv\\x.jpg": "\\\\srv\\x.jpg",
    "..": "..",
    "x.php.jpg": "x.php.jpg",
    ".htaccess": ".htaccess",
    "gpj.\u202egnp": "gpj.gnp",
    "a%0D%0AX-Evil: 1": "aX-Evil: 1",
    "e\u0301t\u00e9.jpg": "\u00e9t\u00e9.jpg",
    "x" * 255: "x" * 255,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_is_text_to_be_shown_and_nothing_else(client, name):
    told = send(client, jpeg(), file_name=name).json

    assert told["file_name"] == NAMES[name]
    assert told["s3_url"].endswith(f"/{told['upload_id']}/1")


@pytest.mark.parametrize("name", ["x" * 256, "", "\u202e\u200f"])
def test_a_file_name_of_which_nothing_can_be_shown_is_refused(client, untouched, name):
    assert send(client, PHOTO, file_name=name).status == 400


def test_a_target_of_somebody_else_and_one_that_is_nowhere_get_the_same_404(client, untouched):
    _, foreign = client.organisation()

    answers = [send(client, PHOTO, {"project_id": project}) for project in (foreign, str(uuid4()))]

    assert [answer.status for answer in answers] == [404, 404]
    assert answers[0].json["detail"] == answers[1].json["detail"]


def test_a_viewer_and_a_stranger_are_refused(client, untouched):
    viewer, project = client.organisation(role="viewer")

    refused(send(client, PHOTO, {"project_id": project}, token=viewer), 403, "forbidden")
    assert send(client, PHOTO, token=None).status == 401


def test_a_refused_form_does_not_use_up_its_key(client):
    key = str(uuid4())
    send_raw(client, body(file(PHOTO))[:-30], key=key)
    send(client, b"no photo. " * 200, key=key)

    assert send(client, jpeg(), key=key).status == 201


def test_when_the_tokens_are_spent_the_photo_is_refused_with_the_time_to_wait_and_a_replay_is_not(client):
    token, project = client.organisation()
    photo, key, target = jpeg(), str(uuid4()), {"project_id": project}
    send(client, photo, target, key=key, token=token)
    client.rows("UPDATE rate_buckets SET tokens = 0, refilled_at = now()")

    limited = send(client, jpeg(), target, token=token)
    replayed = send(client, photo, target, key=key, token=token)

    refused(limited, 429, "rate_limited")
    assert int(limited.headers["Retry-After"]) == limited.json["retryAfter"] > 0
    assert (replayed.status, replayed.headers["Idempotency-Replayed"]) == (201, "true")


def raw(client, content, headers) -> Answer:
    """A request whose header is sent twice, which no proper client does."""
    connection = http.client.HTTPConnection(urlsplit(client.stack.api).netloc, timeout=20)
    with closing(connection):
        connection.putrequest("POST", "/api/v1/photos")
        for name, value in (*headers, ("Content-Length", str(len(content)))):
            connection.putheader(name, value)
        connection.endheaders(content)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
