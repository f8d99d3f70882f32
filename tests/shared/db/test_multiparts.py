"""A multipart upload is its owner's alone, is known by one id, and lasts as long as somebody is at it."""

from dataclasses import replace
from uuid import uuid4

import pytest

from shared.db.multiparts import PostgresMultiparts
from shared.photos import AttemptState, Caller, Door, Loss, Reply

LEASE = 900
LATEST = 7200


@pytest.fixture
def multiparts(database) -> PostgresMultiparts:
    return PostgresMultiparts(database)


@pytest.fixture
def terms(world):
    return replace(world.terms(lease_seconds=LEASE, exclusive=False), reap_after_seconds=LATEST)


@pytest.fixture
def attempt(world):
    return world.claim("k", door=Door.DIRECT, lease_seconds=10, exclusive=False).attempt


@pytest.fixture
def recorded(multiparts, attempt):
    assert multiparts.record(attempt.id, "id-1")
    return attempt


def ends(sql_of):
    """In how many seconds the upload ends, and nothing of its attempt can land any more; and the id."""
    return sql_of.execute(
        "SELECT round(extract(epoch FROM u.lease_until - now()))::int,"
        " round(extract(epoch FROM a.reap_after - now()))::int, a.multipart_id"
        " FROM uploads u JOIN attempts a ON a.upload_id = u.id"
    ).fetchone()


def about(seconds):
    return pytest.approx(seconds, abs=5)


def test_what_is_recorded_is_found_with_its_upload(multiparts, world, terms, recorded):
    found = multiparts.find(world.member, "id-1", recorded.object_name, terms)

    assert found.attempt == replace(recorded, multipart_id="id-1")
    assert found.state is AttemptState.INTENT
    assert (found.upload.id, found.upload.intents) == (recorded.upload_id, (found.attempt,))


def test_recording_may_be_repeated_and_not_changed(multiparts, recorded, sql_of):
    assert multiparts.record(recorded.id, "id-1")
    assert not multiparts.record(recorded.id, "id-2")
    assert ends(sql_of)[2] == "id-1"


def test_an_attempt_that_was_given_up_has_nothing_recorded(multiparts, world, attempt):
    world.ledger.condemn(attempt.id, Loss("transient", "x", "x"))

    assert not multiparts.record(attempt.id, "id-1")


def test_it_is_found_by_its_owner_and_its_name_alone(multiparts, world, terms, recorded, sql_of):
    name = recorded.object_name
    before = ends(sql_of)

    strangers = [
        multiparts.find(caller, "id-1", name, terms)
        for caller in (
            world.admin,
            Caller("viewer", world.org),
            Caller("member", world.other_org),
            Caller("stranger", world.other_org),
            Caller("nobody", world.org),
        )
    ]
    others = [multiparts.find(world.member, "id-2", name, terms), multiparts.find(world.member, "id-1", "n", terms)]

    assert [*strangers, *others] == [None] * 7
    assert ends(sql_of) == (about(before[0]), about(before[1]), "id-1")


def test_who_may_not_upload_any_more_does_not_go_on(multiparts, world, terms, recorded, sql_of):
    for change in ("revoked_at = now()", "revoked_at = NULL, role = 'viewer'"):
        sql_of.execute(f"UPDATE memberships SET {change} WHERE actor_id = 'member'")

        assert multiparts.find(world.member, "id-1", recorded.object_name, terms) is None


def test_whoever_asks_keeps_it_going_and_never_shortens_it(multiparts, world, terms, recorded, sql_of):
    multiparts.find(world.member, "id-1", recorded.object_name, terms)
    longer = ends(sql_of)

    multiparts.find(world.member, "id-1", recorded.object_name, replace(terms, lease_seconds=1, reap_after_seconds=1))

    assert longer == (about(LEASE), about(LATEST), "id-1")
    assert ends(sql_of) == (about(LEASE), about(LATEST), "id-1")


def test_what_is_given_up_is_found_and_not_kept(multiparts, world, terms, recorded, sql_of):
    world.ledger.condemn(recorded.id, Loss("transient", "x", "x"))

    found = multiparts.find(world.member, "id-1", recorded.object_name, terms)

    assert found.state is AttemptState.CONDEMNED
    assert ends(sql_of) == (None, about(3600), "id-1")


def test_what_is_finished_is_found_with_its_reply(multiparts, world, terms, recorded):
    world.ledger.condemn(recorded.id, Loss("permanent", "x", "x", Reply(422, {"code": "x"})))

    assert multiparts.find(world.member, "id-1", recorded.object_name, terms).upload.reply.status == 422


def test_parked_bytes_are_nobodys_to_hold(multiparts, world, terms, recorded, sql_of):
    sql_of.execute("UPDATE uploads SET parked_key = %s, lease_until = NULL", (recorded.object_name,))

    assert multiparts.find(world.member, "id-1", recorded.object_name, terms)
    assert ends(sql_of)[0] is None


def test_the_first_id_binds_and_no_other_does(multiparts, world, terms, attempt):
    def bind(multipart_id):
        return multiparts.find(world.member, multipart_id, attempt.object_name, terms, binds=True)

    assert multiparts.find(world.member, "id-1", attempt.object_name, terms) is None
    assert bind("id-1").attempt.multipart_id == "id-1"
    assert bind("id-2") is None
    assert bind("id-1").attempt.multipart_id == "id-1"


def test_an_id_that_another_attempt_has_binds_nothing_and_breaks_nothing(multiparts, world, terms, recorded):
    second = world.claim("k2", door=Door.DIRECT, sha256="cd" * 32).attempt

    assert multiparts.find(world.member, "id-1", second.object_name, terms, binds=True) is None
    assert multiparts.find(world.member, "id-2", second.object_name, terms, binds=True)


def test_the_api_sees_its_own_organisation_alone(multiparts, world, terms, recorded, as_api):
    """The second wall: the role that serves clients has the rights it needs, and is shown no other's rows."""
    behind = PostgresMultiparts(as_api)

    assert behind.find(world.member, "id-1", recorded.object_name, terms)
    as_api.acting_for = uuid4()
    assert behind.find(world.member, "id-1", recorded.object_name, terms) is None
