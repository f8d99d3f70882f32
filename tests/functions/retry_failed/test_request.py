"""POST /api/v1/retry-failed: an admin has failed uploads tried again, sees what came of it, or only looks."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.errors import ProviderDown, StoreBusy
from shared.photos import StoreName

CL = StoreName.CLOUDINARY
LOGGED = (
    "SELECT id::text, source, trigger, requested_by, attempted, success, failed, remaining, filters FROM retry_logs"
)


def test_what_failed_is_stored_and_the_answer_is_the_row_of_the_log(desk, parked):
    uploads = [parked.ended(), parked.ended(), *parked.many(1)]

    told = desk.ask({"trigger": "after the outage", "classes": ["transient", "permanent"]}).json

    row = parked.sql.execute(LOGGED).fetchone()
    filters = {"classes": ["transient", "permanent"], "limit": 100}
    assert row == (told["id"], "manual", "after the outage", "admin", 3, 3, 0, 0, filters)
    assert (told["attempted"], told["success"], told["failed"], told["skipped"]) == (3, 3, 0, 0)
    assert (told["remaining"], told["by_type"], told["by_user"]) == (0, {}, {"member": 3})
    assert {parked.row(upload_id, "state") for upload_id in uploads} == {"committed"}


def test_the_same_request_again_finds_nothing_more_to_do(desk, parked):
    parked.ended()

    first, second = desk.ask({}).json, desk.ask({}).json

    assert (first["attempted"], second["attempted"], second["remaining"]) == (1, 0, 0)
    assert len(parked.sql.execute(LOGGED).fetchall()) == 2


def test_the_same_key_again_is_the_same_run(desk, parked):
    parked.ended()
    first = desk.ask({"limit": 5}, key="once")
    parked.ended()

    again, other = desk.ask({"limit": 5}, key="once"), desk.ask({"limit": 6}, key="once")

    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")
    assert "Idempotency-Replayed" not in first.headers
    assert parked.states() == {"committed": 1, "failed": 1}


def test_a_dry_run_says_what_would_be_tried_and_changes_nothing(desk, parked):
    parked.many(2)
    ended = parked.ended(failure_type="outcome_unknown")
    before = parked.sql.execute("SELECT uploads::text FROM uploads ORDER BY id").fetchall()

    told = desk.ask({"dry_run": True, "limit": 1, "ids": [str(ended)]}).json

    assert (told["dry_run"], told["matched"], told["by_class"]) == (True, 1, {"permanent": 1})
    assert told["by_type"] == {"outcome_unknown": 1}
    assert [each["upload_id"] for each in told["uploads"]] == [str(ended)]
    assert parked.sql.execute("SELECT uploads::text FROM uploads ORDER BY id").fetchall() == before
    assert parked.sql.execute(LOGGED).fetchall() == []
    assert desk.deps.stores[CL].puts == []


def test_a_dry_run_tells_when_the_schedule_would_come(desk, parked):
    parked.one(next_retry_at=datetime(2126, 1, 1, tzinfo=UTC))

    (waiting,) = desk.ask({"dry_run": True}).json["uploads"]

    assert waiting["next_retry_at"] == "2126-01-01T00:00:00.000000Z"


def test_what_fails_again_is_counted_by_its_type_and_waits(desk, parked):
    parked.many(2)
    desk.deps.stores[CL].failures.append(StoreBusy())

    told = desk.ask().json

    assert (told["attempted"], told["success"], told["by_type"]) == (2, 1, {"store_busy": 1})
    assert parked.states() == {"committed": 1, "open": 1}


def test_what_there_is_no_time_for_is_left_to_the_alarm(desk, parked):
    uploads = parked.many(3)

    told = desk.ask({}, seconds=5).json

    assert (told["attempted"], told["remaining"], told["stopped"]) == (0, 3, "out of time")
    assert [set(named) for named in desk.deps.alarm.now] == [set(uploads)]


def test_nobody_is_woken_for_a_store_that_is_out(desk, parked):
    parked.many(3)
    desk.deps.stores[CL].always = ProviderDown()

    told = desk.ask({}).json

    assert (told["attempted"], told["skipped"], told["remaining"], told["stopped"]) == (0, 1, 2, None)
    assert desk.deps.alarm.now == []


def test_nobody_is_woken_for_a_run_that_stopped_itself(desk, parked):
    parked.many(12)
    desk.deps.stores[CL].always = StoreBusy()

    told = desk.ask({}).json

    assert (told["attempted"], told["remaining"]) == (10, 2)
    assert told["stopped"] == "under 50 % of its attempts succeeded"
    assert desk.deps.alarm.now == []


def test_an_alarm_that_cannot_be_rung_changes_nothing(desk, parked):
    parked.many(1)
    desk.deps.alarm.ring_for = _refuse

    assert desk.ask({}, seconds=5).json["remaining"] == 1


def test_what_belongs_to_others_is_never_touched(desk, parked, world):
    parked.sql.execute(
        "INSERT INTO memberships (org_id, actor_id, role) VALUES (%s, 'boss', 'admin')", (world.other_org,)
    )
    ours = parked.ended()
    theirs = parked.ended(org=world.other_org, project=world.other_project, actor="stranger")

    by_us, named = desk.ask({}).json, desk.ask({"ids": [str(theirs)]}).json
    kept = parked.row(theirs, "state")
    by_them = desk.ask({}, who="boss", org=world.other_org).json

    assert (by_us["attempted"], named["attempted"], kept) == (1, 0, "failed")
    assert (by_them["attempted"], by_them["by_user"]) == (1, {"stranger": 1})
    assert parked.row(ours, "state") == "committed"


@pytest.mark.parametrize("who", ["member", "viewer", "gone", "stranger"])
@pytest.mark.parametrize("body", [{}, {"dry_run": True}], ids=["really", "dry"])
def test_who_is_no_admin_is_refused(desk, parked, who, body):
    parked.ended()

    answer = desk.ask(body, who=who, key="a-key")

    assert (answer.status, answer.json["code"]) == (403, "forbidden")
    assert parked.states() == {"failed": 1}


def test_a_service_may_and_who_is_nobody_must_say_who_they_are(desk, parked, world):
    parked.sql.execute(
        "INSERT INTO memberships (org_id, actor_id, role) VALUES (%s, 'robot', 'service')", (world.org,)
    )

    assert desk.ask({"source": "client-sync"}, who="robot").json["source"] == "client-sync"
    assert desk.ask({}, who=None).status == 401


def test_no_body_is_no_filter(desk, parked):
    parked.ended()

    assert desk.ask().json["attempted"] == 1


WRONG = {
    "a source that is ours": {"source": "schedule"},
    "no trigger at all": {"trigger": ""},
    "a trigger without end": {"trigger": "x" * 101},
    "a class nobody knows": {"classes": ["severe"]},
    "no class at all": {"classes": []},
    "a class instead of a list": {"classes": "transient"},
    "a type with SQL": {"error_types": ["x' OR '1'='1"]},
    "a type with a NUL": '{"error_types": ["a\\u0000b"]}',
    "half of a surrogate pair": '{"trigger": "\\ud83d"}',
    "a provider that is a number": {"providers": [1]},
    "a door nobody knows": {"doors": ["window"]},
    "a venue that is no id": {"venue_id": "1; DROP TABLE uploads"},
    "a limit of nothing": {"limit": 0},
    "a limit below nothing": {"limit": -1},
    "a limit without end": {"limit": 10**9},
    "a limit in words": {"limit": "100"},
    "a limit that is true": {"limit": True},
    "dry, perhaps": {"dry_run": "yes"},
    "a time without a zone": {"older_than": "2026-05-17T09:41:00"},
    "a time that is a number": {"newer_than": 1_700_000_000},
    "times between which nothing lies": {"older_than": "2026-01-01T00:00:00Z", "newer_than": "2026-02-01T00:00:00Z"},
    "an id that is none": {"ids": ["one"]},
    "more ids than a hundred": {"ids": [str(uuid4()) for _ in range(101)]},
    "a filter that there is not": {"org_id": str(uuid4())},
    "a list": [],
    "half an object": '{"limit": ',
    "the same key twice": '{"limit": 1, "limit": 2}',
    "a depth of 100,000": "[" * 100_000,
}


@pytest.mark.parametrize("what", WRONG)
def test_a_request_is_refused_with(desk, parked, what):
    parked.ended()

    answer = desk.ask(WRONG[what])

    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert parked.states() == {"failed": 1}
    assert parked.sql.execute(LOGGED).fetchall() == []


def _refuse(*_):
    raise StoreBusy
