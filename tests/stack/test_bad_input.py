"""Bad input gets a clear error with its exact status; nothing is stored, nothing is signed, nothing is a 500."""

import json
from uuid import uuid4

import pytest

from tests.support.client import jpeg

PHOTO = jpeg()


@pytest.fixture
def untouched(client):
    """After the test there are no more uploads than before."""
    count = (
        "SELECT (SELECT count(*) FROM uploads), (SELECT count(*) FROM attempts),"
        " (SELECT count(*) FROM outbox WHERE topic = 'photo.committed')"
    )
    before = client.rows(count)
    yield
    assert client.rows(count) == before


WRONG_FIELDS = {
    "size 0": {"file_size": 0},
    "a negative size": {"file_size": -5},
    "a size of 2^63": {"file_size": 2**63},
    "a float size": {"file_size": 2048.0},
    "a size as text": {"file_size": "2048"},
    "a size as a truth value": {"file_size": True},
    "more than 50 MB": {"file_size": 52_428_801},
    "less than 1 KB": {"file_size": 1023},
    "a type that is not accepted": {"mime_type": "image/gif"},
    "a type with a parameter": {"mime_type": "image/jpeg; charset=x"},
    "a hash that is not 64 hex digits": {"sha256": "abc"},
    "a hash with other letters": {"sha256": "g" * 64},
    "no project": {"project_id": None},
    "a project that is no id": {"project_id": "../../etc"},
    "no file name": {"file_name": None},
    "an empty file name": {"file_name": ""},
    "a file name of controls only": {"file_name": "\u202e\u200f\r\n"},
    "a file name of 10 kB": {"file_name": "x" * 10_000},
    "a NUL in the file name": {"file_name": "a\x00.jpg"},
    "a field nobody asked for": {"org_id": str(uuid4())},
    "a status of one's own": {"status": "completed"},
}


@pytest.mark.parametrize("what", WRONG_FIELDS)
def test_upload_url_refuses(client, untouched, what):
    answer = client.upload_url(PHOTO, **WRONG_FIELDS[what])

    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["detail"]


def test_every_wrong_field_is_pointed_at(client, untouched):
    answer = client.upload_url(PHOTO, file_size=1, mime_type="text/html")

    assert [e["pointer"] for e in answer.json["errors"]] == ["#/file_size", "#/mime_type"]


RAW = {
    "no body": b"",
    "half an object": b'{"project_id": ',
    "a list": b"[1, 2]",
    "bytes that are not UTF-8": b'{"file_name": "\xff"}',
    "a depth of 100,000": b"[" * 100_000 + b"]" * 100_000,
    "a million keys": b"{" + b",".join(b'"%d":1' % n for n in range(1_000_000))[:1_000_000] + b"}",
    "the same key twice": b'{"file_size": 2048, "file_size": 4096}',
    "NaN": b'{"file_size": NaN}',
    "a number of 100,000 digits": b'{"file_size": ' + b"9" * 100_000 + b"}",
    "half of a surrogate pair": b'{"file_name": "\\ud83d"}',
    "a NUL": b'{"file_name": "a\\u0000"}',
}


@pytest.mark.parametrize("what", RAW)
def test_a_body_that_is_not_plain_json_is_refused(client, untouched, what):
    answer = client.ask(
        "POST", "/api/v1/photos/upload-url", body=RAW[what], headers={"Content-Type": "application/json"}
    )

    assert answer.status == 400
    assert answer.json["code"] in {"bad_request", "validation_failed"}


@pytest.mark.parametrize("key", ["x" * 256, "a,b"])
def test_an_unusable_idempotency_key_is_refused(client, untouched, key):
    answer = client.upload_url(PHOTO, key=key)

    assert (answer.status, answer.json["code"]) == (400, "idempotency_key_invalid")


def test_a_key_used_for_other_bytes_is_refused(client):
    key = str(uuid4())
    client.upload_url(jpeg(), key=key)

    answer = client.upload_url(jpeg(), key=key)

    assert (answer.status, answer.json["code"]) == (422, "idempotency_key_reused")


def test_a_project_of_another_organisation_and_one_that_is_nowhere_get_the_same_404(client, untouched):
    _, foreign = client.organisation()

    answers = [client.upload_url(PHOTO, project_id=project) for project in (foreign, str(uuid4()))]

    assert [a.status for a in answers] == [404, 404]
    assert _without_ids(answers[0]) == _without_ids(answers[1])


def test_a_deleted_project_gets_404(client, untouched):
    token, project = client.organisation()
    client.rows("UPDATE projects SET deleted_at = now() WHERE id = %s", project)

    assert client.upload_url(PHOTO, token=token, project_id=project).status == 404


def test_a_viewer_gets_403(client, untouched):
    token, project = client.organisation(role="viewer")

    assert client.upload_url(PHOTO, token=token, project_id=project).status == 403


def test_an_upload_of_somebody_else_and_one_that_is_nowhere_get_the_same_404(client):
    grant = client.upload_url(jpeg()).json
    token, _ = client.organisation()

    for ask in (client.complete, client.photo):
        foreign, nowhere = ask(grant["photo_id"], token=token), ask(str(uuid4()), token=token)
        assert (foreign.status, nowhere.status) == (404, 404)
        assert _without_ids(foreign) == _without_ids(nowhere)


@pytest.mark.parametrize("field", ["key", "bucket", "url", "photo_id", "status", "org_id", "size"])
def test_complete_takes_no_word_of_the_client_for_anything(client, field):
    grant = client.upload_url(jpeg()).json

    answer = client.complete(grant["photo_id"], json_body={field: "x"})

    assert (answer.status, answer.json["code"]) == (400, "validation_failed")


def test_nobody_but_the_detection_service_has_a_way_to_set_a_status(client):
    grant = client.upload_url(jpeg()).json

    answer = client.ask("PATCH", f"/api/v1/photos/{grant['photo_id']}/status", json_body={"status": "completed"})

    assert answer.status in {403, 404, 405}
    assert client.status_of(grant["photo_id"]) == "pending_upload"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/health", 405),
        ("HEAD", "/health", 405),
        ("TRACE", "/health", 405),
        ("PUT", "/api/v1/photos/upload-url", 405),
        ("BREW", "/api/v1/photos/upload-url", 405),
        ("GET", "/nowhere", 404),
        ("POST", "/", 404),
    ],
)
def test_an_unknown_method_or_path_is_told_so_in_the_one_format(client, method, path, status):
    answer = client.ask(method, path, headers={"X-HTTP-Method-Override": "GET"}, token=None)

    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (status == 404) or answer.headers["Allow"]


def test_headers_that_name_somebody_are_not_believed(client):
    spoofed = {
        "X-User-ID": "demo-admin",
        "X-Org-ID": str(uuid4()),
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-Host": "evil.example",
    }

    refused = client.ask("GET", f"/api/v1/photos/{uuid4()}", headers=spoofed | {"Authorization": "Bearer x.y.z"})
    asked = client.request_for(jpeg())
    allowed = client.ask("POST", "/api/v1/photos/upload-url", json_body=asked, headers=spoofed)

    assert refused.status == 401
    assert allowed.status == 201
    assert "evil" not in allowed.data.decode()


def test_a_body_over_what_an_event_can_hold_is_cut_off_before_it_reaches_anybody(client, untouched):
    answer = client.ask(
        "POST", "/api/v1/photos/upload-url", body=b"x" * 7_000_000, headers={"Content-Type": "image/jpeg"}
    )

    assert answer.status == 413


def _without_ids(answer):
    body = json.loads(answer.data)
    return {k: v for k, v in body.items() if k not in {"request_id", "instance"}}
