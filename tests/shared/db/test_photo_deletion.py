"""Deleting a photo takes the last pointer to its bytes away, and tells everybody who was told of it."""

import threading
from dataclasses import replace

import pytest

from shared.db.photos import PhotoReader
from shared.photos import AttemptState, Caller, Reply

GONE = Reply(410, {"code": "gone", "message": "It was deleted."})


@pytest.fixture
def photos(database):
    return PhotoReader(database)


@pytest.fixture
def delete(world, stored, photos):
    def ask(photo_id, caller=None, reader=photos):
        return reader.delete(caller or world.member, photo_id, stored.key_of(photo_id), GONE)

    return ask


def test_a_deleted_photo_leaves_a_tombstone_and_condemns_its_object(stored, delete, sql_of):
    photo = stored.photo("a")

    deleted_at = delete(photo)

    assert sql_of.execute("SELECT attempt_id, deleted_at FROM photos").fetchall() == [(None, deleted_at)]
    assert sql_of.execute("SELECT state, next_look_at <= now() FROM attempts").fetchall() == [("condemned", True)]


def test_deleting_is_told_to_others_once(world, stored, delete, sql_of):
    photo = stored.photo("a")

    first, second = delete(photo), delete(photo)

    assert first == second
    told = sql_of.execute("SELECT payload FROM outbox WHERE topic = 'photo.deleted'").fetchall()
    moment = first.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    ids = {"photo_id": str(photo), "org_id": str(world.org), "project_id": str(world.project)}
    assert told == [({**ids, "deleted_at": moment},)]


def test_every_upload_that_ended_in_the_photo_says_that_it_is_gone(world, stored, delete, sql_of):
    photo = stored.photo("a", sha="cd" * 32)
    (attempt,) = sql_of.execute("SELECT attempt_id FROM photos").fetchone()
    twin = world.claim("b", sha256="cd" * 32)
    _commit_seen(world, twin, attempt)

    delete(photo)

    replies = sql_of.execute("SELECT resp_status, resp_body->>'code', state FROM uploads").fetchall()
    assert replies == [(410, "gone", "committed")] * 2
    assert [world.claim(key, sha256="cd" * 32).reply for key in "ab"] == [GONE, GONE]


def test_other_photos_keep_their_replies_and_their_objects(world, stored, delete, sql_of):
    photo, other = stored.photo("a"), stored.photo("b")

    delete(photo)

    assert sql_of.execute("SELECT resp_status FROM uploads WHERE id = %s", (other,)).fetchall() == [(201,)]
    assert sql_of.execute("SELECT state FROM attempts WHERE upload_id = %s", (other,)).fetchall() == [("committed",)]


def test_the_same_bytes_can_be_uploaded_again_under_a_new_key(stored, delete, sql_of):
    photo = stored.photo("a", sha="cd" * 32)
    delete(photo)

    again = stored.photo("b", sha="cd" * 32)

    assert sql_of.execute("SELECT id FROM photos WHERE deleted_at IS NULL").fetchall() == [(again,)]


def test_a_stop_without_its_photo_is_not_done(world, stored, delete, sql_of):
    photo = stored.photo("a", world.to_stop)
    (seq,) = sql_of.execute("SELECT upload_seq FROM hunt_progress").fetchone()

    delete(photo)

    query = "SELECT done, photo_id, photo_url, completed_at, previous_photo_id, upload_seq FROM hunt_progress"
    assert sql_of.execute(query).fetchall() == [(False, None, None, None, photo, seq)]


def test_a_stop_is_done_again_by_its_next_photo(world, stored, delete, sql_of):
    delete(stored.photo("a", world.to_stop))

    again = stored.photo("b", world.to_stop)

    assert sql_of.execute("SELECT done, photo_id FROM hunt_progress").fetchall() == [(True, again)]


def test_an_older_upload_that_comes_after_the_newer_photo_was_deleted_is_stored(world, stored, delete, sql_of):
    late = world.claim("late", target=world.to_stop, sha256="cd" * 32)
    delete(stored.photo("newer", world.to_stop))

    reply = world.ledger.commit(world.commit_of(late, target=world.to_stop, sha256="cd" * 32))

    assert reply.body["photo_id"] == str(late.attempt.upload_id)
    assert world.ledger.standing(late.attempt.id).attempt_state is AttemptState.COMMITTED
    assert sql_of.execute("SELECT photo_id FROM hunt_progress").fetchall() == [(late.attempt.upload_id,)]


def test_deleting_a_photo_that_was_replaced_leaves_the_one_that_replaced_it_alone(world, stored, photos, sql_of):
    old, new = stored.photo("old", world.to_stop), stored.photo("new", world.to_stop)

    deleted_at = photos.delete(world.member, old, stored.key_of(old), GONE)

    assert deleted_at is not None
    assert sql_of.execute("SELECT photo_id, done FROM hunt_progress").fetchall() == [(new, True)]
    assert sql_of.execute("SELECT count(*) FROM outbox WHERE topic = 'photo.deleted'").fetchone() == (0,)


@pytest.mark.parametrize("who", ["viewer", "gone", "nobody"])
def test_only_writers_delete(world, stored, delete, sql_of, who):
    photo = stored.photo("a")

    assert delete(photo, Caller(who, world.org)) is None
    assert sql_of.execute("SELECT count(*) FROM photos WHERE deleted_at IS NULL").fetchone() == (1,)


def test_nobody_deletes_what_is_another_organisations(world, stored, delete, sql_of):
    photo = stored.photo("a")

    assert delete(photo, Caller("stranger", world.other_org)) is None
    assert sql_of.execute("SELECT count(*) FROM photos WHERE deleted_at IS NULL").fetchone() == (1,)


def test_deleting_gives_the_place_back_to_the_organisation(world, stored, delete, sql_of):
    sql_of.execute("INSERT INTO allowances (id, org_id, max_files) VALUES (%s, %s, 9)", (world.org, world.org))
    photo = stored.photo("a")
    before = sql_of.execute("SELECT files, bytes FROM allowances").fetchone()

    delete(photo)

    assert before == (1, 2048)
    assert sql_of.execute("SELECT files, bytes FROM allowances").fetchone() == (0, 0)


def test_a_twin_that_is_committed_while_its_photo_is_deleted_ends_with_bytes_or_without_a_photo(
    world, stored, delete, sql_of
):
    """Either the twin comes first and goes along, or it comes second and is a photo of its own."""
    (ledger,) = world.ledgers(1)
    outcomes = set()
    for n in range(400):
        if n >= 40 and outcomes == {201, 410}:
            break
        digest = f"{n:064x}"
        photo = stored.photo(f"a{n}", sha=digest)
        (seen,) = sql_of.execute("SELECT attempt_id FROM photos WHERE id = %s", (photo,)).fetchone()
        twin = world.claim(f"b{n}", sha256=digest)
        commit = _seen(world.commit_of(twin, sha256=digest), seen)

        _together(lambda c=commit: ledger.commit(c), lambda p=photo: delete(p), swap=n % 2 == 0)

        outcomes.add(world.ledger.standing(twin.attempt.id).reply.status)
    pointed = "SELECT count(*) FROM photos p JOIN attempts a ON a.id = p.attempt_id WHERE a.state <> 'committed'"
    loose = "SELECT count(*) FROM attempts a WHERE state = 'committed' AND NOT EXISTS "
    assert sql_of.execute(pointed).fetchone() == (0,)
    assert sql_of.execute(loose + "(SELECT FROM photos p WHERE p.attempt_id = a.id)").fetchone() == (0,)
    hanging = (
        "SELECT count(*) FROM uploads u JOIN photos p ON p.id = u.photo_id WHERE resp_status = 201 AND deleted_at "
    )
    assert sql_of.execute(hanging + "IS NOT NULL").fetchone() == (0,)
    assert outcomes == {201, 410}, "the race never went both ways: it proves nothing"


def _seen(commit, attempt_id):
    return replace(commit, seen=attempt_id)


def _commit_seen(world, claim, attempt_id):
    commit = _seen(world.commit_of(claim, sha256="cd" * 32), attempt_id)
    assert world.ledger.commit(commit).body["duplicate"] is True


def _together(one, other, *, swap):
    gate = threading.Barrier(2)

    def run(call):
        gate.wait()
        call()

    runners = [threading.Thread(target=run, args=(call,)) for call in (one, other)]
    for thread in reversed(runners) if swap else runners:
        thread.start()
    for thread in runners:
        thread.join()
