"""What the ledger answers an audit: about names, one page at a time, and about the audit itself."""

from uuid import uuid4

import pytest

from shared.db.audit_records import AuditSource, Finding, FindingKind
from shared.db.audits import PostgresAudits
from shared.db.connection import Database
from shared.photos import AttemptState, Caller, Role, StoreName
from tests.support.roles import worker_url

LEASE = 60
S3 = StoreName.S3


@pytest.fixture
def audits(database_url):
    database = Database(worker_url(database_url))
    yield PostgresAudits(database, new_id=uuid4)
    database.close()


@pytest.fixture
def running(audits):
    audits.start(uuid4(), AuditSource.MANUAL)
    return audits.take(LEASE)


def name_of(sql_of, upload_id):
    return sql_of.execute("SELECT object_name FROM attempts WHERE upload_id = %s", (upload_id,)).fetchone()[0]


def test_what_nobody_ever_tried_to_store_is_not_known(audits, world):
    listed, absent = audits.compare(["test/nobody"], S3)

    assert (listed["test/nobody"].state, absent) == (None, [])


def test_a_name_is_known_with_its_state_its_pin_and_its_photo(audits, stored, sql_of):
    photo, pending = stored.photo("a"), stored.pending("b")
    names = {each: name_of(sql_of, each) for each in (photo, pending)}

    listed, _ = audits.compare(names.values(), S3)

    committed, intent = listed[names[photo]], listed[names[pending]]
    assert (committed.state, committed.version, committed.photo_id) == (AttemptState.COMMITTED, "v1", photo)
    assert committed.org_id == stored.world.org
    assert (intent.state, intent.photo_id, intent.is_overdue, intent.is_parked) == (
        AttemptState.INTENT,
        None,
        False,
        False,
    )


@pytest.mark.parametrize(("hours", "is_overdue"), [(23, False), (25, True)])
def test_the_reaper_has_a_day_before_anybody_else_asks(audits, stored, sql_of, hours, is_overdue):
    name = name_of(sql_of, stored.pending("a"))
    sql_of.execute("UPDATE attempts SET reap_after = now() - %s * interval '1 hour'", (hours,))

    listed, _ = audits.compare([name], S3)

    assert listed[name].is_overdue is is_overdue


def test_a_name_at_one_store_is_not_known_at_another_unless_any_will_do(audits, stored, sql_of):
    name = name_of(sql_of, stored.photo("a"))

    elsewhere, _ = audits.compare([name], StoreName.CLOUDINARY)
    anywhere, _ = audits.compare([name], None)

    assert (elsewhere[name].state, anywhere[name].state) == (None, AttemptState.COMMITTED)


def test_photos_between_the_ends_of_a_page_that_are_not_in_it_are_told(audits, stored, sql_of):
    names = ["test/A", "test/a", "test/b-1", "test/b/1", "test/c", "test/ä"]
    for key, name in enumerate(names):
        photo = stored.photo(str(key))
        sql_of.execute("UPDATE attempts SET object_name = %s WHERE upload_id = %s", (name, photo))

    _, absent = audits.compare(["test/b-1"], S3, after="test/A", until="test/c", most=10)

    # By bytes: capitals come first, and what is between two words counts.
    assert sorted(known.name for known in absent) == ["test/a", "test/b/1", "test/c"]


def test_deleted_photos_and_open_uploads_are_not_expected(audits, stored, sql_of):
    stored.pending("a")
    sql_of.execute("UPDATE photos SET attempt_id = NULL, deleted_at = now() WHERE id = %s", (stored.photo("b"),))

    assert audits.compare([], S3, after="test/", until="test0", most=10) == ({}, [])


def test_no_more_absent_photos_are_told_than_asked_for(audits, stored):
    for key in "abc":
        stored.photo(key)

    _, absent = audits.compare([], S3, after="test/", until="test0", most=2)

    assert len(absent) == 2


def test_a_photo_is_marked_missing_once_and_unmarked_when_it_is_found(audits, stored, sql_of):
    photo = stored.photo("a")
    finding = Finding(FindingKind.MISSING, S3, name_of(sql_of, photo), photo)
    since = "SELECT missing_at FROM photos"

    marked = audits.mark_missing(finding)
    first = sql_of.execute(since).fetchone()
    again = audits.mark_missing(finding), sql_of.execute(since).fetchone() == first
    audits.found_again([photo])

    assert (marked, again, sql_of.execute(since).fetchone()) == (True, (True, True), (None,))


def test_a_photo_that_has_other_bytes_by_now_is_not_missing(audits, stored, sql_of):
    photo = stored.photo("a")

    assert audits.mark_missing(Finding(FindingKind.MISSING, S3, "test/old", photo)) is False
    assert (
        audits.mark_missing(Finding(FindingKind.MISSING, StoreName.CLOUDINARY, name_of(sql_of, photo), photo))
        is False
    )


def test_only_one_may_hold_it_and_whoever_leaves_lets_the_next_one_in(audits, running):
    assert audits.take(LEASE) is None

    audits.leave(running, {"part": 1})

    assert audits.take(LEASE).cursor == {"part": 1}


def test_findings_and_the_place_are_kept_together_and_once(audits, running):
    finding = Finding(FindingKind.EXTRA_VERSION, S3, "test/a", facts={"versions": ["1", "2"]})

    kept = [audits.save(running, {"part": 1}, LEASE, [finding]) for _ in range(2)]

    assert (kept, audits.findings(running), audits.tally(running)) == (
        [True, True],
        [finding],
        {FindingKind.EXTRA_VERSION: 2},
    )


def test_what_is_settled_is_not_asked_for_again_and_what_is_dropped_is_forgotten(audits, running):
    a, b = (Finding(FindingKind.ORPHAN, S3, f"test/{name}") for name in "ab")
    audits.save(running, {}, LEASE, [a, b])

    audits.settle(running, a.saying(quarantined=True))
    left = audits.unsettled(running)
    audits.drop(running, b)

    assert (left, audits.unsettled(running)) == ([b], [])
    assert audits.findings(running) == [a.saying(quarantined=True)]


def test_an_id_that_was_used_is_that_audit_for_ever(audits, running):
    audits.end(running, {"orphans": 1}, "key", None)

    assert audits.start(running.id, AuditSource.MANUAL) == running.id
    assert audits.find(running.id).counts == {"orphans": 1}
    assert audits.take(LEASE) is None


def test_a_role_counts_as_long_as_its_membership_does(audits, world):
    roles = [audits.role_of(Caller(actor, world.org)) for actor in ("admin", "viewer", "gone", "nobody")]

    assert roles == [Role.ADMIN, Role.VIEWER, None, None]
