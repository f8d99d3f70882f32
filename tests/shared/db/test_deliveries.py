"""Which deliveries an admin sees, and what sending one again changes."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.db.deliveries import PostgresDeliveries
from shared.db.hook_facts import HookVerdict
from shared.db.webhooks import PostgresWebhooks
from shared.photos import Caller

EVERY = ("due", "delivered", "dead")


@dataclass
class Here:
    """A webhook, its admin, and the questions."""

    deliveries: PostgresDeliveries
    webhooks: PostgresWebhooks
    admin: Caller
    sql: psycopg.Connection
    hook_id: UUID = field(default_factory=uuid4)

    def page(self, caller=None, **changes):
        asked = {"states": EVERY, "after": None, "limit": 100} | changes
        return self.deliveries.page(caller or self.admin, self.hook_id, **asked)

    def rows(self):
        return self.sql.execute("SELECT * FROM deliveries ORDER BY id").fetchall()


@pytest.fixture
def here(database, world, sql_of) -> Here:
    made = Here(PostgresDeliveries(database), PostgresWebhooks(database), world.admin, sql_of)
    made.webhooks.make(made.admin, made.hook_id, "https://hooks.example/", (), "whsec_AAAA")
    return made


@pytest.fixture
def told(here):
    """Ten deliveries: of each state some, and two of one moment."""
    here.sql.execute(
        "INSERT INTO deliveries (org_id, webhook_id, event_id, topic, payload, state, due_at, ended_at, created_at)"
        " SELECT %s, %s, gen_random_uuid(), 'photo.failed', '{}', s, CASE WHEN s = 'due' THEN now() END,"
        " CASE WHEN s <> 'due' THEN now() END, now() - n / 2 * interval '1 minute'"
        " FROM (SELECT n, (ARRAY['due', 'delivered', 'dead'])[1 + n %% 3] AS s FROM generate_series(1, 10) n) made",
        (here.admin.org_id, here.hook_id),
    )
    order = "SELECT id FROM deliveries ORDER BY created_at DESC, id DESC"
    return [found for (found,) in here.sql.execute(order).fetchall()]


def test_pages_show_each_delivery_once_and_the_newest_first(here, told):
    seen, after = [], None
    while found := here.page(after=after, limit=3)[1]:
        seen += [one.id for one in found]
        after = found[-1].created_at, found[-1].id

    assert seen == told


@pytest.mark.parametrize(("state", "count"), [("due", 3), ("delivered", 4), ("dead", 3)])
def test_a_state_can_be_asked_for(here, told, state, count):
    _, found = here.page(states=(state,))

    assert [one.state for one in found] == [state] * count
    assert [one.id for one in found] == [one for one in told if one in {each.id for each in found}]


@pytest.mark.parametrize(
    ("actor", "verdict"),
    [("member", HookVerdict.FORBIDDEN), ("gone", HookVerdict.STRANGER), ("boss", HookVerdict.NOT_FOUND)],
)
def test_who_is_no_admin_of_this_organisation_sees_and_moves_nothing(here, told, world, actor, verdict):
    here.sql.execute("INSERT INTO memberships VALUES (%s, 'boss', 'admin')", (world.other_org,))
    caller = Caller(actor, world.other_org if actor == "boss" else world.org)
    before = here.rows()

    assert here.page(caller) == (verdict, [])
    assert here.deliveries.resend(caller, told[0]) == (verdict, None)
    assert here.deliveries.test(caller, here.hook_id, uuid4()) == (verdict, None)
    assert here.rows() == before


def test_what_does_not_exist_is_not_found(here):
    here.hook_id = uuid4()

    assert here.page() == (HookVerdict.NOT_FOUND, [])
    assert here.deliveries.resend(here.admin, uuid4()) == (HookVerdict.NOT_FOUND, None)
    assert here.deliveries.test(here.admin, here.hook_id, uuid4()) == (HookVerdict.NOT_FOUND, None)


def test_a_webhook_that_was_told_nothing_has_an_empty_page(here):
    assert here.page() == (HookVerdict.GO, [])


@pytest.mark.parametrize("state", EVERY)
def test_a_delivery_is_sent_again_at_once_whatever_became_of_it(here, told, state):
    here.sql.execute("UPDATE deliveries SET tries = 6, due_at = due_at + interval '6 hours'")
    here.sql.execute("UPDATE webhooks SET resume_at = now() + interval '6 hours'")
    one = here.page(states=(state,))[1][0]

    verdict, again = here.deliveries.resend(here.admin, one.id)

    assert (verdict, again.state, again.tries, again.event_id) == (HookVerdict.GO, "due", 0, one.event_id)
    now = "SELECT due_at <= now(), ended_at FROM deliveries WHERE id = %s"
    assert here.sql.execute(now, (one.id,)).fetchone() == (True, None)
    assert here.sql.execute("SELECT resume_at FROM webhooks").fetchone() == (None,)


def test_nothing_is_sent_to_a_webhook_that_has_ended(here, told):
    here.webhooks.end(here.admin, here.hook_id)

    assert here.deliveries.resend(here.admin, told[0]) == (HookVerdict.ENDED, None)
    assert here.deliveries.test(here.admin, here.hook_id, uuid4()) == (HookVerdict.ENDED, None)


def test_a_test_is_sent_whatever_the_topics_are_and_once_for_one_event(here):
    here.sql.execute("UPDATE webhooks SET topics = '{photo.failed}'")
    event_id = uuid4()

    first, again = (here.deliveries.test(here.admin, here.hook_id, event_id) for _ in range(2))

    assert first == again
    assert (first[1].topic, first[1].payload) == ("webhook.test", {"webhook_id": str(here.hook_id)})
