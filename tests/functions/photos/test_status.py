"""PATCH /api/v1/photos/{id}/status: only the detection service, only forward, and the same again is no mistake."""

from uuid import uuid4

import pytest

STATUSES = ("processing", "completed", "failed", "permanently_failed")
ALLOWED = {
    "uploaded": set(STATUSES),
    "processing": {"completed", "failed", "permanently_failed"},
    "completed": set(),
    "failed": {"processing", "completed", "permanently_failed"},
    "permanently_failed": set(),
}


@pytest.fixture
def photo(stored):
    stored.service()
    return stored.photo("a")


@pytest.fixture
def report(api, photo):
    """What the detection service says of the photo."""

    def say(status, upload_id=photo, **options):
        given = {"who": "robot", "scopes": "photos:read photos:status", "body": {"status": status}} | options
        return api.ask("PATCH", f"/{upload_id}/status", **given)

    return say


@pytest.mark.parametrize("before", ALLOWED)
@pytest.mark.parametrize("after", STATUSES)
def test_a_status_only_moves_forward(report, sql_of, before, after):
    sql_of.execute("ALTER TABLE photos DISABLE TRIGGER photos_move_forward")
    sql_of.execute(
        "UPDATE photos SET status = %s, processing_at = now(), completed_at = now(), failed_at = now()", (before,)
    )
    sql_of.execute("ALTER TABLE photos ENABLE TRIGGER photos_move_forward")

    answer = report(after)

    if after in ALLOWED[before] | {before}:
        assert (answer.status, answer.json["status"]) == (200, after)
    else:
        assert (answer.status, answer.json["code"]) == (409, "conflict")
        assert f"is {before}" in answer.json["detail"]
    now = after if answer.status == 200 else before
    assert sql_of.execute("SELECT status FROM photos").fetchone() == (now,)


def test_the_same_status_again_gets_the_same_answer_and_is_told_once(report, sql_of):
    first, second = report("completed"), report("completed")

    assert first.json == second.json
    assert sql_of.execute("SELECT count(*) FROM outbox WHERE topic = 'photo.completed'").fetchone() == (1,)


def test_each_change_is_dated_and_shown(report, api, photo):
    for status, stamp in (("processing", "processing_at"), ("failed", "failed_at"), ("completed", "completed_at")):
        since = report(status).json["since"]

        shown = api.get(f"/{photo}").json
        assert (shown["status"], shown[stamp]) == (status, since)


def test_the_answer_leads_back_to_the_photo(report, photo):
    answer = report("processing")

    assert answer.json["photo_id"] == str(photo)
    assert answer.json["status_url"] == f"https://api.example/api/v1/photos/{photo}"


def test_an_end_is_told_to_others_at_once(report, api, sql_of):
    report("failed", body={"status": "failed", "detail": "too dark"})

    told = sql_of.execute("SELECT payload->>'status', payload->>'detail' FROM outbox WHERE topic = 'photo.failed'")
    assert told.fetchall() == [("failed", "too dark")]
    assert api.bell.rung == 1


NOT_ALLOWED = {
    "a member": {"who": "member"},
    "an admin": {"who": "admin"},
    "a service without the scope": {"scopes": "photos:read"},
    "a service with half of the scope": {"scopes": "photos:statuses"},
    "a member of nothing": {"who": "nobody"},
}


@pytest.mark.parametrize("who", NOT_ALLOWED)
def test_nobody_but_the_detection_service_sets_a_status(report, sql_of, who):
    answer = report("completed", **NOT_ALLOWED[who])

    assert (answer.status, answer.json["code"]) == (403, "forbidden")
    assert sql_of.execute("SELECT status FROM photos").fetchone() == ("uploaded",)


def test_a_service_of_another_organisation_finds_nothing(report, api, world, sql_of):
    sql_of.execute("UPDATE memberships SET role = 'service' WHERE actor_id = 'stranger'")

    foreign = report("completed", **api.outsider())
    nowhere = report("completed", uuid4(), **api.outsider())

    assert (foreign.status, nowhere.status) == (404, 404)
    assert foreign.json["detail"] == nowhere.json["detail"]
    assert sql_of.execute("SELECT status FROM photos").fetchone() == ("uploaded",)


def test_what_is_not_stored_yet_or_gone_has_no_status_to_set(report, api, stored, photo):
    waiting = stored.pending("b")
    api.ask("DELETE", f"/{photo}")

    assert report("completed", waiting).status == 409
    assert report("completed").status == 410


WRONG = {
    "no status": {},
    "a status that is not for reports": {"status": "uploaded"},
    "a status that there is not": {"status": "done"},
    "a status that is no text": {"status": ["completed"]},
    "a detail that is no text": {"status": "failed", "detail": 7},
    "a detail of 501 letters": {"status": "failed", "detail": "x" * 501},
    "a field nobody asked for": {"status": "failed", "failed_at": "2026-01-01T00:00:00Z"},
    "a list": [],
    "nothing": "",
    "half an object": '{"status": ',
    "the same key twice": '{"status": "failed", "status": "completed"}',
    "a NUL": '{"status": "failed", "detail": "a\\u0000b"}',
    "half of a surrogate pair": '{"status": "failed", "detail": "\\ud83d"}',
    "a depth of 100,000": "[" * 100_000,
    "a number of 100,000 digits": '{"status": ' + "9" * 100_000 + "}",
    "NaN": '{"status": NaN}',
}


@pytest.mark.parametrize("what", WRONG)
def test_a_report_is_refused_with(report, sql_of, what):
    answer = report("", body=WRONG[what])

    assert answer.status == 400
    assert sql_of.execute("SELECT status FROM photos").fetchone() == ("uploaded",)
