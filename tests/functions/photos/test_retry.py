"""POST /api/v1/photos/{id}/retry-processing: what failed for good is tried again, and nothing else is."""

from uuid import uuid4

import pytest

FAILED = """
UPDATE stages SET state = 'failed', due_at = NULL, ended_at = now(), tries = 5, error_type = 'broken',
       error_class = 'permanent'
"""


@pytest.fixture
def failed(stored, sql_of):
    photo = stored.photo("a")
    sql_of.execute(FAILED)
    sql_of.execute("UPDATE photos SET stage = 'failed', status = 'permanently_failed', failed_at = now()")
    return photo


def retry(api, photo, **who):
    return api.ask("POST", f"/{photo}/retry-processing", **who)


def test_a_failed_photo_is_processed_again_and_those_who_do_it_are_woken(api, failed):
    answer = retry(api, failed)

    assert answer.status == 202
    assert answer.json["status"] == answer.json["stage"] == "processing"
    assert answer.json["retrying"] == ["process"]
    assert answer.headers["Location"] == answer.json["status_url"] == f"https://api.example/api/v1/photos/{failed}"
    assert api.get(f"/{failed}").json["status"] == "processing"
    assert api.bell.rung == 1


def test_what_has_not_failed_is_left_alone(api, stored):
    photo, waiting = stored.photo("a"), stored.pending("b")

    answers = [retry(api, photo), retry(api, waiting)]

    assert [answer.status for answer in answers] == [409, 409]
    assert "uploaded" in answers[0].json["detail"]
    assert api.bell.rung == 0


def test_what_is_theirs_and_what_there_is_not_look_the_same(api, failed):
    theirs, nowhere = retry(api, failed, **api.outsider()), retry(api, uuid4(), **api.outsider())

    assert (theirs.status, theirs.json["detail"]) == (404, nowhere.json["detail"])


def test_a_deleted_photo_is_gone(api, failed, sql_of):
    sql_of.execute("UPDATE photos SET attempt_id = NULL, deleted_at = now()")

    assert retry(api, failed).status == 410


@pytest.mark.parametrize("who", ["viewer", "gone", "nobody"])
def test_viewers_and_strangers_do_not_retry(api, failed, who, sql_of):
    answer = retry(api, failed, who=who)

    assert (answer.status, answer.json["code"]) == (403, "forbidden")
    assert sql_of.execute("SELECT state FROM stages").fetchall() == [("failed",)]
