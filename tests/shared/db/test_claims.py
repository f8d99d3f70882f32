"""Who may have an attempt, and who is told what instead."""

import threading
from uuid import uuid4

import pytest

from shared.db.connection import LockTaken
from shared.photos import Caller, Loss, RatePolicy, Reply, StoreName, Target, Verdict


def test_the_first_claim_of_a_key_gets_an_attempt_with_a_name_of_its_own(world):
    claim = world.claim()

    assert claim.verdict is Verdict.GO
    assert claim.attempt.object_name == f"test/{world.org}/{claim.attempt.upload_id}/1"
    assert claim.target_store is StoreName.S3


def test_a_second_claim_while_the_first_holds_the_lease_is_told_so(world):
    world.claim()

    again = world.claim()

    assert again.verdict is Verdict.IN_PROGRESS
    assert again.attempt is None
    assert 1 <= again.lease_left <= 60


def test_a_claim_after_the_lease_ran_out_gets_another_name(world, sql_of):
    first = world.claim()
    sql_of.execute("UPDATE uploads SET lease_until = now() - interval '1 second'")

    second = world.claim()

    assert second.verdict is Verdict.GO
    assert second.attempt.upload_id == first.attempt.upload_id
    assert second.attempt.number == 2
    assert second.attempt.object_name != first.attempt.object_name


def test_a_direct_upload_may_ask_again_at_once_and_gets_a_new_name(world):
    first = world.claim(exclusive=False)

    second = world.claim(exclusive=False)

    assert (first.attempt.number, second.attempt.number) == (1, 2)


@pytest.mark.parametrize(
    "change",
    [{"sha256": "cd" * 32}, {"target": "stop"}, {"sha256": None}],
)
def test_a_key_that_names_another_request_is_refused(world, change):
    if change.get("target"):
        change = {"target": world.to_stop}
    world.claim()

    other = world.claim(**change)

    assert other.verdict is Verdict.REUSED


def test_the_file_name_does_not_make_another_request_when_the_bytes_are_known(world, sql_of):
    world.claim(name="a.jpg")
    sql_of.execute("UPDATE uploads SET lease_until = now()")

    assert world.claim(name="renamed.jpg").verdict is Verdict.GO


def test_the_same_key_of_another_tenant_is_another_upload(world):
    world.claim()

    theirs = world.claim(caller=Caller("stranger", world.other_org), target=Target(project_id=world.other_project))

    assert theirs.verdict is Verdict.GO
    assert theirs.attempt.number == 1


@pytest.mark.parametrize(
    ("actor", "verdict"),
    [
        ("member", Verdict.GO),
        ("admin", Verdict.GO),
        ("viewer", Verdict.FORBIDDEN),
        ("gone", Verdict.STRANGER),
        ("nobody", Verdict.STRANGER),
    ],
)
def test_the_membership_decides_and_not_the_token(world, actor, verdict, sql_of):
    claim = world.claim(caller=Caller(actor, world.org))

    assert claim.verdict is verdict
    assert sql_of.execute("SELECT count(*) FROM uploads").fetchone() == ((1,) if verdict is Verdict.GO else (0,))


def test_a_target_of_another_organisation_and_one_that_is_nowhere_look_alike(world, sql_of):
    foreign = world.claim(target=Target(project_id=world.other_project))
    nowhere = world.claim(target=Target(project_id=uuid4()))

    assert foreign == nowhere
    assert foreign.verdict is Verdict.NO_TARGET
    assert sql_of.execute("SELECT count(*) FROM uploads").fetchone() == (0,)
    assert sql_of.execute("SELECT count(*) FROM rate_buckets").fetchone() == (0,)


def test_a_deleted_project_takes_no_photo(world, sql_of):
    sql_of.execute("UPDATE projects SET deleted_at = now()")

    assert world.claim().verdict is Verdict.NO_TARGET


def test_a_stop_of_another_hunt_is_no_target(world):
    assert world.claim(target=Target(team_id=world.team, location_id=uuid4())).verdict is Verdict.NO_TARGET


def test_a_finished_upload_is_replayed_and_costs_no_token(world, sql_of):
    once = RatePolicy("once", 1, 0.0001)
    first = world.claim(rate=once)
    world.ledger.commit(world.commit_of(first))

    again = world.claim(rate=once)

    assert again.verdict is Verdict.REPLAY
    assert again.reply.status == 201
    assert sql_of.execute("SELECT count(*) FROM attempts").fetchone() == (1,)


def test_a_final_failure_is_replayed_and_a_passing_one_is_resumed(world):
    final, passing = world.claim("final"), world.claim("passing")
    world.ledger.condemn(final.attempt.id, Loss("permanent", "t", "d", Reply(422, {"code": "t", "message": "d"})))
    world.ledger.condemn(passing.attempt.id, Loss("transient", "t", "d"))

    assert world.claim("final").verdict is Verdict.REPLAY
    assert world.claim("passing").attempt.number == 2


def test_a_page_of_files_is_claimed_at_once_for_one_token(world):
    items = [world.intention(f"k{n}", sha256=f"{n:064x}") for n in range(100)]
    terms = world.terms(rate=RatePolicy("page", 1, 0.0001))

    claims = world.ledger.claim(world.member, items, terms)
    none_left = world.ledger.claim(world.member, [world.intention("next")], terms)

    assert [c.verdict for c in claims] == [Verdict.GO] * 100
    assert len({c.attempt.object_name for c in claims}) == 100
    assert none_left[0].verdict is Verdict.LIMITED


def test_a_claim_asked_again_after_a_lost_reply_is_the_same_claim(world, monkeypatch):
    """The connection may break after the ledger wrote and before we read: the question is asked again."""
    asked = []

    def twice(*questions):
        asked.append(questions)
        original(*questions)
        return original(*questions)

    original = world.ledger._database.ask
    monkeypatch.setattr(world.ledger._database, "ask", twice)

    claim = world.claim()

    assert claim.verdict is Verdict.GO
    assert claim.attempt.number == 1


def test_of_sixteen_claims_at_once_one_wins_and_fifteen_are_told_to_wait(world):
    ledgers = world.ledgers(16)

    verdicts = _at_once([lambda it=ledger: world.claim(ledger=it).verdict for ledger in ledgers])

    assert sorted(verdicts) == [Verdict.GO] + [Verdict.IN_PROGRESS] * 15


def test_sixteen_callers_never_get_more_than_the_bucket_holds(world, sql_of):
    """Capacity 100, refill 10 a minute: the sum of grants is bounded by the bucket and what time put back."""
    policy = RatePolicy("exact", 100, 10 / 60)
    started = sql_of.execute("SELECT clock_timestamp()").fetchone()[0]

    def one(ledger):
        try:
            return world.claim(str(uuid4()), ledger=ledger, rate=policy).verdict
        except LockTaken:
            # A machine that stood still for two seconds: nothing was granted, and the caller asks again.
            return one(ledger)

    def many(ledger):
        return [one(ledger) for _ in range(150)]

    ledgers = world.ledgers(16)
    asked = _at_once([lambda it=ledger: many(it) for ledger in ledgers])
    verdicts = [verdict for one in asked for verdict in one]
    took = (sql_of.execute("SELECT clock_timestamp()").fetchone()[0] - started).total_seconds()

    granted = verdicts.count(Verdict.GO)
    assert verdicts.count(Verdict.LIMITED) == 16 * 150 - granted
    assert 100 <= granted <= 100 + took * 10 / 60


def test_a_clock_that_went_back_grants_nothing(world, sql_of):
    policy = RatePolicy("back", 1, 1.0)
    world.claim("a", rate=policy)
    sql_of.execute("UPDATE rate_buckets SET refilled_at = now() + interval '1 hour'")

    assert world.claim("b", rate=policy).verdict is Verdict.LIMITED


def test_one_users_bucket_is_not_anothers(world):
    policy = RatePolicy("own", 1, 0.0001)
    world.claim("a", rate=policy)

    assert world.claim("b", rate=policy).verdict is Verdict.LIMITED
    assert world.claim("b", rate=policy, caller=world.admin).verdict is Verdict.GO


def _at_once(calls):
    """Run all calls in threads that start together; return what they returned."""
    gate = threading.Barrier(len(calls))
    results = [None] * len(calls)

    def run(n, call):
        gate.wait()
        results[n] = call()

    threads = [threading.Thread(target=run, args=(n, call)) for n, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
