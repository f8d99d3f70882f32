"""Which deliveries a courier gets, and who has the last word on one."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from shared.db.connection import Database
from shared.db.courier import TAKE_DELIVERIES, PostgresCourier
from shared.db.hook_facts import Failure

DELAYS = (60.0, 300.0)
FAILED = Failure(status=500, error="no", rest=10, over=False)

FILL = """
INSERT INTO webhooks (id, org_id, url, secret)
SELECT md5('w' || n)::uuid, %(org)s, 'https://hooks.example', 'whsec_' FROM generate_series(1, 2000) n;
INSERT INTO deliveries (org_id, webhook_id, event_id, topic, payload, state, due_at, ended_at)
SELECT %(org)s, md5('w' || 1 + n % 2000)::uuid, gen_random_uuid(), 't', '{}',
       CASE WHEN waits THEN 'due' ELSE 'delivered' END, CASE WHEN waits THEN now() END,
       CASE WHEN NOT waits THEN now() END
  FROM (SELECT n, n % 100 = 0 AS waits FROM generate_series(1, 20000) n) drawn;
ANALYZE;
"""


@pytest.fixture
def courier(database) -> PostgresCourier:
    return PostgresCourier(database)


@pytest.fixture
def hook(world, sql_of):
    """Make a webhook to which so many events are due."""

    def make(count: int = 1) -> UUID:
        made = uuid4()
        statement = (
            "INSERT INTO webhooks (id, org_id, url, secret) VALUES (%s, %s, 'https://hooks.example', 'whsec_')"
        )
        sql_of.execute(statement, (made, world.org))
        sql_of.execute(
            "INSERT INTO deliveries (org_id, webhook_id, event_id, topic, payload, due_at)"
            " SELECT %s, %s, gen_random_uuid(), 't', '{}', now() - n * interval '1 second'"
            " FROM generate_series(1, %s) n",
            (world.org, made, count),
        )
        return made

    return make


def state(sql_of):
    return sql_of.execute("SELECT state, tries, last_status FROM deliveries").fetchone()


def test_what_one_courier_holds_no_other_gets_not_even_while_the_first_is_still_asking(
    courier, hook, database_url, sql_of
):
    hook(5)
    held = {due.id for due in courier.take(2, 9, DELAYS)}

    with sql_of.transaction():
        sql_of.execute("SELECT FROM deliveries WHERE tries = 0 ORDER BY due_at LIMIT 1 FOR UPDATE")
        other = Database(database_url)
        found = {due.id for due in PostgresCourier(other).take(9, 9, DELAYS)}
        other.close()

    assert (len(held), len(found), held & found) == (2, 2, set())


def test_each_webhook_gets_its_share_however_much_is_due_to_another(courier, hook):
    greedy, modest = hook(50), hook(1)

    taken = courier.take(10, 4, DELAYS)

    assert sorted((due.webhook_id == modest) for due in taken) == [False] * 4 + [True]
    assert {due.webhook_id for due in taken} == {greedy, modest}


def test_no_more_are_taken_than_can_be_carried_and_the_oldest_first(courier, hook, sql_of):
    for _ in range(3):
        hook(4)
    order = "SELECT id FROM deliveries ORDER BY due_at LIMIT 5"
    oldest = {found for (found,) in sql_of.execute(order).fetchall()}

    assert {due.id for due in courier.take(5, 4, DELAYS)} == oldest


def test_a_webhook_that_rests_is_left_in_peace(courier, hook, sql_of):
    resting, awake = hook(1), hook(1)
    sql_of.execute("UPDATE webhooks SET resume_at = now() + interval '1 minute' WHERE id = %s", (resting,))

    assert [due.webhook_id for due in courier.take(9, 9, DELAYS)] == [awake]


def test_after_the_last_delay_of_the_table_it_stays_the_same(courier, hook, sql_of):
    hook()
    for _ in range(3):
        courier.take(1, 1, DELAYS)
        pause = sql_of.execute("SELECT extract(epoch FROM due_at - now())::int / 10 FROM deliveries").fetchone()
        sql_of.execute("UPDATE deliveries SET due_at = now()")

    assert pause in {(29,), (30,)}


def test_what_is_due_to_a_webhook_that_has_ended_dies_unsent(courier, hook, sql_of):
    hook(3)
    sql_of.execute("UPDATE webhooks SET ended_at = now(), ended_why = 'deleted'")

    taken = courier.take(9, 9, DELAYS)

    assert [due.ended for due in taken] == [True] * 3
    assert state(sql_of) == ("dead", 0, None)
    assert courier.take(9, 9, DELAYS) == []


def test_each_end_is_written_once(courier, hook, sql_of):
    hook()
    (due,) = courier.take(1, 1, DELAYS)

    courier.delivered(due, 200)
    courier.not_delivered(due, replace(FAILED, over=True))
    courier.refused_for_good(due, 410, "gone")

    assert state(sql_of) == ("delivered", 1, 200)


def test_who_was_overtaken_has_no_say_any_more(courier, hook, sql_of):
    hook()
    (late,) = courier.take(1, 1, DELAYS)
    sql_of.execute("UPDATE deliveries SET due_at = now()")
    (holder,) = courier.take(1, 1, DELAYS)

    courier.delivered(late, 200)
    between = state(sql_of)
    courier.not_delivered(holder, FAILED)

    assert between == ("due", 2, None)
    assert state(sql_of) == ("due", 2, 500)


def test_a_failure_lets_the_webhook_rest_but_never_shortens_a_rest(courier, hook, sql_of):
    hook(2)
    first, second = courier.take(2, 2, DELAYS)

    courier.not_delivered(first, replace(FAILED, rest=3_600))
    courier.not_delivered(second, FAILED)

    assert sql_of.execute("SELECT resume_at > now() + interval '50 minutes' FROM webhooks").fetchone() == (True,)


def test_taking_never_reads_all_deliveries(sql_of, world):
    for statement in FILL.replace("%(org)s", f"'{world.org}'").split(";\n"):
        sql_of.execute(statement.encode())
    plain = TAKE_DELIVERIES.replace("%(delays)s", "$1").replace("%(each)s", "$2").replace("%(limit)s", "$3")

    plan = "\n".join(line for (line,) in sql_of.execute(f"EXPLAIN (GENERIC_PLAN) {plain}".encode()).fetchall())

    assert "on deliveries" in plan
    assert "Seq Scan on deliveries" not in plan
