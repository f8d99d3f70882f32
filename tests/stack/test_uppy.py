"""Uppy's own requests, over HTTP, to the running stack: what reaches S3 becomes a photo, and nothing else does."""

from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest

from local import seed
from tests.support.client import jpeg, wait_until

MIB = 1 << 20
JPEG = "image/jpeg"


@pytest.fixture
def photo():
    return jpeg()


@pytest.fixture
def bearer(client):
    """Where a browser without headers finds its Companion."""
    asked = {"project_id": client.stack.project_id, "expires_in_seconds": 600}
    return client.ask("POST", "/api/v1/upload-tokens", json_body=asked).json["companion_url"]


def params(client, base="", meta=None, **options):
    meta = {"project_id": client.stack.project_id} if meta is None else meta
    named = {f"metadata[{name}]": value for name, value in meta.items()}
    query = urlencode({"filename": "größe & Co.jpg", "type": JPEG, **named})
    return client.ask("GET", f"{base}/s3/params?{query}", **options)


def post(client, form, photo):
    fields = [*form["fields"].items(), ("file", ("blob", photo, JPEG))]
    return client.pool.request("POST", form["url"], fields=fields)


def begin(client, base="", **options):
    meta = {"project_id": client.stack.project_id, "relativePath": None}
    body = {"filename": "a.jpg", "type": JPEG, "metadata": meta}
    return client.ask("POST", f"{base}/s3/multipart", json_body=body, **options)


def step(client, method, begun, tail="", base="", *, key=None, **options):
    named = quote(begun["uploadId"], safe="")
    return client.ask(
        method, f"{base}/s3/multipart/{named}{tail}?key={quote(key or begun['key'], safe='')}", **options
    )


def send(client, begun, photo, base="", **options):
    """All parts of 5 MiB but the last; what it is completed with."""
    done = []
    for number, start in enumerate(range(0, len(photo), 5 * MIB), 1):
        url = step(client, "GET", begun, f"/{number}", base, **options).json["url"]
        put = client.pool.request("PUT", url, body=photo[start : start + 5 * MIB])
        done.append({"PartNumber": number, "ETag": put.headers["ETag"].strip('"')})
    return {"parts": done}


def photos_of(client, key):
    return client.rows(
        "SELECT p.bytes, p.file_name FROM photos p JOIN attempts a ON a.id = p.attempt_id WHERE a.object_name = %s",
        key,
    )


def state_of(client, key):
    return client.rows("SELECT state FROM attempts WHERE object_name = %s", key)[0][0]


def test_a_form_that_nobody_completes_becomes_a_photo_by_the_stores_own_event(client, photo):
    form = params(client).json

    posted = post(client, form, photo)

    key = form["fields"]["key"]
    assert (set(form), posted.status) == ({"method", "url", "fields", "expires"}, 201)
    assert wait_until(lambda: photos_of(client, key)) == [(len(photo), "größe & Co.jpg")]


def test_all_of_it_works_for_a_browser_that_can_send_no_headers(client, bearer, photo):
    form = params(client, bearer, meta={}, token=None).json
    begun = begin(client, bearer, token=None).json

    posted = post(client, form, photo)
    parts = send(client, begun, jpeg(), bearer, token=None)
    done = step(client, "POST", begun, "/complete", bearer, json_body=parts, token=None)

    assert (posted.status, done.status) == (201, 200)
    assert len(photos_of(client, begun["key"])) == 1
    assert wait_until(lambda: photos_of(client, form["fields"]["key"]))


def test_twelve_megabytes_in_parts_are_one_photo(client, photo):
    photo = photo.ljust(12 * MIB, b"\0")
    begun = begin(client).json

    parts = send(client, begun, photo)
    listed = step(client, "GET", begun).json
    done = step(client, "POST", begun, "/complete", json_body=parts)
    again = step(client, "POST", begun, "/complete", json_body=parts)

    assert [part["Size"] for part in listed] == [5 * MIB, 5 * MIB, 2 * MIB]
    assert (done.status, again.status, again.json) == (200, 200, done.json)
    assert done.json["location"].endswith(f"/{begun['key']}")
    assert photos_of(client, begun["key"]) == [(len(photo), "a.jpg")]


def test_a_batch_is_not_taken_for_a_part(client):
    begun = begin(client).json

    answer = client.ask(
        "GET", f"/s3/multipart/{quote(begun['uploadId'], safe='')}/batch?key={begun['key']}&partNumbers=1,2"
    )

    assert (answer.status, set(answer.json["presignedUrls"])) == (200, {"1", "2"})


def test_an_aborted_upload_leaves_nothing(client, photo):
    begun = begin(client).json
    parts = send(client, begun, photo)

    aborted = [step(client, "DELETE", begun) for _ in range(2)]
    late = step(client, "POST", begun, "/complete", json_body=parts)

    assert [(answer.status, answer.json) for answer in aborted] == [(200, {}), (200, {})]
    assert (late.status, late.json["code"]) == (410, "upload_expired")
    assert state_of(client, begun["key"]) in {"condemned", "reaped"}
    assert photos_of(client, begun["key"]) == []


def test_nobody_else_gets_near_an_upload(client):
    begun = begin(client).json
    other_token, _ = client.organisation()
    asked = {
        "another actor": step(client, "GET", begun, "/1", token=client.stack.admin_token),
        "another organisation": step(client, "GET", begun, "/1", token=other_token),
        "another key": step(client, "GET", begun, "/1", key=begun["key"].replace("/1", "/2")),
        "an unknown upload": step(client, "GET", {**begun, "uploadId": "no.such_up-load~"}, "/1"),
    }

    told = {(answer.status, answer.json["code"], answer.json["message"]) for answer in asked.values()}
    assert told == {(404, "not_found", "There is no such multipart upload, or it is not yours.")}


def test_what_is_too_large_is_refused_at_completion_in_words_for_the_user(client, photo):
    begun = begin(client).json
    parts = send(client, begun, photo.ljust(52_428_801, b"\0"))

    done = step(client, "POST", begun, "/complete", json_body=parts)

    assert (done.status, done.json["code"]) == (422, "size_mismatch")
    assert "52428801 bytes arrived; 1024 to 52428800 are accepted" in done.json["message"]
    assert photos_of(client, begun["key"]) == []


def test_a_form_takes_no_more_than_it_says(client, photo):
    form = params(client, meta={"project_id": client.stack.project_id, "size": str(len(photo))}).json

    assert post(client, form, photo + b"x").status == 400
    assert post(client, {**form, "fields": {**form["fields"], "key": "elsewhere"}}, photo).status == 403


def test_a_token_that_is_over_or_forged_opens_nothing(client, bearer):
    client.rows("UPDATE allowances SET expires_at = now() - interval '1 second' WHERE actor_id = %s", seed.MEMBER)

    ended, forged = params(client, bearer, token=None), params(client, f"{bearer[:-1]}_", token=None)
    nobody = params(client, token=None)

    assert (ended.status, forged.status, nobody.status) == (403, 401, 401)


def test_uppy_6_signs_what_it_sends_by_itself(client, bearer, photo):
    asked = {"method": "PUT", "key": f"{uuid4()}-a.jpg", "contentType": JPEG}

    by_path = client.ask("POST", f"{bearer}/s3/presign", json_body=asked, token=None).json
    by_header = client.ask("POST", "/s3/sign", json_body={**asked, "project_id": client.stack.project_id}).json

    for signed in (by_path, by_header):
        assert post(client, signed, jpeg()).status == 201
        assert wait_until(lambda key=signed["key"]: photos_of(client, key))


@pytest.mark.parametrize("path", ["/s3/params", "/s3/multipart/x?key=a", "/s3/multipart/x/1?key=a"])
def test_other_sites_are_told_nothing(client, path):
    answer = client.ask("GET", path, headers={"Origin": "https://evil.example"})

    assert "Access-Control-Allow-Origin" not in answer.headers
