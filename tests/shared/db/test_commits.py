"""The pivot: what is committed stays, what is condemned never comes back, and never both."""

import random
import threading
from dataclasses import replace

import psycopg
import pytest

from shared.photos import AttemptState, Loss, Reply, Twin, UploadState

LOST = Loss("transient", "store_unavailable", "no answer")


def test_a_commit_writes_the_photo_the_reply_and_the_news_together(world, sql_of):
    claim = world.claim()

    reply = world.ledger.commit(world.commit_of(claim))

    assert reply.status == 201
    assert reply.body["photo_id"] == str(claim.attempt.upload_id)
    assert reply.body["duplicate"] is False
    assert sql_of.execute("SELECT attempt_id, width, exif->>'iso' FROM photos").fetchall() == [
        (claim.attempt.id, 40, "100")
    ]
    assert sql_of.execute("SELECT topic, payload->>'photo_id' FROM outbox").fetchall() == [
        ("photo.committed", str(claim.attempt.upload_id))
    ]


def test_a_commit_repeated_changes_nothing_and_its_outcome_can_be_asked(world, sql_of):
    claim = world.claim()
    first = world.ledger.commit(world.commit_of(claim))

    second = world.ledger.commit(world.commit_of(claim))

    assert second is None
    assert world.ledger.standing(claim.attempt.id).reply == first
    assert sql_of.execute("SELECT count(*) FROM outbox").fetchone() == (1,)


def test_a_condemned_attempt_cannot_be_committed(world, sql_of):
    claim = world.claim()
    assert world.ledger.condemn(claim.attempt.id, LOST)

    assert world.ledger.commit(world.commit_of(claim)) is None
    assert sql_of.execute("SELECT count(*) FROM photos").fetchone() == (0,)


def test_a_committed_attempt_cannot_be_condemned(world):
    claim = world.claim()
    world.ledger.commit(world.commit_of(claim))

    assert not world.ledger.condemn(claim.attempt.id, LOST)
    assert world.ledger.standing(claim.attempt.id).attempt_state is AttemptState.COMMITTED


def test_commit_against_condemn_is_decided_once_in_five_hundred_races(world, sql_of):
    ledgers = world.ledgers(2)
    outcomes = set()
    for n in range(500):
        claim = world.claim(f"k{n}", sha256=f"{n:064x}")
        commit = world.commit_of(claim, sha256=f"{n:064x}")

        won = _race(
            lambda c=commit: ledgers[0].commit(c) is not None,
            lambda a=claim.attempt.id: ledgers[1].condemn(a, LOST),
            first=random.random() < 0.5,
        )

        assert sum(won) == 1
        outcomes.add(won)

    committed = sql_of.execute("SELECT count(*) FROM attempts WHERE state = 'committed'").fetchone()
    assert sql_of.execute("SELECT count(*) FROM photos").fetchone() == committed
    assert outcomes == {(True, False), (False, True)}, "the race never went both ways: it proves nothing"


def test_of_two_attempts_of_one_upload_only_one_is_committed(world, sql_of):
    first = world.claim()
    sql_of.execute("UPDATE uploads SET lease_until = now()")
    second = world.claim()

    newer = world.ledger.commit(world.commit_of(second))
    zombie = world.ledger.commit(world.commit_of(first))

    assert newer is not None
    assert zombie is None
    states = sql_of.execute("SELECT attempt_no, state FROM attempts ORDER BY attempt_no").fetchall()
    assert states == [(1, "condemned"), (2, "committed")]


def test_nothing_is_decided_before_somebody_looked_whether_the_twin_is_there(world, sql_of):
    first = world.claim("a")
    world.ledger.commit(world.commit_of(first))
    claim = world.claim("b")

    answer = world.ledger.commit(world.commit_of(claim))

    assert isinstance(answer, Twin)
    assert (answer.photo_id, answer.object_name) == (first.attempt.upload_id, first.attempt.object_name)
    assert (answer.attempt_id, answer.version) == (first.attempt.id, "v1")
    assert world.ledger.standing(claim.attempt.id).attempt_state is AttemptState.INTENT


def test_the_same_bytes_for_the_same_project_are_one_photo(world, sql_of):
    first = world.ledger.commit(world.commit_of(world.claim("a")))
    twin = world.claim("b")

    second = looked(world.ledger, world.commit_of(twin))

    assert second.body["duplicate"] is True
    assert second.body["photo_id"] == first.body["photo_id"]
    assert second.body["object_name"] == first.body["object_name"]
    assert world.ledger.standing(twin.attempt.id).attempt_state is AttemptState.CONDEMNED
    assert sql_of.execute("SELECT count(*) FROM photos").fetchone() == (1,)


def test_a_photo_whose_bytes_are_gone_is_mended_by_the_next_that_has_them(world, sql_of):
    first, second = world.claim("a"), world.claim("b")
    world.ledger.commit(world.commit_of(first))

    reply = looked(world.ledger, world.commit_of(second), as_what="gone")

    assert (reply.body["duplicate"], reply.body["repaired"]) == (False, True)
    assert reply.body["photo_id"] == str(first.attempt.upload_id)
    assert sql_of.execute("SELECT id, attempt_id FROM photos").fetchall() == [
        (first.attempt.upload_id, second.attempt.id)
    ]
    assert world.ledger.standing(first.attempt.id).attempt_state is AttemptState.CONDEMNED
    assert world.ledger.standing(second.attempt.id).attempt_state is AttemptState.COMMITTED
    assert sql_of.execute("SELECT count(*) FROM outbox").fetchone() == (2,)


def test_a_look_at_another_attempt_than_the_photo_has_by_now_counts_for_nothing(world):
    world.ledger.commit(world.commit_of(world.claim("a")))
    claim = world.claim("b")

    answer = world.ledger.commit(replace(world.commit_of(claim), gone=claim.attempt.id))

    assert isinstance(answer, Twin)


def test_an_organisation_that_has_its_photos_looked_at_gets_each_announced_once(world, sql_of):
    sql_of.execute("UPDATE organizations SET detection_types = '{damage,material}' WHERE id = %s", (world.org,))
    claim = world.claim("a")

    world.ledger.commit(world.commit_of(claim))

    (payload,) = sql_of.execute("SELECT payload FROM outbox WHERE topic = 'photo.detect'").fetchone()
    assert payload == {
        "photo_id": str(claim.attempt.upload_id),
        "s3_url": "s3://there",
        "detection_types": ["damage", "material"],
        "priority": "normal",
    }


def test_the_same_bytes_committed_at_the_same_time_are_one_photo(world, sql_of):
    ledgers = world.ledgers(2)
    for n in range(50):
        commits = [world.commit_of(world.claim(f"{n}{who}", sha256=f"{n:064x}"), sha256=f"{n:064x}") for who in "ab"]
        _race(lambda c=commits[0]: looked(ledgers[0], c), lambda c=commits[1]: looked(ledgers[1], c), first=True)

    assert sql_of.execute("SELECT count(*) FROM photos").fetchone() == (50,)
    assert sql_of.execute("SELECT count(*) FROM uploads WHERE state = 'committed'").fetchone() == (100,)


def test_a_newer_photo_of_a_stop_takes_the_place_of_the_older_and_condemns_its_object(world, sql_of):
    old = world.claim("old", target=world.to_stop)
    world.ledger.commit(world.commit_of(old, target=world.to_stop))
    new = world.claim("new", target=world.to_stop, sha256="cd" * 32)

    reply = world.ledger.commit(world.commit_of(new, target=world.to_stop, sha256="cd" * 32))

    assert reply.body["hunt_progress"]["done"] is True
    assert sql_of.execute("SELECT photo_id FROM hunt_progress").fetchall() == [(new.attempt.upload_id,)]
    assert world.ledger.standing(old.attempt.id).attempt_state is AttemptState.CONDEMNED
    assert sql_of.execute("SELECT id FROM photos WHERE deleted_at IS NULL").fetchall() == [(new.attempt.upload_id,)]


def test_a_late_old_photo_of_a_stop_never_overwrites_a_newer_one(world, sql_of):
    late = world.claim("late", target=world.to_stop)
    newer = world.claim("newer", target=world.to_stop, sha256="cd" * 32)
    world.ledger.commit(world.commit_of(newer, target=world.to_stop, sha256="cd" * 32))

    reply = world.ledger.commit(world.commit_of(late, target=world.to_stop))

    assert reply.body["superseded"] is True
    assert reply.body["photo_id"] == str(newer.attempt.upload_id)
    assert sql_of.execute("SELECT photo_id FROM hunt_progress").fetchall() == [(newer.attempt.upload_id,)]
    assert world.ledger.standing(late.attempt.id).attempt_state is AttemptState.CONDEMNED


def test_two_photos_of_one_stop_at_the_same_time_leave_one_and_condemn_the_other(world, sql_of):
    ledgers = world.ledgers(2)
    for n in range(50):
        pair = [world.claim(f"{n}{who}", target=world.to_stop, sha256=f"{n:063x}{who}") for who in "ab"]
        commits = [
            world.commit_of(c, target=world.to_stop, sha256=f"{n:063x}{w}") for c, w in zip(pair, "ab", strict=True)
        ]
        _race(lambda c=commits[0]: ledgers[0].commit(c), lambda c=commits[1]: ledgers[1].commit(c), first=n % 2 == 0)

    pointed = "SELECT count(*) FROM photos p JOIN attempts a ON a.id = p.attempt_id WHERE a.state = 'committed'"
    assert sql_of.execute(pointed).fetchone() == (1,)
    assert sql_of.execute("SELECT count(*) FROM attempts WHERE state = 'committed'").fetchone() == (1,)


def test_a_final_loss_ends_the_upload_with_its_reply(world):
    claim = world.claim()

    world.ledger.condemn(claim.attempt.id, Loss("permanent", "bad", "why", Reply(422, {"code": "bad"})))

    standing = world.ledger.standing(claim.attempt.id)
    assert standing.upload_state is UploadState.FAILED
    assert standing.reply == Reply(422, {"code": "bad"})


def test_an_older_attempt_is_condemned_in_silence(world, sql_of):
    first = world.claim()
    sql_of.execute("UPDATE uploads SET lease_until = now()")
    world.claim()

    world.ledger.condemn(first.attempt.id, LOST)

    row = sql_of.execute("SELECT state, failure_class, lease_until > now() FROM uploads").fetchone()
    assert row == ("open", None, True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("committed", "intent"),
        ("condemned", "committed"),
        ("condemned", "intent"),
        ("reaped", "condemned"),
        ("intent", "reaped"),
    ],
)
def test_the_database_itself_refuses_a_step_back(world, sql_of, before, after):
    claim = world.claim()
    dates = "condemned_at = now(), next_look_at = CASE WHEN %s = 'condemned' THEN now() END"
    if before == "committed":
        world.ledger.commit(world.commit_of(claim))
    elif before != "intent":
        sql_of.execute(f"UPDATE attempts SET state = 'condemned', {dates}", ("condemned",))
        if before == "reaped":
            sql_of.execute("UPDATE attempts SET state = 'reaped', next_look_at = NULL")

    with pytest.raises(psycopg.errors.CheckViolation):
        sql_of.execute("UPDATE attempts SET state = %s", (after,))


def _race(one, other, *, first):
    """Start both together; `first` only varies who is nearer to the line."""
    gate = threading.Barrier(2)
    results = [None, None]

    def run(n, call):
        gate.wait()
        results[n] = call()

    runners = [threading.Thread(target=run, args=args) for args in ((0, one), (1, other))]
    for thread in runners if first else reversed(runners):
        thread.start()
    for thread in runners:
        thread.join()
    return tuple(results)


def looked(ledger, commit, as_what="seen"):
    """Commit as the use cases do: look where the ledger says that somebody must, and commit again."""
    answer = ledger.commit(commit)
    if isinstance(answer, Twin):
        answer = ledger.commit(replace(commit, **{as_what: answer.attempt_id}))
    return answer
