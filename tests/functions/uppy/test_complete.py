"""Parts become a photo, and whatever is wrong with them is said at once, and the same when asked again."""

import pytest

from local import seed
from shared.errors import DatabaseUnavailable, StoreUnavailable, UploadNotReady
from tests.support.client import jpeg

NO_PARTS = "s3: `parts` must be an array of {ETag, PartNumber} objects."
FIVE = 5 << 20
VENUE = {"venue_id": str(seed.VENUE_ID)}


def test_parts_become_a_photo_and_the_answer_says_where(uppy):
    photo = jpeg().ljust(FIVE, b"\0") + b"the end"

    begun, done = uppy.upload(photo[:FIVE], photo[FIVE:])

    assert set(begun) == {"key", "uploadId", "bucket"}
    assert done.status == 200
    assert done.json == {
        "location": f"{uppy.parts.aws.endpoint}/photos/{begun['key']}",
        "key": begun["key"],
        "bucket": "photos",
    }
    assert uppy.rows("SELECT bytes FROM photos") == [(len(photo),)]
    assert uppy.rows("SELECT object_name, multipart_id, state FROM attempts") == [
        (begun["key"], begun["uploadId"], "committed")
    ]


def test_a_step_costs_one_question_and_completing_two(uppy):
    begun = uppy.begin().json
    parts = uppy.send(begun, jpeg())
    asked = uppy.questions()

    uppy.step("GET", begun, "/2")
    of_a_step = len(asked)
    uppy.complete(begun, parts)

    assert (of_a_step, len(asked) - of_a_step) == (1, 2)


def test_completing_again_is_the_same_success(uppy):
    begun = uppy.begin().json
    parts = uppy.send(begun, jpeg())

    first, second = uppy.complete(begun, parts), uppy.complete(begun, parts)

    assert (first.status, second.status) == (200, 200)
    assert first.json == second.json
    assert uppy.rows("SELECT count(*) FROM photos") == [(1,)]


REFUSED = {
    "too large": (jpeg().ljust(6000, b"\0"), "size_mismatch", "1024 to 5000 are accepted"),
    "no image": (bytes(2000), "unprocessable_image", "not an image"),
    "another kind": (b"\x89PNG\r\n\x1a\n" + bytes(2000), None, ""),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_is_refused_at_once_and_again_and_is_given_up(uppy, what):
    photo, code, told = REFUSED[what]
    strict = uppy.another(changes={"MAX_BYTES": "5000"})
    begun = strict.begin().json
    parts = strict.send(begun, photo)

    first, second = strict.complete(begun, parts), strict.complete(begun, parts)

    assert first.status == second.status == 422
    assert first.json["message"] == second.json["message"]
    assert code in (None, first.json["code"])
    assert told in first.json["message"]
    assert uppy.attempts() == ["condemned"]


@pytest.mark.parametrize("trouble", [DatabaseUnavailable, StoreUnavailable, UploadNotReady])
def test_what_goes_wrong_once_s3_has_the_photo_is_not_the_clients_failure(uppy, monkeypatch, trouble):
    begun = uppy.begin().json
    parts = uppy.send(begun, jpeg())

    with monkeypatch.context() as broken:
        broken.setattr(type(uppy.deps.ledger), "commit", lambda *_: (_ for _ in ()).throw(trouble()))
        done = uppy.complete(begun, parts)
    aborted = uppy.step("DELETE", begun)
    uppy.tell(begun["key"])

    assert (done.status, done.json["key"], aborted.status) == (200, begun["key"], 200)
    assert uppy.attempts() == ["committed"]


def test_what_goes_wrong_before_is_told(uppy, monkeypatch):
    begun = uppy.begin().json
    parts = uppy.send(begun, jpeg())
    monkeypatch.setattr(
        type(uppy.deps.direct_store), "complete_multipart", lambda *_: (_ for _ in ()).throw(StoreUnavailable())
    )

    assert uppy.complete(begun, parts).status == 503
    assert uppy.attempts() == ["intent"]


def test_a_part_that_s3_does_not_have_is_named(uppy):
    begun = uppy.begin().json
    uppy.send(begun, jpeg())

    answer = uppy.complete(begun, [{"PartNumber": 2, "ETag": "a" * 32}])

    assert (answer.status, answer.json["reason"]) == (422, "InvalidPart")
    assert uppy.attempts() == ["intent"]


def test_a_photo_for_another_store_ends_there(uppy):
    photo = jpeg()

    _, done = uppy.upload(photo, meta=VENUE)

    assert done.status == 200
    assert [asset.bytes for asset in uppy.parts.cloud.held().values()] == [len(photo)]
    assert uppy.rows("SELECT store FROM attempts WHERE state = 'committed'") == [("cloudinary",)]


NO_LISTS = (None, [], {}, {"parts": None}, {"parts": {}}, {"parts": ["a"]}, {"parts": [{"PartNumber": 1}]})
NO_NUMBERS = (True, "1", 1.5, None)


@pytest.mark.parametrize(
    "body", [*NO_LISTS, *({"parts": [{"PartNumber": number, "ETag": "a"}]} for number in NO_NUMBERS)]
)
def test_parts_are_a_list_of_numbers_and_etags(uppy, body):
    begun = uppy.begin().json

    answer = uppy.step("POST", begun, "/complete", body=body)

    assert answer.status == 400
    assert body is None or answer.json["error"] == NO_PARTS


@pytest.mark.parametrize("named", [[], [{"PartNumber": 10001, "ETag": "a"}], [{"PartNumber": 1, "ETag": "a\n"}]])
def test_a_list_of_parts_that_s3_would_not_take_is_refused_before_s3_is_asked(uppy, named):
    assert uppy.complete(uppy.begin().json, named).status == 400
