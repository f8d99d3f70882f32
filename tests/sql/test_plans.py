"""No question of the product walks through a whole table, however many uploads there are."""

import importlib
import json
import pkgutil
import re

import shared.db

LARGE = {
    "uploads",
    "attempts",
    "photos",
    "outbox",
    "memberships",
    "rate_buckets",
    "hunt_progress",
    "stages",
    "embeddings",
    "progress_counts",
    "progress_events",
}
ROWS = 20_000

FILL = f"""
INSERT INTO organizations (id, name) SELECT md5('o' || n)::uuid, 'o' FROM generate_series(1, 2000) n;
INSERT INTO memberships SELECT md5('o' || n)::uuid, 'a' || n, 'member' FROM generate_series(1, 2000) n;
INSERT INTO projects (id, org_id, name) SELECT md5('p' || n)::uuid, md5('o' || n)::uuid, 'p'
  FROM generate_series(1, 2000) n;
INSERT INTO hunts (id, org_id, name) SELECT id, id, 'h' FROM organizations;
INSERT INTO teams (id, org_id, hunt_id, name) SELECT id, id, id, 't' FROM organizations;
INSERT INTO locations (id, org_id, hunt_id, title) SELECT id, id, id, 'l' FROM organizations;
INSERT INTO hunt_progress (team_id, location_id, org_id) SELECT id, id, id FROM organizations;
INSERT INTO uploads (id, org_id, actor_id, door, idem_key, fingerprint, project_id, store, file_name, size, mime,
                     state, photo_id, resp_status, resp_body, finished_at, lease_token, lease_until, next_retry_at)
SELECT md5('u' || n)::uuid, md5('o' || 1 + n % 2000)::uuid, 'a' || 1 + n % 2000, 'form', 'k' || n,
       sha256(n::text::bytea), md5('p' || 1 + n % 2000)::uuid, 's3', 'f', 1, 'image/jpeg',
       CASE WHEN open THEN 'open' ELSE 'committed' END, CASE WHEN NOT open THEN md5('u' || n)::uuid END,
       CASE WHEN NOT open THEN 201 END, CASE WHEN NOT open THEN '{{}}'::json END, CASE WHEN NOT open THEN now() END,
       gen_random_uuid(), CASE WHEN open THEN now() END, CASE WHEN open THEN now() END
  FROM (SELECT n, n % 200 = 0 AS open FROM generate_series(1, {ROWS}) n) drawn;
INSERT INTO attempts (id, upload_id, attempt_no, store, object_name, reap_after, state, bytes, committed_at,
                      condemned_at, next_look_at)
SELECT md5('a' || id)::uuid, id, 1, 's3', 'n/' || id, now(), CASE WHEN lost THEN 'condemned' ELSE 'committed' END,
       1, now(), CASE WHEN lost THEN now() END, CASE WHEN lost THEN now() END
  FROM (SELECT id, state = 'open' AS lost FROM uploads) drawn;
INSERT INTO photos (id, org_id, actor_id, project_id, attempt_id, upload_seq, file_name, bytes, sha256, mime,
                    width, height)
SELECT u.id, u.org_id, u.actor_id, u.project_id, a.id, u.seq, 'f', 1, sha256(u.id::text::bytea), 'image/jpeg', 1, 1
  FROM uploads u JOIN attempts a ON a.upload_id = u.id WHERE u.state = 'committed';
INSERT INTO outbox (org_id, topic, payload, published_at)
SELECT org_id, 't', '{{}}', CASE WHEN state = 'committed' THEN now() END FROM uploads;
UPDATE stages SET state = 'done', due_at = NULL, ended_at = now() WHERE photo_id::text < 'ff';
INSERT INTO stages (photo_id, stage, org_id, state, due_at, ended_at, error_type)
SELECT photo_id, 'embed', org_id, state, due_at, ended_at, CASE WHEN photo_id::text < '01' THEN 'embedding_off' END
  FROM stages;
DROP INDEX embeddings_by_likeness;
INSERT INTO embeddings (photo_id, org_id, model, embedding)
SELECT photo_id, org_id, 'm', array_fill(0.03, ARRAY[1024])::vector FROM stages WHERE stage = 'embed' LIMIT 5000;
INSERT INTO rate_buckets SELECT 'k' || n, 1, now(), true FROM generate_series(1, {ROWS}) n;
ANALYZE;
"""

QUESTIONS = {
    f"{module.name}.{name}": value
    for module in pkgutil.iter_modules(shared.db.__path__)
    for name, value in vars(importlib.import_module(f"shared.db.{module.name}")).items()
    if name.isupper() and not name.startswith("_") and type(value) is str
}


INDEXES_OF_WHAT_IS_DUE = (
    "uploads_due",
    "outbox_due",
    "attempts_to_reap",
    "uploads_open_by_lease",
    "stages_due",
    "stages_put_off",
)


def test_every_question_is_served_by_an_index_and_those_of_what_is_due_stay_small(sql_of):
    sql_of.execute(FILL)

    walked = {name: found for name, text in QUESTIONS.items() if (found := _walked(sql_of, text))}
    due = dict(sql_of.execute("SELECT relname, reltuples FROM pg_class WHERE relkind = 'i'").fetchall())

    assert walked == {}
    assert {name: due[name] for name in INDEXES_OF_WHAT_IS_DUE if due[name] > ROWS / 100} == {}


def _walked(connection, text):
    """The large tables that the planner means to read from one end to the other."""
    numbers = {}
    plain = re.sub(r"%\((\w+)\)s", lambda m: f"${numbers.setdefault(m[1], len(numbers) + 1)}", text)
    plan = connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {plain.replace('%%', '%')}").fetchone()[0]
    found = set()

    def visit(node):
        if node["Node Type"] == "Seq Scan":
            found.add(node["Relation Name"])
        for child in node.get("Plans", ()):
            visit(child)

    visit(plan[0]["Plan"] if isinstance(plan, list) else json.loads(plan)[0]["Plan"])
    return found & LARGE
