"""Who may have an upload token made, what may be spent with it, and whose it is to end."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.db.allowances import END, FIND, MINT, PostgresAllowances
from shared.db.connection import Database
from shared.photos import Caller, Loss, Reply, UploadToken, Verdict

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)


@pytest.fixture
def allowances(database) -> PostgresAllowances:
    return PostgresAllowances(database)


@pytest.fixture
def token(world) -> UploadToken:
    return UploadToken(uuid4(), world.project, frozenset({"upload"}), frozenset({"image/jpeg"}), SOON)


@pytest.fixture
def made(allowances, world, token) -> UploadToken:
    """A token for two files and 5000 bytes; the files of these tests have 2048 bytes."""
    assert allowances.mint(world.member, token, 2, 5_000) == (Verdict.GO, SOON)
    return token


def rows(sql_of):
    return sql_of.execute(
        "SELECT id, org_id, actor_id, project_id, max_files, max_bytes, expires_at FROM allowances"
    ).fetchall()


def test_a_member_has_one_made_and_what_it_allows_is_kept(world, made, sql_of):
    assert rows(sql_of) == [(made.id, world.org, "member", world.project, 2, 5_000, SOON)]


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
def test_the_membership_decides_who_may(world, token, sql_of, actor, verdict):
    allowances = PostgresAllowances(world.ledger._database)

    assert allowances.mint(Caller(actor, world.org), token, 1, None)[0] is verdict

    assert len(rows(sql_of)) == (verdict is Verdict.GO)


def test_a_project_of_others_one_that_is_nowhere_and_one_that_was_deleted_look_alike(
    world, allowances, token, sql_of
):
    foreign = allowances.mint(world.member, replace(token, project_id=world.other_project), 1, None)
    nowhere = allowances.mint(world.member, replace(token, project_id=uuid4()), 1, None)
    sql_of.execute("UPDATE projects SET deleted_at = now()")
    deleted = allowances.mint(world.member, token, 1, None)

    assert foreign == nowhere == deleted == (Verdict.NO_TARGET, None)
    assert rows(sql_of) == []


def test_made_again_it_is_the_one_that_was_and_keeps_its_end_and_what_is_spent(world, allowances, made, sql_of):
    sql_of.execute("UPDATE allowances SET files = 1, bytes = 7")

    again = allowances.mint(world.member, replace(made, expires_at=SOON + timedelta(days=1)), 2, 5_000)

    assert again == (Verdict.REPLAY, SOON)
    assert sql_of.execute("SELECT files, bytes, expires_at FROM allowances").fetchall() == [(1, 7, SOON)]


def test_an_id_that_allows_something_else_is_not_made_again(world, allowances, made, sql_of):
    before = rows(sql_of)
    other = uuid4()
    sql_of.execute("INSERT INTO projects (id, org_id, name) VALUES (%s, %s, 'Q')", (other, world.org))

    answers = [
        allowances.mint(world.member, made, 3, 5_000),
        allowances.mint(world.member, made, 2, None),
        allowances.mint(world.member, replace(made, project_id=other), 2, 5_000),
        allowances.mint(world.admin, made, 2, 5_000),
        allowances.mint(Caller("stranger", world.other_org), replace(made, project_id=world.other_project), 2, 5_000),
    ]

    assert answers == [(Verdict.REUSED, None)] * 5
    assert rows(sql_of) == before


def by(world, token) -> Caller:
    return replace(world.member, upload_token=token)


def test_as_many_files_as_it_allows_are_claimed_and_no_more(world, made, allowances):
    verdicts = [world.claim(f"k{n}", caller=by(world, made), sha256=f"{n:064x}").verdict for n in range(3)]

    assert verdicts == [Verdict.GO, Verdict.GO, Verdict.EXHAUSTED]
    spent = allowances.find(world.member, made.id)
    assert (spent.files, spent.bytes) == (2, 4_096)


def test_as_many_bytes_as_it_allows_are_claimed_and_no_more(world, allowances, token):
    allowances.mint(world.member, token, 10, 2_047)

    assert world.claim(caller=by(world, token)).verdict is Verdict.EXHAUSTED


def test_without_a_limit_in_bytes_only_files_count(world, allowances, token, sql_of):
    allowances.mint(world.member, token, 1, None)

    assert world.claim(caller=by(world, token)).verdict is Verdict.GO


def test_an_upload_that_fails_gives_back_what_it_took(world, made, allowances):
    claim = world.claim(caller=by(world, made))
    final = Reply(422, {"code": "t", "message": "d"})

    world.ledger.condemn(claim.attempt.id, Loss("permanent", "t", "d", final))

    spent = allowances.find(world.member, made.id)
    assert (spent.files, spent.bytes) == (0, 0)


def test_a_token_without_a_row_uploads_nothing(world, token):
    assert world.claim(caller=by(world, token)).verdict is Verdict.EXHAUSTED


def test_an_ended_token_uploads_nothing_at_once(world, made, allowances):
    ended = allowances.end(world.member, made.id)

    assert ended.expires_at < SOON
    assert world.claim(caller=by(world, made)).verdict is Verdict.EXHAUSTED


def test_ended_again_it_ended_when_it_did(world, made, allowances):
    first = allowances.end(world.member, made.id)

    assert allowances.end(world.member, made.id) == first
    assert allowances.find(world.member, made.id) == first
    assert allowances.mint(world.member, made, 2, 5_000) == (Verdict.REPLAY, first.expires_at)


@pytest.mark.parametrize("actor", ["member", "admin"])
def test_who_had_it_made_and_an_admin_may_look_and_end(world, made, allowances, actor):
    caller = Caller(actor, world.org)

    assert allowances.find(caller, made.id).id == made.id
    assert allowances.end(caller, made.id).id == made.id


def test_nobody_else_may_look_or_end(world, made, allowances, sql_of):
    sql_of.execute("INSERT INTO memberships VALUES (%s, 'other', 'member')", (world.org,))
    sql_of.execute("INSERT INTO memberships VALUES (%s, 'boss', 'admin')", (world.other_org,))
    others = [Caller(a, world.org) for a in ("other", "viewer", "gone", "nobody")]
    others += [Caller(a, world.other_org) for a in ("boss", "member")]

    assert [allowances.find(caller, made.id) for caller in others] == [None] * 6
    assert [allowances.end(caller, made.id) for caller in others] == [None] * 6
    assert allowances.find(world.member, made.id).expires_at == SOON


def test_who_had_it_made_and_left_may_do_nothing_with_it(world, made, allowances, sql_of):
    sql_of.execute("UPDATE memberships SET revoked_at = now() WHERE actor_id = 'member'")

    assert allowances.find(world.member, made.id) is None
    assert allowances.end(world.member, made.id) is None
    assert world.claim(caller=by(world, made)).verdict is Verdict.STRANGER


def test_the_organisations_own_allowance_is_no_token(world, allowances, sql_of):
    """It has the organisation's id, and an end if somebody gave it one."""
    sql_of.execute(
        "INSERT INTO allowances (id, org_id, actor_id, project_id, max_files, expires_at)"
        " VALUES (%s, %s, 'admin', %s, 9, %s)",
        (world.org, world.org, world.project, SOON),
    )
    admin = world.admin

    assert allowances.find(admin, world.org) is None
    assert allowances.end(admin, world.org) is None
    assert rows(sql_of)[0][-1] == SOON


def test_each_question_asked_again_after_a_lost_reply_leaves_the_same(world, database_url, token, monkeypatch):
    """The connection may break after the database wrote and before we read: the question is asked again."""
    database = Database(database_url)
    world.opened.append(database)
    once = database.ask
    monkeypatch.setattr(database, "ask", lambda *questions: once(*questions) and once(*questions))
    allowances = PostgresAllowances(database)

    verdict, ends = allowances.mint(world.member, token, 2, None)
    ended = allowances.end(world.member, token.id)

    assert (verdict in {Verdict.GO, Verdict.REPLAY}, ends) == (True, SOON)
    assert allowances.find(world.member, token.id) == ended


def test_the_apis_own_role_may_ask_them_all_and_sees_one_organisation(world, as_api, token):
    allowances = PostgresAllowances(as_api)

    as_api.acting_for = world.other_org
    hidden = allowances.mint(world.member, token, 2, None)
    as_api.acting_for = world.org

    assert hidden == (Verdict.STRANGER, None)
    assert allowances.mint(world.member, token, 2, None) == (Verdict.GO, SOON)
    assert allowances.find(world.member, token.id) is not None
    assert allowances.end(world.member, token.id) is not None


def test_no_question_walks_through_all_members_or_all_tokens(sql_of, world):
    sql_of.execute(
        "INSERT INTO memberships SELECT %s, 'a' || n, 'member' FROM generate_series(1, 5000) n", (world.org,)
    )
    sql_of.execute(
        "INSERT INTO allowances (id, org_id, actor_id, project_id, expires_at)"
        " SELECT gen_random_uuid(), %s, 'a1', %s, now() FROM generate_series(1, 5000)",
        (world.org, world.project),
    )
    sql_of.execute("ANALYZE")

    for question in (MINT, FIND, END):
        numbers = {}
        plain = re.sub(r"%\((\w+)\)s", lambda m, of=numbers: f"${of.setdefault(m[1], len(of) + 1)}", question)
        plan = "\n".join(row[0] for row in sql_of.execute(f"EXPLAIN (GENERIC_PLAN) {plain}").fetchall())
        assert "Seq Scan on memberships" not in plan
        assert "Seq Scan on allowances" not in plan
