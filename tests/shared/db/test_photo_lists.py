"""A list shows everything its organisation has, newest first, once, in pages that cost no more than a page."""

from datetime import UTC, datetime, timedelta
from hashlib import md5
from uuid import UUID, uuid4

import pytest

from shared.db.photo_lists import PAGE
from shared.db.photos import PhotoReader
from shared.photos import Caller, Loss, PhotoStatus, Reply, Target

ANYWHERE = Target()
NOON = datetime(2026, 5, 17, 12, tzinfo=UTC)


@pytest.fixture
def listed(world, database):
    """Ask for a page; what is not said filters nothing."""
    reader = PhotoReader(database)

    def ask(target=ANYWHERE, *, caller=None, limit=10, **filters):
        given = {"status": None, "since": None, "until": None, "after": None} | filters
        return reader.page(caller or world.member, target, limit=limit, **given)

    return ask


def ids(uploads):
    return [upload.id for upload in uploads]


def test_photos_and_uploads_that_are_none_yet_come_in_one_line_newest_first(stored, listed):
    first, waiting, last = stored.photo("a"), stored.pending("b"), stored.photo("c")
    stored.at({first: 1, waiting: 2, last: 3})

    found = listed()

    assert ids(found) == [last, waiting, first]
    assert [upload.status for upload in found] == ["uploaded", "pending_upload", "uploaded"]


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_pages_of_any_size_show_everything_once_even_what_happened_at_the_same_moment(stored, listed, limit):
    photos = [stored.photo(f"p{n}") for n in range(4)]
    waiting = [stored.pending(f"w{n}") for n in range(4)]
    stored.at({upload_id: n // 3 for n, upload_id in enumerate(photos + waiting)})
    seen, after = [], None

    while page := listed(after=after, limit=limit):
        seen += ids(page)
        assert len(page) <= limit
        after = (page[-1].photo.uploaded_at if page[-1].photo else page[-1].created_at, page[-1].id)

    assert sorted(seen) == sorted(photos + waiting)
    assert seen == ids(listed())


def test_what_is_deleted_or_replaced_or_a_duplicate_is_not_listed(world, stored, listed, database):
    replaced = stored.photo("old", world.to_stop)
    present = stored.photo("new", world.to_stop)
    deleted = stored.photo("gone")
    PhotoReader(database).delete(world.member, deleted, stored.key_of(deleted), Reply(410, {"code": "gone"}))

    assert ids(listed()) == [present]
    assert replaced != present


def test_nothing_of_another_organisation_is_ever_listed(world, stored, listed):
    mine = stored.photo("a")
    other = Caller("stranger", world.other_org)

    assert listed(caller=other) == []
    assert listed(Target(project_id=world.project), caller=other) == []
    assert ids(listed()) == [mine]


def test_targets_narrow_a_list_down(world, stored, listed):
    of_project, of_stop, waiting = stored.photo("p"), stored.photo("s", world.to_stop), stored.pending("w")
    stored.at({of_project: 1, of_stop: 2, waiting: 3})

    assert ids(listed(Target(project_id=world.project))) == [waiting, of_project]
    assert ids(listed(Target(team_id=world.team))) == [of_stop]
    assert ids(listed(Target(location_id=world.stop))) == [of_stop]
    assert ids(listed(world.to_stop)) == [of_stop]
    assert listed(Target(venue_id=uuid4())) == []


def test_every_status_finds_exactly_what_is_shown_with_it(world, stored, listed, sql_of):
    for status in ("uploaded", "processing", "completed", "failed", "permanently_failed"):
        photo = stored.photo(status)
        sql_of.execute("ALTER TABLE photos DISABLE TRIGGER photos_move_forward")
        sql_of.execute("UPDATE photos SET status = %s WHERE id = %s", (status, photo))
    stored.pending("waiting")
    for key, reply in {"broken": None, "lost": Reply(422, {"code": "store_refused"})}.items():
        world.ledger.condemn(world.claim(key).attempt.id, Loss("transient", "store_refused", "no", reply))
    parked = stored.pending("parked")
    sql_of.execute("UPDATE uploads SET failure_class = 'outage', parked_key = 'x' WHERE id = %s", (parked,))

    everything = listed(limit=50)

    assert {upload.status for upload in everything} == set(PhotoStatus)
    for status in PhotoStatus:
        expected = [upload.id for upload in everything if upload.status is status]
        assert ids(listed(status=status)) == expected


def test_from_and_to_are_half_open(stored, listed):
    photo, waiting = stored.photo("a"), stored.pending("b")
    stored.at({photo: 1, waiting: 2})
    one, two = NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)

    assert ids(listed(since=one, until=two)) == [photo]
    assert ids(listed(since=two)) == [waiting]
    assert listed(until=one) == []


def named(name):
    return UUID(md5(name.encode(), usedforsecurity=False).hexdigest())


FILL = """
INSERT INTO organizations (id, name) VALUES (md5('o')::uuid, 'o');
INSERT INTO memberships VALUES (md5('o')::uuid, 'a', 'member');
INSERT INTO projects (id, org_id, name) SELECT md5('p' || n)::uuid, md5('o')::uuid, 'p' FROM generate_series(0, 99) n;
INSERT INTO venues (id, org_id, name) SELECT md5('v' || n)::uuid, md5('o')::uuid, 'v' FROM generate_series(0, 99) n;
INSERT INTO hunts (id, org_id, name) VALUES (md5('h')::uuid, md5('o')::uuid, 'h');
INSERT INTO teams (id, org_id, hunt_id, name)
SELECT md5('t' || n)::uuid, md5('o')::uuid, md5('h')::uuid, 't' FROM generate_series(0, 99) n;
INSERT INTO locations (id, org_id, hunt_id, title)
SELECT md5('l' || n)::uuid, md5('o')::uuid, md5('h')::uuid, 'l' FROM generate_series(0, 99) n;
INSERT INTO uploads (id, org_id, actor_id, door, idem_key, fingerprint, project_id, team_id, location_id, venue_id,
                     store, file_name, size, mime, created_at, state, photo_id, resp_status, resp_body, finished_at,
                     lease_token)
SELECT md5('u' || n)::uuid, md5('o')::uuid, 'a', 'form', 'k' || n, sha256(n::text::bytea),
       CASE n % 3 WHEN 0 THEN md5('p' || n % 100)::uuid END, CASE n % 3 WHEN 1 THEN md5('t' || n % 100)::uuid END,
       CASE n % 3 WHEN 1 THEN md5('l' || n / 100 % 100)::uuid END,
       CASE n % 3 WHEN 2 THEN md5('v' || n % 100)::uuid END,
       's3', 'f', 1, 'image/jpeg', now() - n * interval '1 second',
       CASE WHEN done THEN 'committed' ELSE 'open' END, CASE WHEN done THEN md5('u' || n)::uuid END,
       CASE WHEN done THEN 201 END, CASE WHEN done THEN '{}'::json END, CASE WHEN done THEN now() END,
       gen_random_uuid()
  FROM (SELECT n, n % 50 <> 0 AS done FROM generate_series(1, 20000) n) drawn;
INSERT INTO attempts (id, upload_id, attempt_no, store, object_name, reap_after, state, bytes, committed_at)
SELECT id, id, 1, 's3', 'n/' || id, now(), 'committed', 1, now() FROM uploads WHERE state = 'committed';
INSERT INTO photos (id, org_id, actor_id, project_id, team_id, location_id, venue_id, attempt_id, upload_seq, status,
                    file_name, bytes, sha256, mime, width, height, uploaded_at)
SELECT id, org_id, actor_id, project_id, team_id, location_id, venue_id, id, seq,
       CASE WHEN seq % 1000 = 1 THEN 'failed' ELSE 'completed' END, 'f', 1, sha256(id::text::bytea), 'image/jpeg',
       1, 1, created_at
  FROM uploads WHERE state = 'committed';
ANALYZE;
"""

NOW = datetime.now(UTC)
NARROWED = {
    "project_id": named("p3"),
    "team_id": named("t1"),
    "location_id": named("l5"),
    "venue_id": named("v2"),
    "status": "failed",
    "since": NOW - timedelta(minutes=5),
    "until": NOW - timedelta(hours=3),
    "after_at": NOW - timedelta(hours=2),
}
NOTHING = dict.fromkeys((*NARROWED, "after_id"))


@pytest.fixture
def crowded(sql_of):
    sql_of.execute(FILL)
    return sql_of


def test_a_page_of_many_photos_costs_no_more_than_a_page_however_it_is_narrowed_down(crowded):
    read = {name: _rows_read(crowded, {name: value}) for name, value in NARROWED.items()}

    assert {name: count for name, count in read.items() if count > 1_000} == {}


def _rows_read(connection, given):
    """How many rows the server touched for a page of fifty, those included that it looked at in vain."""
    facts = NOTHING | {"org_id": named("o"), "actor_id": "a", "limit": 50} | given
    (plan,) = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {PAGE}", facts).fetchone()

    def count(node):
        looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        own = looked_at * node["Actual Loops"] if "Relation Name" in node else 0
        return own + sum(count(child) for child in node.get("Plans", ()))

    return count(plan[0]["Plan"])
