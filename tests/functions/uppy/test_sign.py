"""What Uppy 6 sends to S3 by itself, with only the signatures asked of us; the store's event tells the rest."""

import re
from uuid import uuid4

import pytest

from local import seed
from tests.functions.uppy.uppy import JPEG, PROJECT
from tests.support.client import jpeg

KEY = f"{uuid4()}-a.jpg"
ONE = {"method": "PUT", "key": KEY, "contentType": JPEG}
BEGIN = {"method": "POST", "key": KEY}


def sent(uppy, signed, method, body=b""):
    """What S3 answers to what was signed; Uppy sends the headers that it was told."""
    heard = uppy.pool.request(method, signed["url"], body=body, headers=signed.get("headers"))
    return heard.status, heard.data.decode(), heard.headers


def begun(uppy, **more):
    """A multipart upload that the client began at S3: how it is named from then on."""
    signed = uppy.sign({**BEGIN, **PROJECT, **more}).json
    status, told, _ = sent(uppy, signed, "POST")
    assert status == 200, told
    return {"key": signed["key"], "uploadId": re.search(r"<UploadId>([^<]+)</UploadId>", told)[1]}


def test_one_object_is_a_form_whose_size_is_bound(uppy):
    photo = jpeg()

    signed = uppy.sign({**ONE, "metadata": {**PROJECT, "size": len(photo)}})
    too_much, posted = uppy.post(signed.json, photo + b"x"), uppy.post(signed.json, photo)
    uppy.tell(signed.json["key"])

    assert (signed.status, set(signed.json)) == (200, {"url", "key", "fields"})
    assert signed.json["fields"]["key"] == signed.json["key"] != KEY
    assert "RateLimit" in signed.headers
    assert (too_much.status, posted.status) == (400, 201)
    assert uppy.rows("SELECT file_name, bytes FROM photos") == [(KEY, len(photo))]


def test_a_photo_in_parts_is_sent_and_put_together_by_the_client_alone(uppy):
    photo = jpeg()
    named = begun(uppy)

    part = sent(uppy, uppy.sign({"method": "PUT", "partNumber": 1, **named}).json, "PUT", photo)
    listed = sent(uppy, uppy.sign({"method": "GET", **named}).json, "GET")
    etag = part[2]["etag"].strip('"')
    body = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
    done = sent(uppy, uppy.sign({"method": "POST", **named}).json, "POST", f"{body}</CompleteMultipartUpload>")
    uppy.tell(named["key"])

    assert (part[0], listed[0], done[0]) == (200, 200, 200)
    assert etag in listed[1]
    assert "<CompleteMultipartUploadResult" in done[1]
    assert uppy.rows("SELECT bytes, mime FROM photos") == [(len(photo), JPEG)]
    assert uppy.rows("SELECT state, multipart_id FROM attempts") == [("committed", named["uploadId"])]


def test_a_multipart_upload_is_aborted_by_the_client_alone(uppy):
    named = begun(uppy)

    status, _, _ = sent(uppy, uppy.sign({"method": "DELETE", **named}).json, "DELETE")

    assert status == 204
    assert uppy.deps.direct_store.open_multiparts(named["key"]) == []


def test_the_first_upload_id_that_is_shown_is_the_only_one(uppy):
    named, other = begun(uppy), begun(uppy)
    first = uppy.sign({"method": "GET", **named})

    second = uppy.sign({"method": "GET", **named, "uploadId": "another"})
    borrowed = uppy.sign({"method": "GET", **other, "uploadId": named["uploadId"]})
    own = uppy.sign({"method": "GET", **other})

    assert [answer.status for answer in (first, second, borrowed, own)] == [200, 404, 404, 200]
    assert uppy.rows("SELECT count(DISTINCT multipart_id) FROM attempts") == [(2,)]


def test_nobody_goes_on_with_what_is_not_their_own(uppy):
    named = begun(uppy)
    admin, elsewhere = uppy.another(actor=seed.ADMIN), uppy.another(org=uuid4())
    steps = [{"method": "PUT", "partNumber": 1}, {"method": "GET"}, {"method": "POST"}, {"method": "DELETE"}]

    answers = [who.sign({**step, **named}) for who in (admin, elsewhere) for step in steps]
    answers += [uppy.sign({**step, **named, "key": "dev/nobody"}) for step in steps]

    assert {answer.status for answer in answers} == {404}
    assert {answer.json["message"] for answer in answers} == {
        "There is no such multipart upload, or it is not yours."
    }
    assert uppy.rows("SELECT multipart_id FROM attempts") == [(None,)]


def test_what_is_finished_is_signed_no_more_but_to_be_aborted(uppy):
    named = begun(uppy)
    uppy.sign({"method": "GET", **named})
    uppy.rows("UPDATE attempts SET state = 'condemned', condemned_at = now(), next_look_at = now()")

    part, done, gone = (
        uppy.sign({"method": "PUT", "partNumber": 1, **named}),
        uppy.sign({"method": "POST", **named}),
        uppy.sign({"method": "DELETE", **named}),
    )

    assert [answer.status for answer in (part, done, gone)] == [410, 410, 200]


@pytest.mark.parametrize(
    ("name", "mime"), [("a.JPEG", JPEG), ("a.b.png", "image/png"), ("a.txt", None), ("jpg", JPEG), ("", None)]
)
def test_what_is_begun_without_a_type_is_of_the_kind_that_its_name_says(uppy, name, mime):
    answer = uppy.sign({**BEGIN, **PROJECT, "key": f"x{name}" if name != "jpg" else name})

    assert answer.status == (200 if mime else 415)
    assert mime is None or answer.json["headers"] == {"Content-Type": mime}


def test_an_app_may_say_what_it_knows_as_metadata_or_beside_the_key(uppy):
    beside = uppy.sign({**ONE, **PROJECT, "size": 2000, "idempotency_key": "k1", "what": "ever"})
    named = uppy.sign({**ONE, "metadata": {**PROJECT, "size": "2000", "idempotency_key": "k2"}}, path="/s3/presign")
    bare = uppy.another(token=uppy.minted()).sign({**ONE, "expiresIn": 5})

    assert [answer.status for answer in (beside, named, bare)] == [200, 200, 200]
    assert uppy.rows("SELECT project_id, size FROM uploads ORDER BY seq") == [
        (seed.PROJECT_ID, 2000),
        (seed.PROJECT_ID, 2000),
        (seed.PROJECT_ID, None),
    ]


WRONG = {
    "no method": {"key": KEY},
    "a method that S3 is not asked": {"method": "HEAD", "key": KEY},
    "no key": {"method": "PUT", "contentType": JPEG},
    "an empty key": {**ONE, "key": ""},
    "reading an object": {"method": "GET", "key": KEY},
    "deleting an object": {"method": "DELETE", "key": KEY},
    "a part of nothing": {**ONE, "partNumber": 1},
    "an empty upload": {**BEGIN, "uploadId": ""},
    "an upload put as a whole": {"method": "PUT", "key": KEY, "uploadId": "a"},
    "a part that is listed": {"method": "GET", "key": KEY, "uploadId": "a", "partNumber": 1},
    "part 0": {"method": "PUT", "key": KEY, "uploadId": "a", "partNumber": 0},
    "part 10001": {"method": "PUT", "key": KEY, "uploadId": "a", "partNumber": 10_001},
    "a part as text": {"method": "PUT", "key": KEY, "uploadId": "a", "partNumber": "1"},
    "no target": ONE,
}


@pytest.mark.parametrize("what", WRONG)
def test_nothing_is_signed_for(uppy, what):
    body = WRONG[what] if what == "no target" else {**PROJECT, **WRONG[what]}

    answer = uppy.sign(body)

    assert answer.status == 400
    assert answer.json["message"]
    assert uppy.rows("SELECT count(*) FROM uploads") == [(0,)]


def test_each_request_costs_one_question(uppy):
    named = begun(uppy)
    asked = uppy.questions()

    uppy.sign({**ONE, **PROJECT})
    uppy.sign({**BEGIN, **PROJECT})
    uppy.sign({"method": "PUT", "partNumber": 1, **named})

    assert len(asked) == 3
