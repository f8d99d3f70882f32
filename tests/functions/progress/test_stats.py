"""GET /api/processing-stats: every stage and their sum, of oneself, or of all for admins."""

import json

import pytest

from tests.functions.progress.conftest import STATS

ZERO = dict.fromkeys(("uploading", "uploaded", "processing", "embedding", "ready", "failed", "total"), 0)


@pytest.fixture
def ask(api):
    def ask(query="", **options):
        answer = api.ask(STATS + query, **options)
        return answer["statusCode"], json.loads(answer["body"])

    return ask


def test_every_stage_is_named_and_their_sum(ask, stored, sql_of):
    photos = [stored.photo(f"p{n}") for n in range(4)]
    stored.pending("waiting")
    for stage, photo in zip(("processing", "embedding", "ready"), photos, strict=False):
        sql_of.execute("UPDATE photos SET stage = %s WHERE id = %s", (stage, photo))

    status, told = ask()

    assert status == 200
    assert told["stats"] == ZERO | {
        **dict.fromkeys(("uploading", "uploaded", "processing", "embedding", "ready"), 1),
        "total": 5,
    }
    assert told["timestamp"].endswith("Z")


def test_who_has_nothing_is_told_of_nothing(ask):
    assert ask()[1]["stats"] == ZERO


def test_the_answer_may_be_kept_for_as_long_as_we_keep_it_by_nobody_but_whoever_asked(api, ask, stored):
    answer = api.ask(STATS)
    stored.photo("a")

    assert answer["headers"]["Cache-Control"] == "private, max-age=5"
    assert answer["headers"]["Vary"] == "Authorization"
    assert ask()[1] == json.loads(answer["body"])


def test_admins_see_all_and_everybody_else_only_what_is_theirs(ask, stored, world):
    stored.photo("a")
    stored.photo("b", caller=world.admin)

    assert ask("?scope=organization", who="admin")[1]["stats"]["uploaded"] == 2
    assert ask("?scope=actor", who="admin")[1]["stats"]["uploaded"] == 1
    assert ask(who="member")[1]["stats"]["uploaded"] == 1
    for _ in range(2):
        assert [ask("?scope=organization", who=who)[0] for who in ("member", "viewer")] == [403, 403]


def test_a_project_is_counted_by_itself(ask, stored, world):
    stored.photo("a")
    stored.photo("b", world.to_stop)

    assert ask(f"?project_id={world.project}")[1]["stats"]["total"] == 1


def test_another_organisation_sees_nothing_of_ours(ask, stored, world):
    stored.photo("a")

    told = ask(who="stranger", org=world.other_org)
    of_project = ask(f"?project_id={world.project}", who="stranger", org=world.other_org)

    assert told[1]["stats"] == of_project[1]["stats"] == ZERO


@pytest.mark.parametrize("who", ["gone", "nobody"])
def test_who_is_no_member_is_told_so(ask, who):
    assert ask(who=who)[0] == 403


@pytest.mark.parametrize("query", ["scope=everything", "project_id=1", "actor_id=member", "scope=organization'--"])
def test_a_query_is_refused_with(ask, query):
    status, told = ask(f"?{query}")

    assert (status, told["code"]) == (400, "validation_failed")
