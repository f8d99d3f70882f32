"""What is refused before anything is signed, in words that Uppy shows to its user."""

from uuid import uuid4

import pytest

from local import seed
from tests.functions.uppy.uppy import PROJECT

NO_FILENAME = 's3: the "filename" query parameter is required and must be a non-empty string'
VENUE = {"venue_id": str(seed.VENUE_ID)}

REFUSED = {
    "no name": ({"filename": ""}, PROJECT, 400, NO_FILENAME),
    "a name of controls": ({"filename": "\u202e\x00"}, PROJECT, 400, "visible characters"),
    "another type": ({"mime": "image/gif"}, PROJECT, 415, "'image/gif'; accepted are image/jpeg, image/png."),
    "no type": ({"mime": ""}, PROJECT, 415, "a.jpg is of no known type; accepted are image/jpeg, image/png."),
    "a type with a parameter": ({"mime": "image/jpeg; a=b"}, PROJECT, 415, "accepted are"),
    "too large": ({}, PROJECT | {"size": "52428801"}, 400, "1024 to 52428800 are accepted"),
    "too small": ({}, PROJECT | {"size": "0"}, 400, "a.jpg has 0 bytes"),
    "no size": ({}, PROJECT | {"size": "1e6"}, 400, "#/size"),
    "a huge size": ({}, PROJECT | {"size": "9" * 30}, 400, "#/size"),
    "no hash": ({}, PROJECT | {"sha256": "abc"}, 400, "#/sha256"),
    "no key": ({}, PROJECT | {"idempotency_key": 'a"b'}, 400, "Idempotency-Key"),
    "no target": ({}, {}, 400, "project_id, or team_id and location_id, or venue_id"),
    "two targets": ({}, PROJECT | VENUE, 400, "project_id, or team_id"),
    "half a stop": ({}, {"team_id": str(seed.TEAM_ID)}, 400, "team_id and location_id"),
    "no id": ({}, {"project_id": "../../etc"}, 400, "#/project_id"),
    "nobody's project": ({}, {"project_id": str(uuid4())}, 404, "does not exist, or it is not yours"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_in_words_for_the_user_and_nothing_is_kept(uppy, what):
    how, meta, status, told = REFUSED[what]

    answer = uppy.params(meta, **how)

    assert answer.status == status
    assert told in answer.json["message"]
    assert {"type", "title", "detail", "code", "request_id"} <= set(answer.json)
    assert uppy.rows("SELECT count(*) FROM uploads") == [(0,)]


def test_companions_own_words_are_also_where_companion_says_them(uppy):
    answer = uppy.ask("GET", "/s3/params", query={"type": "image/jpeg"})

    assert (answer.status, answer.json["error"], answer.json["message"]) == (400, NO_FILENAME, NO_FILENAME)


def test_viewers_and_strangers_get_none(uppy):
    uppy.rows("INSERT INTO memberships VALUES (%s, 'uppy-viewer', 'viewer') ON CONFLICT DO NOTHING", seed.ORG_ID)

    answers = [uppy.another(actor=actor).params() for actor in ("uppy-viewer", "uppy-nobody")]

    assert [answer.status for answer in answers] == [403, 403]


def test_an_upload_token_knows_its_project_by_itself(uppy):
    token = uppy.minted()
    by_header, by_path = uppy.another(token=token), uppy.another(path_token=uppy.text_of(token))

    answers = by_header.params({}), by_path.params({}), by_path.params(PROJECT)

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert uppy.rows("SELECT DISTINCT project_id, allowance_id FROM uploads") == [(seed.PROJECT_ID, token.id)]


def test_an_upload_token_reaches_no_further_than_it_says(uppy):
    narrow = uppy.another(token=uppy.minted())

    assert narrow.params(VENUE).status == 403
    assert narrow.params(mime="image/png").status == 403
    assert uppy.another(token=uppy.minted(operations=("status",))).params().status == 403
    assert uppy.another(path_token=uppy.text_of(uppy.minted(seconds=-1))).params().status == 401
    assert uppy.another(path_token="kst1_nonsense").params().status == 401
    assert uppy.rows("SELECT count(*) FROM uploads") == [(0,)]


def test_an_upload_token_is_spent_by_the_file(uppy):
    short = uppy.another(token=uppy.minted(max_files=1))

    assert [short.params().status, short.params().status] == [200, 403]
