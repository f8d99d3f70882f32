"""What do the counts of progress cost to read beside counting, and to keep beside not keeping them? Prints both."""

import sys
from hashlib import sha256
from itertools import count
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

import psutil
import psycopg

from shared.db.connection import Database, Question
from shared.db.ledger import PostgresLedger
from shared.db.progress import STATS
from shared.photos import (
    Caller,
    Commit,
    Declared,
    Door,
    ImageFacts,
    Intention,
    RatePolicy,
    Reply,
    StoredObject,
    StoreName,
    Target,
    Terms,
)
from tests.support.crowd import crowd, server

FEW, MANY = 10_000, 1_000_000
READS, WRITES, ROUNDS = 15, 60, 9
COUNTED = """
SELECT count(*) FILTER (WHERE stage = 'uploaded'), count(*) FILTER (WHERE stage = 'processing'),
       count(*) FILTER (WHERE stage = 'embedding'), count(*) FILTER (WHERE stage = 'ready'),
       count(*) FILTER (WHERE stage = 'failed')
  FROM photos WHERE org_id = md5('o')::uuid AND actor_id = 'a' AND deleted_at IS NULL
"""
COUNTERS = {
    "uploads": ("uploads_count_new", "uploads_count_progress"),
    "photos": ("photos_count_new", "photos_count_progress"),
}
TERMS = Terms(RatePolicy("bench", 10**6, 1e6), 60, 3_600, exclusive=True)
NUMBERS = count()


def clocked(database: Database, sql: str, params: dict[str, object]) -> float:
    started = perf_counter()
    database.ask(Question(sql, params))
    return perf_counter() - started


def read(few: str, many: str, org: UUID) -> tuple[float, ...]:
    """Seconds of the kept counts of few and of many, and of counting the many, interleaved."""
    of_few, of_many = Database(few), Database(many)
    who = {"org_id": org, "actor_id": "a", "only_actor": "a", "project_id": None}
    rounds = [
        (clocked(of_few, STATS, who), clocked(of_many, STATS, who), clocked(of_many, COUNTED, {}))
        for _ in range(READS)
    ]
    of_few.close()
    of_many.close()
    return tuple(median(each) for each in zip(*rounds, strict=True))


def uploads(server_side: psutil.Process, ledger: PostgresLedger, caller: Caller, project: UUID) -> float:
    """What some uploads, each claimed and committed, take of the server's processor."""
    started = sum(server_side.cpu_times()[:2])
    for _ in range(WRITES):
        digest = sha256(str(next(NUMBERS)).encode()).hexdigest()
        declared = Declared("a.jpg", 2_048, "image/jpeg", digest)
        intention = Intention(Door.FORM, digest, Target(project_id=project), declared)
        attempt = ledger.claim(caller, [intention], TERMS)[0].attempt
        assert attempt
        stored = StoredObject(StoreName.S3, attempt.object_name, 2_048, "image/jpeg", digest, version="v")
        image = ImageFacts("image/jpeg", 40, 30)
        ledger.commit(Commit(attempt, f"bytes:{digest}", stored, image, Reply(201, {"store": "s3"})))
    return sum(server_side.cpu_times()[:2]) - started


def written(url: str, caller: Caller, project: UUID) -> tuple[float, float]:
    """Seconds with the counters, and without them, interleaved."""
    database = Database(url)
    server_side = psutil.Process(database.ask(Question("SELECT pg_backend_pid() AS pid", {}))[0]["pid"])
    ledger = PostgresLedger(database, stage="bench", new_id=uuid4)
    pairs = []
    for _ in range(ROUNDS):
        switch(url, "ENABLE")
        with_them = uploads(server_side, ledger, caller, project)
        switch(url, "DISABLE")
        pairs.append((with_them, uploads(server_side, ledger, caller, project)))
    database.close()
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def switch(url: str, way: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for table, triggers in COUNTERS.items():
            for trigger in triggers:
                connection.execute(f"ALTER TABLE {table} {way} TRIGGER {trigger}")


def main() -> None:
    with server() as url:
        few, many = crowd(url, FEW), crowd(url, MANY)
        with psycopg.connect(few) as connection:
            org, project = connection.execute("SELECT md5('o')::uuid, md5('p1')::uuid").fetchone() or ()
        of_few, of_many, counting = read(few, many, org)
        kept, unkept = written(few, Caller("a", org), project)
    say = sys.stdout.write
    say(f"stats: {of_few * 1000:.2f} ms at {FEW}, {of_many * 1000:.2f} ms at {MANY}, ratio {of_many / of_few:.2f}\n")
    say(f"stats / count(*) filter at {MANY}: {of_many / counting:.4f} (goal 0.005)\n")
    each = f"{kept / WRITES * 1000:.2f} ms, without {unkept / WRITES * 1000:.2f} ms"
    say(f"an upload with counters: {each}, ratio {kept / unkept:.2f} (goal 1.3)\n")


if __name__ == "__main__":
    main()
