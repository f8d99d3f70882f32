"""Rows that only tell of what was go when they are old; what is younger, or not over yet, stays."""

from uuid import uuid4

import pytest

from shared.uploads.retention import RULES

# One row that is old enough and one that is not: how each comes to be, and its rule.
PLAIN = {
    "retry_logs": (
        (
            "INSERT INTO retry_logs (org_id, source, created_at)"
            " VALUES (%(org)s, 'schedule', now() - %(age)s::interval)"
        ),
        ("31 days", "29 days"),
    ),
    "progress_events": (
        (
            "INSERT INTO progress_events (org_id, actor_id, photo_id, kind, at)"
            " VALUES (%(org)s, 'a', gen_random_uuid(), 'uploaded', now() - %(age)s::interval)"
        ),
        ("49 hours", "47 hours"),
    ),
    "outbox": (
        (
            "INSERT INTO outbox (org_id, topic, payload, published_at)"
            " VALUES (%(org)s, 't', '{}', now() - %(age)s::interval)"
        ),
        ("8 days", "6 days"),
    ),
    "deliveries": (
        (
            "INSERT INTO deliveries (org_id, webhook_id, event_id, topic, payload, state, due_at, ended_at)"
            " VALUES (%(org)s, %(webhook)s, gen_random_uuid(), 't', '{}', 'delivered', NULL,"
            " now() - %(age)s::interval)"
        ),
        ("31 days", "29 days"),
    ),
    "rate_buckets": (
        "INSERT INTO rate_buckets VALUES (%(age)s::text, 1, now() - %(age)s::text::interval, true)",
        ("49 hours", "47 hours"),
    ),
    "allowances": (
        (
            "INSERT INTO allowances (id, org_id, actor_id, expires_at)"
            " VALUES (gen_random_uuid(), %(org)s, 'a', now() - %(age)s::interval)"
        ),
        ("31 days", "29 days"),
    ),
    "audits": (
        (
            "INSERT INTO audits (source, state, began_at, ended_at)"
            " VALUES ('schedule', 'done', now() - %(age)s::interval, now())"
        ),
        ("401 days", "399 days"),
    ),
    "incidents": (
        "INSERT INTO incidents (kind, ended_at) VALUES ('k', now() - %(age)s::interval)",
        ("401 days", "399 days"),
    ),
}


@pytest.mark.parametrize("rule", PLAIN)
def test_what_is_old_goes_and_what_is_younger_stays(sql_of, world, sweep, rule):
    insert, (old, young) = PLAIN[rule]
    facts = {"org": world.org, "webhook": uuid4()}
    sql_of.execute(
        "INSERT INTO webhooks (id, org_id, url, secret)"
        " VALUES (%(webhook)s, %(org)s, 'https://a.example/', 'whsec_x')",
        facts,
    )
    for age in (old, young):
        sql_of.execute(insert, facts | {"age": age})
    before = sql_of.execute(f"SELECT count(*) FROM {rule}").fetchone()[0]

    gone, onward = sweep(rule)

    assert (gone, onward, sql_of.execute(f"SELECT count(*) FROM {rule}").fetchone()[0]) == (1, None, before - 1)
    assert sweep(rule) == (0, None)


def test_what_is_not_over_does_not_grow_old(sql_of, world, sweep):
    sql_of.execute(
        "INSERT INTO outbox (org_id, topic, payload, created_at) VALUES (%s, 't', '{}', '2020-01-01')", (world.org,)
    )
    sql_of.execute("INSERT INTO incidents (kind, began_at) VALUES ('k', '2020-01-01')")
    sql_of.execute("INSERT INTO audits (source, began_at) VALUES ('manual', '2020-01-01')")
    sql_of.execute("INSERT INTO allowances (id, org_id, max_files) VALUES (%s, %s, 1)", (world.org, world.org))

    assert {sweep(rule)[0] for rule in ("outbox", "incidents", "audits", "allowances")} == {0}


def test_findings_go_before_the_audit_that_made_them(sql_of, sweep):
    sql_of.execute(
        "INSERT INTO audits (source, state, began_at, ended_at) VALUES ('manual', 'done', '2020-01-01', now())"
    )
    sql_of.execute(
        "INSERT INTO audit_findings (audit_id, kind, store, object_name) SELECT id, 'orphan', 's3', n::text"
        " FROM audits, generate_series(1, 3) n"
    )

    assert sweep("audits") == (0, None)
    assert sweep("audit_findings", limit=2) == (2, "")
    assert sweep("audit_findings", limit=2) == (1, None)
    assert sweep("audits") == (1, None)


def test_buckets_are_walked_to_their_end_whichever_of_them_are_old(sql_of, sweep):
    for n in range(7):
        age = "3 days" if n % 3 == 0 else "1 minute"
        sql_of.execute("INSERT INTO rate_buckets VALUES (%s, 1, now() - %s::interval, true)", (f"k{n}", age))

    gone, onward, after = [], "", ""
    while onward is not None:
        count, onward = sweep("rate_buckets", 2, after)
        gone.append(count)
        after = onward

    assert (sum(gone), len(gone)) == (3, 4)
    assert sql_of.execute("SELECT count(*) FROM rate_buckets").fetchone() == (4,)


def test_every_rule_has_its_question(sweep):
    assert [sweep(rule) for rule in RULES] == [(0, None)] * len(RULES)
