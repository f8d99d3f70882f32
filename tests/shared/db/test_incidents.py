"""How things stand is measured as it is, and trouble is one incident from its beginning to its end."""

import pytest

from shared.db.incident_facts import Trouble
from shared.db.incidents import PostgresIncidents
from tests.shared.db.troubled import Troubled

OVERDUE = 600
QUIET = 900


@pytest.fixture
def ours(sql_of) -> Troubled:
    return Troubled(sql_of)


@pytest.fixture
def incidents(database) -> PostgresIncidents:
    return PostgresIncidents(database)


def trouble(kind="dead_letters", **facts) -> Trouble:
    return Trouble(kind, facts)


def test_where_nothing_is_wrong_nothing_is_counted(incidents, ours):
    ours.stored()
    ours.open()
    ours.run("schedule", 3, 3)

    measured = incidents.measure(OVERDUE)

    assert (measured.failed, measured.stored, measured.unrecovered, measured.ended_in_week) == (0, 0, 0, 0)
    assert (measured.retried, measured.recovered) == (3, 3)
    assert (measured.open_breakers, measured.audit_stopped, measured.missing) == ([], None, 0)


def test_failures_of_the_hour_are_counted_beside_what_was_stored(incidents, ours, sql_of):
    other = Troubled(sql_of)
    ours.failed()
    other.failed()
    other.failed("abandoned")
    old = other.failed()
    ours.ago("uploads", "finished_at", "2 hours", old)
    for each in (ours, ours, other):
        photo = each.stored()
    sql_of.execute("UPDATE photos SET deleted_at = now(), attempt_id = NULL WHERE id = %s", (photo,))
    early = ours.stored()
    ours.ago("photos", "uploaded_at", "2 hours", early)

    measured = incidents.measure(OVERDUE)

    assert (measured.failed, measured.stored) == (2, 3)


def test_what_should_pass_by_itself_and_has_not_for_a_day_is_counted_beside_a_week(incidents, ours):
    waits = {"failure_class": "transient", "failure_type": "store_busy"}
    day_old, young = ours.open(**waits), ours.open(**waits)
    ours.ago("uploads", "created_at", "25 hours", day_old)
    ours.ago("uploads", "created_at", "23 hours", young)
    permanent = ours.open(failure_class="outage", failure_type="x")
    ours.ago("uploads", "created_at", "25 hours", permanent)
    ours.stored()
    ours.failed()
    week_old = ours.stored()
    ours.ago("photos", "uploaded_at", "8 days", week_old)

    measured = incidents.measure(OVERDUE)

    assert (measured.unrecovered, measured.ended_in_week) == (1, 2)


def test_retries_of_the_last_day_are_added_up_over_all_organisations(incidents, ours, sql_of):
    ours.run("schedule", 4, 1)
    Troubled(sql_of).run("manual", 2, 2)
    ours.run("schedule", 50, 50, created_at="2026-01-01")

    measured = incidents.measure(OVERDUE)

    assert (measured.retried, measured.recovered) == (6, 3)


def test_open_breakers_are_named(incidents, sql_of):
    sql_of.execute("INSERT INTO breakers (name, state, opened_at) VALUES ('store:s3', 'open', now())")
    sql_of.execute("INSERT INTO breakers (name, state) VALUES ('store:imagekit', 'closed')")

    assert incidents.measure(OVERDUE).open_breakers == ["store:s3"]


def test_dead_letters_are_news_and_deliveries_to_whoever_still_listens(incidents, ours, sql_of):
    ours.news(dead_at="now")
    ours.news(tries=9)
    dead = {"state": "dead", "due_at": None, "ended_at": "now"}
    ours.delivery(**dead)
    ours.delivery(**dead | {"ended_at": "2026-01-01"})
    gone = ours.delivery(**dead)
    sql_of.execute("UPDATE webhooks SET ended_at = now(), ended_why = 'gone' WHERE id = %s", (gone,))

    measured = incidents.measure(OVERDUE)

    assert (measured.dead_news, measured.dead_deliveries) == (1, 1)


def test_a_lease_is_stuck_when_it_is_over_for_long_enough(incidents, ours):
    for minutes in (5, 15):
        upload = ours.open(lease_until="now")
        ours.ago("uploads", "lease_until", f"{minutes} minutes", upload)

    assert incidents.measure(OVERDUE).stuck_leases == 1
    assert incidents.measure(60).stuck_leases == 2


def test_the_last_audit_that_ended_speaks(incidents, ours):
    ours.audit("stopped", "Too much is amiss.", began_at="2026-01-02")
    ours.audit("done", began_at="2026-01-01")
    ours.audit("running")
    assert incidents.measure(OVERDUE).audit_stopped == "Too much is amiss."

    ours.audit("done", began_at="2026-01-03")

    assert incidents.measure(OVERDUE).audit_stopped is None


def test_missing_photos_are_counted_while_they_are_photos(incidents, ours, sql_of):
    ours.stored()
    photo, deleted = ours.stored(), ours.stored()
    sql_of.execute("UPDATE photos SET missing_at = now() WHERE id = ANY (%s)", ([photo, deleted],))
    sql_of.execute("UPDATE photos SET deleted_at = now(), attempt_id = NULL WHERE id = %s", (deleted,))

    assert incidents.measure(OVERDUE).missing == 1


def test_trouble_is_one_incident_however_often_it_is_seen(incidents, sql_of):
    (first,) = incidents.note([trouble(news=1)], QUIET)
    incidents.told(first)

    again = incidents.note([trouble(news=7)], QUIET)

    assert again == []
    assert sql_of.execute("SELECT facts FROM incidents").fetchall() == [({"news": 7},)]


def test_what_nobody_was_told_of_comes_again(incidents):
    (first,) = incidents.note([trouble()], QUIET)

    assert [each.id for each in incidents.note([trouble()], QUIET)] == [first.id]
    assert [each.id for each in incidents.note([], QUIET)] == [first.id]


def test_two_kinds_are_two_incidents(incidents):
    found = incidents.note([trouble("stuck_leases"), trouble("breaker_open:store:s3")], QUIET)

    assert {each.kind for each in found} == {"stuck_leases", "breaker_open:store:s3"}


def test_it_is_over_when_it_was_not_seen_for_a_while(incidents, sql_of):
    (first,) = incidents.note([trouble()], QUIET)
    incidents.told(first)
    assert incidents.note([], QUIET) == []
    sql_of.execute("UPDATE incidents SET seen_at = now() - interval '16 minutes'")

    (over,) = incidents.note([], QUIET)

    assert (over.id, over.ended_at is not None) == (first.id, True)
    assert [each.id for each in incidents.note([], QUIET)] == [first.id]
    incidents.told(over)
    assert incidents.note([], QUIET) == []


def test_what_is_seen_again_in_time_goes_on(incidents, sql_of):
    (first,) = incidents.note([trouble()], QUIET)
    incidents.told(first)
    sql_of.execute("UPDATE incidents SET seen_at = now() - interval '16 minutes'")

    assert incidents.note([trouble()], QUIET) == []
    assert incidents.note([], QUIET) == []


def test_trouble_that_comes_back_after_its_end_is_another_incident(incidents):
    (first,) = incidents.note([trouble()], 0)
    incidents.told(first)
    (over,) = incidents.note([], 0)
    incidents.told(over)

    (second,) = incidents.note([trouble()], 0)

    assert second.id != first.id


def test_what_ended_before_anybody_was_told_is_told_once(incidents):
    incidents.note([trouble()], 0)
    (over,) = incidents.note([], 0)

    incidents.told(over)

    assert over.ended_at is not None
    assert incidents.note([], 0) == []


def test_looking_twice_at_once_makes_one_incident(incidents, database_url):
    from shared.db.connection import Database

    other = Database(database_url)
    first, second = (each.note([trouble()], QUIET) for each in (incidents, PostgresIncidents(other)))
    other.close()

    assert first[0].id == second[0].id
