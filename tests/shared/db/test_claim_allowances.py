"""What an organisation and an upload token allow: taken by the claim, given back by what did not become a photo."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.photos import Door, Loss, Reply, UploadToken, Verdict

LARGEST = 52_428_800
SIZE = 2048


def allow(sql_of, world, *, token_id=None, files=None, size=None, ends="1 hour"):
    sql_of.execute(
        "INSERT INTO allowances (id, org_id, actor_id, max_files, max_bytes, expires_at)"
        " VALUES (%s, %s, 'member', %s, %s, now() + %s::interval)",
        (token_id or world.org, world.org, files, size, ends),
    )


def spent(sql_of):
    return sql_of.execute("SELECT files, bytes FROM allowances").fetchone()


def bearer(world, token_id):
    token = UploadToken(token_id, world.project, frozenset({"upload"}), frozenset(), datetime.now(UTC))
    return replace(world.member, upload_token=token)


def test_an_organisation_without_an_allowance_may_upload_what_it_likes(world, sql_of):
    assert world.claim().verdict is Verdict.GO
    assert spent(sql_of) is None


def test_a_claim_takes_its_place_before_a_byte_is_sent(world, sql_of):
    allow(sql_of, world, files=2, size=10 * SIZE)

    world.claim()

    assert spent(sql_of) == (1, SIZE)


@pytest.mark.parametrize("limit", [{"files": 1}, {"size": SIZE}, {"size": 2 * SIZE - 1}])
def test_what_does_not_fit_any_more_is_refused_and_takes_nothing(world, sql_of, limit):
    allow(sql_of, world, **limit)
    world.claim("a")

    refused = world.claim("b")

    assert refused.verdict is Verdict.EXHAUSTED
    assert spent(sql_of) == (1, SIZE)
    assert sql_of.execute("SELECT count(*) FROM uploads").fetchone() == (1,)


def test_the_same_key_again_takes_no_second_place(world, sql_of):
    allow(sql_of, world, files=1)
    world.claim(exclusive=False)

    again = world.claim(exclusive=False)

    assert again.verdict is Verdict.GO
    assert spent(sql_of) == (1, SIZE)


def test_an_upload_of_unknown_size_reserves_the_largest_and_gives_the_rest_back(world, sql_of):
    allow(sql_of, world, size=LARGEST)
    intention = world.intention()
    unknown = replace(intention, door=Door.DIRECT, declared=replace(intention.declared, size=None))
    (claim,) = world.ledger.claim(world.member, [unknown], world.terms())
    reserved = spent(sql_of)

    world.ledger.commit(world.commit_of(claim))

    assert reserved == (1, LARGEST)
    assert spent(sql_of) == (1, SIZE)


def test_an_upload_that_fails_gives_its_place_back(world, sql_of):
    allow(sql_of, world, files=1)
    claim = world.claim()

    world.ledger.condemn(claim.attempt.id, Loss("permanent", "t", "d", Reply(422, {"code": "c", "message": "m"})))

    assert spent(sql_of) == (0, 0)


def test_a_token_that_nobody_keeps_any_more_opens_nothing(world):
    assert world.claim(caller=bearer(world, uuid4())).verdict is Verdict.EXHAUSTED


def test_a_token_that_ended_opens_nothing(world, sql_of):
    token = uuid4()
    allow(sql_of, world, token_id=token, files=5, ends="-1 second")

    assert world.claim(caller=bearer(world, token)).verdict is Verdict.EXHAUSTED


def test_a_token_is_spent_exactly_by_containers_that_run_side_by_side(world, sql_of):
    token, verdicts = uuid4(), []
    allow(sql_of, world, token_id=token, files=20)
    ledgers, start = world.ledgers(8), threading.Barrier(8)

    def run(n):
        start.wait(10)
        for turn in range(10):
            claim = world.claim(f"{n}-{turn}", ledger=ledgers[n], caller=bearer(world, token))
            verdicts.append(claim.verdict)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert verdicts.count(Verdict.GO) == 20
    assert verdicts.count(Verdict.EXHAUSTED) == 60
    assert spent(sql_of)[0] == 20
