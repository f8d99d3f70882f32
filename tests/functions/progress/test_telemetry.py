"""GET /api/telemetry: how long photos take, and what is waiting, of one's own organisation."""

import json

import pytest

NOTHING = {"count": 0, "p50": None, "p95": None, "p99": None}


@pytest.fixture
def ask(api):
    def ask(query="", **options):
        answer = api.ask("/api/telemetry" + query, **options)
        return answer["statusCode"], json.loads(answer["body"])

    return ask


@pytest.fixture
def timed(stored, sql_of, world):
    """Uploaded in 1, 2, 3 and 4 s, processed in ten times that, embedded in a hundred; the last one hours ago."""
    for n in range(1, 5):
        photo = stored.photo(f"p{n}")
        ago = f"{n * 5} minutes" if n < 4 else "3 hours"
        sql_of.execute("UPDATE photos SET uploaded_at = now() - %s::interval WHERE id = %s", (ago, photo))
        sql_of.execute(
            "UPDATE uploads u SET created_at = p.uploaded_at - %s * interval '1 second' FROM photos p"
            " WHERE p.id = u.id AND u.id = %s",
            (n, photo),
        )
        done = (
            "UPDATE stages s SET state = 'done', due_at = NULL, ended_at = p.uploaded_at + %s * interval '1 second'"
        )
        sql_of.execute(f"{done} FROM photos p WHERE p.id = s.photo_id AND p.id = %s", (n * 10, photo))
        sql_of.execute(
            "INSERT INTO stages (photo_id, stage, org_id, state, due_at, ended_at)"
            " SELECT photo_id, 'embed', org_id, 'done', NULL, ended_at + %s * interval '1 second' FROM stages"
            " WHERE photo_id = %s",
            (n * 100, photo),
        )


def test_percentiles_are_of_the_last_hour_and_of_the_last_day(ask, timed):
    status, told = ask()

    hour, day = told["latency_ms"]["last_hour"], told["latency_ms"]["last_day"]
    assert status == 200
    assert hour["upload"] == {"count": 3, "p50": 2000.0, "p95": 2900.0, "p99": 2980.0}
    assert day["upload"] == {"count": 4, "p50": 2500.0, "p95": 3850.0, "p99": 3970.0}
    assert (hour["processing"]["p50"], day["processing"]["p50"]) == (20000.0, 25000.0)
    assert (hour["embedding"]["p50"], day["embedding"]["p50"]) == (200000.0, 250000.0)


def test_what_there_is_nothing_of_is_named_all_the_same(ask):
    _, told = ask()

    assert told["latency_ms"]["last_hour"] == dict.fromkeys(("upload", "processing", "embedding"), NOTHING)
    assert told["queues"] == {
        "process": {"depth": 0, "oldest_seconds": None},
        "embed": {"depth": 0, "oldest_seconds": None},
        "parked": {"depth": 0, "oldest_seconds": None},
    }


def test_what_waits_is_counted_with_the_age_of_the_oldest(ask, stored, sql_of):
    oldest, _ = stored.photo("a"), stored.photo("b")
    parked = stored.pending("c")
    sql_of.execute("UPDATE stages SET due_at = now() - interval '90 seconds' WHERE photo_id = %s", (oldest,))
    since = "UPDATE uploads SET parked_key = 'k', created_at = now() - interval '1 hour' WHERE id = %s"
    sql_of.execute(since, (parked,))

    queues = ask()[1]["queues"]

    assert (queues["process"]["depth"], queues["embed"]["depth"], queues["parked"]["depth"]) == (2, 0, 1)
    assert 90 <= queues["process"]["oldest_seconds"] < 100
    assert 3600 <= queues["parked"]["oldest_seconds"] < 3700


def test_another_organisation_sees_nothing_of_ours(ask, timed, world):
    _, told = ask(who="stranger", org=world.other_org)

    assert told["latency_ms"]["last_day"]["upload"] == NOTHING


def test_viewers_and_strangers_are_not_shown_it(ask):
    assert [ask(who=who)[0] for who in ("member", "admin", "viewer", "gone", "nobody")] == [200, 200, 403, 403, 403]


def test_a_parameter_that_there_is_not_is_refused(ask):
    assert ask("?scope=organization")[0] == 400
