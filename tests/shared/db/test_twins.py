"""Which photos a project has already, and who may ask."""

from uuid import uuid4

import pytest

from shared.db.twins import PostgresTwins
from shared.photos import Caller, Verdict

SHA, OTHER_SHA = "ab" * 32, "cd" * 32


@pytest.fixture
def twins(database):
    return PostgresTwins(database)


def test_what_is_there_is_found_with_the_place_of_its_bytes(world, twins):
    claim = world.claim()
    world.ledger.commit(world.commit_of(claim))

    verdict, found = twins.find(world.member, world.project, [SHA, OTHER_SHA])

    assert verdict is Verdict.GO
    assert set(found) == {SHA}
    assert (found[SHA].photo_id, found[SHA].object_name) == (claim.attempt.upload_id, claim.attempt.object_name)


def test_what_is_not_a_photo_yet_is_not_there(world, twins):
    world.claim()

    assert twins.find(world.member, world.project, [SHA]) == (Verdict.GO, {})


@pytest.mark.parametrize(
    ("actor", "verdict"), [("viewer", Verdict.FORBIDDEN), ("gone", Verdict.STRANGER), ("nobody", Verdict.STRANGER)]
)
def test_who_may_not_upload_may_not_ask_either(world, twins, actor, verdict):
    world.ledger.commit(world.commit_of(world.claim()))

    assert twins.find(Caller(actor, world.org), world.project, [SHA]) == (verdict, {})


def test_a_project_of_another_organisation_is_as_unknown_as_none(world, twins):
    stranger = Caller("stranger", world.other_org)
    world.ledger.commit(world.commit_of(world.claim()))

    assert twins.find(stranger, world.project, [SHA]) == (Verdict.NO_TARGET, {})
    assert twins.find(stranger, uuid4(), [SHA]) == (Verdict.NO_TARGET, {})


def test_a_claim_that_spots_twins_is_told_of_the_photo_instead_of_an_attempt(world, sql_of):
    first = world.claim("a")
    world.ledger.commit(world.commit_of(first))

    (claim,) = world.ledger.claim(world.member, [world.intention("b")], world.terms(spots_twins=True))

    assert (claim.verdict, claim.attempt) == (Verdict.DUPLICATE, None)
    assert claim.twin.photo_id == first.attempt.upload_id
    assert sql_of.execute("SELECT count(*) FROM uploads").fetchone() == (1,)


def test_a_twin_whose_bytes_are_gone_stops_nobody(world):
    first = world.claim("a")
    world.ledger.commit(world.commit_of(first))

    (claim,) = world.ledger.claim(
        world.member, [world.intention("b")], world.terms(spots_twins=True), [first.attempt.id]
    )

    assert claim.verdict is Verdict.GO


def test_another_project_learns_nothing_of_it(world, sql_of):
    world.ledger.commit(world.commit_of(world.claim("a")))
    other = uuid4()
    sql_of.execute("INSERT INTO projects (id, org_id, name) VALUES (%s, %s, 'P')", (other, world.org))
    target = type(world.to_project)(project_id=other)

    (claim,) = world.ledger.claim(world.member, [world.intention("b", target=target)], world.terms(spots_twins=True))

    assert (claim.verdict, claim.twin) == (Verdict.GO, None)
