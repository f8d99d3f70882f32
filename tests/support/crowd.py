"""What a benchmark fills a database with: any number of uploads and photos of one member."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from local import postgres
from sql.migrate import migrate

ORG = "md5('o')::uuid"

# Without triggers, which would take hours for a million rows; what they would have counted is counted at the end.
PEOPLE = """
SET session_replication_role = replica;
INSERT INTO organizations (id, name) VALUES (md5('o')::uuid, 'o');
INSERT INTO memberships VALUES (md5('o')::uuid, 'a', 'admin');
INSERT INTO projects (id, org_id, name)
SELECT md5('p' || n)::uuid, md5('o')::uuid, 'p' FROM generate_series(0, 19) n;
"""
UPLOADS = """
INSERT INTO uploads (id, org_id, actor_id, door, idem_key, fingerprint, project_id, store, file_name, size, mime,
                     created_at, state, photo_id, resp_status, resp_body, finished_at, lease_token, parked_key,
                     next_retry_at)
SELECT md5('u' || n)::uuid, md5('o')::uuid, 'a', 'form', 'k' || n, sha256(n::text::bytea), md5('p' || n %% 20)::uuid,
       's3', 'f', 1, 'image/jpeg', now() - (n %% 86400) * interval '1 second',
       CASE WHEN due THEN 'open' ELSE 'committed' END, CASE WHEN NOT due THEN md5('u' || n)::uuid END,
       CASE WHEN NOT due THEN 201 END, CASE WHEN NOT due THEN '{}'::json END, CASE WHEN NOT due THEN now() END,
       gen_random_uuid(), CASE WHEN due THEN 'n/' || md5('u' || n)::uuid END,
       CASE WHEN due THEN now() - n * interval '1 microsecond' END
  FROM (SELECT n, n %% 100 = 0 AS due FROM generate_series(1, %(rows)s) n) drawn
"""
ATTEMPTS = """
INSERT INTO attempts (id, upload_id, attempt_no, store, object_name, reap_after, state, bytes, committed_at)
SELECT id, id, 1, 's3', 'n/' || id, now(), CASE state WHEN 'open' THEN 'intent' ELSE 'committed' END, 1, now()
  FROM uploads
"""
PHOTOS = """
INSERT INTO photos (id, org_id, actor_id, project_id, attempt_id, upload_seq, file_name, bytes, sha256, mime, width,
                    height, uploaded_at, stage, words)
SELECT id, org_id, actor_id, project_id, id, seq, 'f', 1, sha256(id::text::bytea), 'image/jpeg', 1, 1, created_at,
       (ARRAY['uploaded', 'processing', 'embedding', 'ready', 'ready', 'ready', 'failed'])[1 + seq % 7],
       array_to_tsvector(ARRAY[':' || org_id]) || to_tsvector('simple', 'photo jpg n' || seq)
  FROM uploads WHERE state = 'committed'
"""
STAGES = """
INSERT INTO stages (photo_id, stage, org_id, state, due_at, hint_at, ended_at, created_at)
SELECT id, 'process', org_id, CASE WHEN due THEN 'due' ELSE 'done' END, CASE WHEN due THEN uploaded_at END,
       now() - upload_seq * interval '1 microsecond', CASE WHEN NOT due THEN uploaded_at + interval '1 second' END,
       uploaded_at
  FROM (SELECT *, stage = 'uploaded' AND upload_seq % 3 = 0 AS due FROM photos) drawn
"""
COUNTS = """
INSERT INTO progress_counts
SELECT org_id, actor_id, project_id, stage, 0, count(*)
  FROM (SELECT org_id, actor_id, project_id, stage FROM photos WHERE deleted_at IS NULL
         UNION ALL
        SELECT org_id, actor_id, project_id, 'uploading' FROM uploads WHERE state = 'open') each
 GROUP BY org_id, actor_id, project_id, stage
"""


@contextmanager
def server() -> Iterator[str]:
    """A Postgres of the benchmark's own, that keeps nothing."""
    folder = Path(tempfile.mkdtemp(prefix="ks-"))
    url = postgres.start(folder / "pg")
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        postgres.end(folder / "pg")
        shutil.rmtree(folder, ignore_errors=True)


def crowd(server_url: str, rows: int) -> str:
    """A migrated database with so many uploads in it, one in a hundred of them parked and due."""
    name = f"crowd_{rows}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = server_url.replace("/keepsake?", f"/{name}?")
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(PEOPLE)
        for statement in (UPLOADS, ATTEMPTS, PHOTOS, STAGES, COUNTS):
            connection.execute(statement, {"rows": rows} if statement is UPLOADS else None)
        connection.execute("VACUUM ANALYZE")
    sys.stdout.write(f"filled a database with {rows} uploads\n")
    return url
