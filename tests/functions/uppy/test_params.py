"""A form to post one photo with: what it takes to get one, what S3 then takes, and what comes of it."""

import base64
import json
from hashlib import sha256

import pytest

from local import seed
from tests.functions.uppy.uppy import PROJECT
from tests.support.client import jpeg

STOP = {"team_id": str(seed.TEAM_ID), "location_id": str(seed.LOCATION_IDS[0])}
VENUE = {"venue_id": str(seed.VENUE_ID)}


def sizes(answer):
    """The range that the policy allows."""
    policy = json.loads(base64.b64decode(answer.json["fields"]["Policy"]))
    return next(each[1:] for each in policy["conditions"] if "content-length-range" in each)


def test_the_answer_is_companions_and_the_form_makes_a_photo_without_another_word(uppy):
    photo = jpeg()

    answer = uppy.params()
    posted = uppy.post(answer.json, photo)
    uppy.tell(answer.json["fields"]["key"])

    assert (answer.status, set(answer.json)) == (200, {"method", "url", "fields", "expires"})
    assert (answer.json["method"], answer.json["url"][-1]) == ("POST", "/")
    assert answer.json["fields"]["bucket"] == "photos"
    assert 0 < answer.json["expires"] <= 900
    assert posted.status == 201
    assert uppy.rows("SELECT bytes, encode(sha256, 'hex'), file_name FROM photos") == [
        (len(photo), sha256(photo).hexdigest(), "a.jpg")
    ]


def test_it_costs_one_question_to_the_database(uppy):
    asked = uppy.questions()

    uppy.params()

    assert len(asked) == 1


def test_what_is_left_of_the_rate_is_told_and_then_refused_in_both_shapes(uppy):
    little = uppy.another(changes={"RATE_CAPACITY": "1"})

    first, second = little.params(), little.params()

    assert first.headers["RateLimit"].startswith('"uploads";r=0')
    assert (second.status, second.json["message"]) == (429, second.json["error"])
    assert "Retry-After" in second.headers


def test_without_a_size_any_that_is_accepted_may_be_sent_and_no_other(uppy):
    answer = uppy.another(changes={"MAX_BYTES": "5000"}).params()

    assert sizes(answer) == [1024, 5000]
    assert uppy.post(answer.json, jpeg() + bytes(5000)).status == 400
    assert uppy.post(answer.json, b"\xff\xd8\xff small").status == 400


@pytest.mark.parametrize("where", ["as metadata", "beside it"])
def test_a_declared_size_is_the_only_one(uppy, where):
    photo = jpeg()
    size = str(len(photo))

    answer = uppy.params({**PROJECT, "size": size}) if where == "as metadata" else uppy.params(size=size)

    assert sizes(answer) == [len(photo), len(photo)]
    assert uppy.post(answer.json, photo + b"x").status == 400
    assert uppy.post(answer.json, photo).status == 201
    assert uppy.rows("SELECT size FROM uploads") == [(len(photo),)]


def test_a_declared_hash_is_compared_when_the_bytes_are_there(uppy):
    answer = uppy.params({**PROJECT, "sha256": "AB" * 32})

    uppy.post(answer.json, jpeg())
    uppy.tell(answer.json["fields"]["key"])

    assert uppy.rows("SELECT state, failure_type FROM uploads") == [("failed", "checksum_mismatch")]


@pytest.mark.parametrize("meta", [PROJECT, STOP, VENUE])
def test_a_photo_may_be_for_each_kind_of_target(uppy, meta):
    assert uppy.params(meta).status == 200
    assert uppy.rows(f"SELECT {', '.join(f'{name}::text' for name in meta)} FROM uploads") == [tuple(meta.values())]


def test_metadata_that_say_nothing_are_not_there_and_others_are_not_looked_at(uppy):
    empty = dict.fromkeys(("team_id", "location_id", "sha256"), "null") | {"venue_id": "", "size": "undefined"}

    assert uppy.params({**PROJECT, **empty, "relativePath": "null", "name": "a.jpg"}).status == 200


def test_a_name_that_is_too_long_keeps_its_end(uppy):
    assert uppy.params(filename="ü" * 600 + ".jpg").status == 200
    assert uppy.rows("SELECT file_name FROM uploads") == [("ü" * 251 + ".jpg",)]


def test_the_same_key_is_another_try_until_the_photo_is_there(uppy):
    meta = {**PROJECT, "idempotency_key": "once"}

    first, second = uppy.params(meta), uppy.params(meta)
    uppy.post(second.json, jpeg())
    uppy.tell(second.json["fields"]["key"])
    third = uppy.params(meta)

    assert first.json["fields"]["key"][:-1] == second.json["fields"]["key"][:-1]
    assert uppy.attempts() == ["condemned", "committed"]
    assert (third.status, third.json["code"]) == (409, "conflict")
    assert "uploaded before" in third.json["message"]


def test_a_key_whose_photo_was_refused_is_told_why(uppy):
    meta = {**PROJECT, "idempotency_key": "bad"}
    form = uppy.params(meta).json
    uppy.post(form, bytes(2000))
    uppy.tell(form["fields"]["key"])

    again = uppy.params(meta)

    assert (again.status, again.json["code"]) == (422, "unprocessable_image")


def test_a_photo_that_the_project_has_is_sent_again_and_stored_once(uppy):
    photo = jpeg()
    meta = {**PROJECT, "sha256": sha256(photo).hexdigest()}

    for _ in range(2):
        form = uppy.params(meta).json
        assert uppy.post(form, photo).status == 201
        uppy.tell(form["fields"]["key"])

    assert uppy.rows("SELECT count(*) FROM photos") == [(1,)]
    assert sorted(uppy.attempts()) == ["committed", "condemned"]
