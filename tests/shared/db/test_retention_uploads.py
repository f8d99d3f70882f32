"""Uploads and photos that are over go, with all that hangs on them; what is younger, or needed, stays."""

from hashlib import sha256
from uuid import uuid4

import psycopg
import pytest

from shared.uploads.retention import ABANDONED

FAIL = """
UPDATE uploads SET state = 'failed', lease_until = NULL, finished_at = now() - %s::interval,
       failure_class = 'permanent', failure_type = 't', resp_status = 422, resp_body = '{}' WHERE id = %s
"""
REAP = """
UPDATE attempts SET state = 'condemned', condemned_at = now() - %s::interval, next_look_at = now()
 WHERE upload_id = %s AND state IN ('intent', 'committed')
"""
REAPED = "UPDATE attempts SET state = 'reaped', next_look_at = NULL WHERE upload_id = %s AND state = 'condemned'"
BURY = "UPDATE photos SET attempt_id = NULL, deleted_at = now() - %s::interval WHERE id = %s"
IDLE = "UPDATE uploads SET lease_until = NULL, updated_at = now() - %s::interval WHERE id = %s"


def failed(stored, key, *, ago, reaped="31 days"):
    upload_id = stored.pending(key)
    stored.sql.execute(FAIL, (ago, upload_id))
    reap(stored, upload_id, reaped)
    return upload_id


def reap(stored, upload_id, ago):
    if ago:
        stored.sql.execute(REAP, (ago, upload_id))
        stored.sql.execute(REAPED, (upload_id,))


def buried(stored, key, *, ago, reaped="31 days"):
    photo = stored.photo(key)
    stored.sql.execute(BURY, (ago, photo))
    reap(stored, photo, reaped)
    return photo


def left(stored, table="uploads"):
    return {found for (found,) in stored.sql.execute(f"SELECT id FROM {table}")}


def test_a_failed_upload_goes_after_a_month_with_its_reaped_attempts(stored, sweep):
    failed(stored, "old", ago="31 days")
    kept = {failed(stored, "young", ago="29 days"), stored.pending("open"), stored.photo("photo")}

    assert sweep("finished_uploads") == (1, None)
    assert left(stored) == kept
    assert stored.sql.execute("SELECT count(*) FROM attempts").fetchone() == (3,)


@pytest.mark.parametrize("reaped", [None, "29 days"])
def test_as_long_as_an_audit_may_have_to_name_what_lands_late_its_attempt_is_remembered(stored, sweep, reaped):
    upload_id = failed(stored, "old", ago="31 days", reaped=reaped)

    assert sweep("finished_uploads") == (0, None)
    assert left(stored) == {upload_id}


def test_a_duplicate_goes_and_the_photo_that_was_there_before_stays(stored, sweep):
    photo, duplicate = stored.photo("a"), stored.pending("b")
    stored.sql.execute(
        "UPDATE uploads SET state = 'committed', photo_id = %s, lease_until = NULL, resp_status = 200,"
        " resp_body = '{}', finished_at = now() - interval '31 days' WHERE id = %s",
        (photo, duplicate),
    )
    reap(stored, duplicate, "31 days")
    stored.sql.execute("UPDATE uploads SET finished_at = now() - interval '1 year' WHERE id = %s", (photo,))

    assert sweep("finished_uploads") == (1, None)
    assert left(stored) == {photo}


def test_an_upload_whose_bytes_mended_another_photo_is_needed_as_long_as_that_lives(stored, sweep):
    photo, mender = stored.photo("a"), stored.photo("b")
    stored.sql.execute(BURY, ("1 day", mender))
    stored.sql.execute(REAP, ("31 days", photo))
    (attempt,) = stored.sql.execute("SELECT id FROM attempts WHERE upload_id = %s", (mender,)).fetchone()
    stored.sql.execute("UPDATE photos SET attempt_id = %s WHERE id = %s", (attempt, photo))
    stored.sql.execute("DELETE FROM stages WHERE photo_id = %s", (mender,))
    stored.sql.execute("DELETE FROM photos WHERE id = %s", (mender,))
    stored.sql.execute(
        "UPDATE uploads SET photo_id = %s, finished_at = now() - interval '1 year' WHERE id = %s", (photo, mender)
    )

    assert sweep("finished_uploads") == (0, None)
    assert left(stored) == {photo, mender}


def test_what_cannot_go_yet_does_not_stand_before_what_can(stored, sweep):
    kept = {failed(stored, f"stuck {n}", ago="1 year", reaped=None) for n in range(3)}
    failed(stored, "old", ago="31 days")

    assert sweep("finished_uploads", limit=2) == (1, None)
    assert left(stored) == kept


def test_a_deleted_photo_goes_after_three_months_with_all_that_was_known_of_it(stored, sweep):
    buried(stored, "old", ago="91 days")
    kept = {buried(stored, "young", ago="89 days"), buried(stored, "unreaped", ago="1 year", reaped=None)}

    assert sweep("deleted_photos") == (1, None)
    assert (left(stored, "photos"), left(stored)) == (kept, kept)
    assert stored.sql.execute("SELECT count(*) FROM attempts").fetchone() == (2,)
    assert {found for (found,) in stored.sql.execute("SELECT photo_id FROM stages")} == kept


def test_a_stop_forgets_which_photo_it_had_before(stored, sweep, world):
    old = stored.photo("a", target=world.to_stop)
    new = stored.photo("b", target=world.to_stop)
    stored.sql.execute("UPDATE photos SET deleted_at = now() - interval '91 days' WHERE id = %s", (old,))
    reap(stored, old, "31 days")
    stored.sql.execute("UPDATE attempts SET state = 'reaped', next_look_at = NULL WHERE state = 'condemned'")
    stored.sql.execute("UPDATE attempts SET condemned_at = now() - interval '31 days' WHERE state = 'reaped'")

    assert sweep("deleted_photos") == (1, None)
    assert stored.sql.execute("SELECT photo_id, previous_photo_id, done FROM hunt_progress").fetchone() == (
        new,
        None,
        True,
    )


def test_an_abandoned_upload_ends_and_gives_back_what_it_reserved(stored, sweep, world):
    stored.sql.execute(
        "INSERT INTO allowances (id, org_id, max_files, max_bytes) VALUES (%s, %s, 9, 99999)", (world.org, world.org)
    )
    upload_id = stored.pending("a")
    stored.sql.execute(IDLE, ("8 days", upload_id))

    assert sweep("abandoned_uploads") == (1, None)
    facts = "SELECT state, failure_class, failure_type, resp_status, resp_body->>'code' FROM uploads"
    assert stored.sql.execute(facts).fetchone() == ("failed", "permanent", "abandoned", 410, "upload_expired")
    assert stored.sql.execute("SELECT files, bytes FROM allowances").fetchone() == (0, 0)
    assert stored.sql.execute("SELECT state FROM attempts").fetchone() == ("condemned",)


@pytest.mark.parametrize(
    "change",
    [
        "updated_at = now() - interval '6 days'",
        "lease_until = now() - interval '1 minute'",
        "parked_key = 'there', next_retry_at = now()",
        "next_retry_at = now() + interval '5 hours'",
        (
            "door = 'import', project_id = NULL, venue_id = %(venue)s, provider = 'p', provider_url = 'https://p.example/',"
            " next_retry_at = now() - interval '2 days'"
        ),
    ],
)
def test_an_upload_that_somebody_may_still_finish_is_not_abandoned(stored, sweep, world, change):
    venue = uuid4()
    stored.sql.execute("INSERT INTO venues (id, org_id, name) VALUES (%s, %s, 'V')", (venue, world.org))
    upload_id = stored.pending("a")
    stored.sql.execute(IDLE, ("8 days", upload_id))
    stored.sql.execute(f"UPDATE uploads SET {change}", {"venue": venue})

    assert sweep("abandoned_uploads") == (0, None)


def test_a_client_that_comes_back_too_late_is_told_so(stored, sweep, world):
    stored.sql.execute(IDLE, ("8 days", stored.pending("a")))
    sweep("abandoned_uploads")

    again = stored.world.claim("a", sha256=sha256(b"a").hexdigest())

    assert (again.reply.status, again.reply.body) == (410, dict(ABANDONED.body))


def test_parked_bytes_of_a_failed_upload_are_given_up_after_a_month(stored, sweep):
    old, young = (failed(stored, key, ago=ago, reaped=None) for key, ago in (("a", "31 days"), ("b", "29 days")))
    stored.sql.execute("UPDATE uploads u SET parked_key = a.object_name FROM attempts a WHERE a.upload_id = u.id")

    assert sweep("parked_bytes") == (1, None)
    rows = "SELECT u.id, u.parked_key IS NULL, a.state FROM uploads u JOIN attempts a ON a.upload_id = u.id"
    assert set(stored.sql.execute(rows)) == {(old, True, "condemned"), (young, False, "intent")}
    assert sweep("finished_uploads") == (0, None)


def test_a_full_batch_says_that_there_may_be_more(stored, sweep):
    for key in "abc":
        failed(stored, key, ago="31 days")

    assert [sweep("finished_uploads", 2), sweep("finished_uploads", 2)] == [(2, ""), (1, None)]


def test_what_somebody_else_holds_is_stepped_over(stored, sweep, database_url):
    held = failed(stored, "held", ago="32 days")
    failed(stored, "free", ago="31 days")

    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM uploads WHERE id = %s FOR UPDATE", (held,))
        gone = sweep("finished_uploads")

    assert (gone, left(stored)) == ((1, None), {held})


def test_an_upload_that_has_a_photo_of_its_own_goes_with_that_photo_alone(stored, sweep):
    tombstone, other = buried(stored, "a", ago="31 days"), stored.photo("b")
    stored.sql.execute(
        "UPDATE uploads SET photo_id = %s, finished_at = now() - interval '31 days' WHERE id = %s", (other, tombstone)
    )

    assert sweep("finished_uploads") == (0, None)
    assert left(stored) == {tombstone, other}
