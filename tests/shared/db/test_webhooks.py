"""Who may make, see and end webhooks, and what the database keeps of them."""

from uuid import uuid4

import psycopg
import pytest

from shared.db.hook_facts import MOST_WEBHOOKS, HookVerdict
from shared.db.webhooks import PostgresWebhooks
from shared.photos import Caller

URL = "https://hooks.example/photos"


@pytest.fixture
def webhooks(database, world) -> PostgresWebhooks:
    return PostgresWebhooks(database)


def make(webhooks, caller, hook_id=None, **changes):
    facts = {"url": URL, "topics": ("photo.failed",), "secret": "whsec_AAAA"} | changes
    return webhooks.make(caller, hook_id or uuid4(), **facts)


NOT_ADMINS = {
    "a member": ("member", HookVerdict.FORBIDDEN),
    "a viewer": ("viewer", HookVerdict.FORBIDDEN),
    "somebody unknown": ("nobody", HookVerdict.STRANGER),
    "one who was put out": ("gone", HookVerdict.STRANGER),
}


@pytest.mark.parametrize("who", NOT_ADMINS)
def test_webhooks_are_not_for(who, webhooks, world):
    actor, verdict = NOT_ADMINS[who]
    _, hook = make(webhooks, world.admin)
    caller = Caller(actor, world.org)

    assert make(webhooks, caller) == (verdict, None)
    assert webhooks.all(caller) == (verdict, [])
    assert webhooks.end(caller, hook.id) == (verdict, None)
    assert webhooks.all(world.admin)[1][0].ended_at is None


def test_an_admin_makes_sees_and_ends_one(webhooks, world):
    verdict, hook = make(webhooks, world.admin)
    seen = webhooks.all(world.admin)
    _, ended = webhooks.end(world.admin, hook.id)
    _, again = webhooks.end(world.admin, hook.id)

    assert (verdict, hook.url, hook.topics, hook.secret) == (HookVerdict.GO, URL, ("photo.failed",), "whsec_AAAA")
    assert [(one.id, one.secret) for one in seen[1]] == [(hook.id, "")]
    assert (ended.ended_why, ended.ended_at) == ("deleted", again.ended_at)


def test_the_same_id_again_is_the_same_webhook_with_the_secret_it_has(webhooks, world):
    hook_id = uuid4()
    _, first = make(webhooks, world.admin, hook_id, secret="whsec_AAAA")

    verdict, again = make(webhooks, world.admin, hook_id, secret="whsec_BBBB")

    assert (verdict, again) == (HookVerdict.REPLAY, first)


@pytest.mark.parametrize("other", [{"url": URL + "/x"}, {"topics": ()}])
def test_the_same_id_for_something_else_is_refused(webhooks, world, other):
    hook_id = uuid4()
    make(webhooks, world.admin, hook_id)

    assert make(webhooks, world.admin, hook_id, **other) == (HookVerdict.REUSED, None)


def test_an_organisation_has_only_so_many_that_live(webhooks, world):
    hooks = [make(webhooks, world.admin)[1] for _ in range(MOST_WEBHOOKS)]

    full, _ = make(webhooks, world.admin)
    replayed, _ = make(webhooks, world.admin, hooks[0].id)
    webhooks.end(world.admin, hooks[0].id)
    room, _ = make(webhooks, world.admin)

    assert (full, replayed, room) == (HookVerdict.FULL, HookVerdict.REPLAY, HookVerdict.GO)


def test_no_admin_sees_or_ends_what_another_organisation_has(webhooks, world, sql_of):
    sql_of.execute("INSERT INTO memberships VALUES (%s, 'boss', 'admin')", (world.other_org,))
    boss = Caller("boss", world.other_org)
    _, hook = make(webhooks, world.admin)

    assert webhooks.all(boss) == (HookVerdict.GO, [])
    assert webhooks.end(boss, hook.id) == (HookVerdict.NOT_FOUND, None)
    assert make(webhooks, boss, hook.id) == (HookVerdict.REUSED, None)


@pytest.mark.parametrize(
    ("topic", "told"), [("photo.committed", 2), ("photo.failed", 1), ("photo.detect", 0), ("venue.whatever", 0)]
)
def test_an_event_is_due_to_every_webhook_that_asked_for_it_and_to_no_other(world, sql_of, topic, told):
    rows = [(world.org, ["photo.committed"]), (world.org, []), (world.other_org, [])]
    for org, topics in rows:
        statement = "INSERT INTO webhooks (id, org_id, url, secret, topics) VALUES (%s, %s, %s, 'whsec_', %s)"
        sql_of.execute(statement, (uuid4(), org, URL, topics))
    sql_of.execute("UPDATE webhooks SET ended_at = NULL")
    ended = "INSERT INTO webhooks (id, org_id, url, secret, ended_at, ended_why)"
    sql_of.execute(f"{ended} VALUES (%s, %s, %s, 'whsec_', now(), 'gone')", (uuid4(), world.org, URL))

    row = sql_of.execute(
        "INSERT INTO outbox (org_id, topic, payload) VALUES (%s, %s, '{}') RETURNING event_id, created_at",
        (world.org, topic),
    ).fetchone()

    assert sql_of.execute("SELECT event_id, created_at FROM deliveries").fetchall() == [row] * told


NONSENSE = {
    "a webhook that ended for no reason": "UPDATE webhooks SET ended_at = now()",
    "a webhook whose secret is none": "UPDATE webhooks SET secret = 'hunter2'",
    "a delivery that ended and is due": "UPDATE deliveries SET ended_at = now()",
    "a dead delivery that is due again": "UPDATE deliveries SET state = 'dead', ended_at = now()",
    "the same event twice for one webhook": "INSERT INTO deliveries (org_id, webhook_id, event_id, topic, payload)"
    " SELECT org_id, webhook_id, event_id, topic, payload FROM deliveries",
}


@pytest.mark.parametrize("what", NONSENSE)
def test_the_database_refuses(webhooks, world, sql_of, what):
    make(webhooks, world.admin, topics=())
    sql_of.execute("INSERT INTO outbox (org_id, topic, payload) VALUES (%s, 'photo.failed', '{}')", (world.org,))

    with pytest.raises(psycopg.errors.IntegrityError):
        sql_of.execute(NONSENSE[what])
