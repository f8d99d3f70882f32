"""Bring a database to this version: numbered files, each applied once, forward only, never edited afterwards."""

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg

FOLDER = Path(__file__).parent / "migrations"

# Any constant will do: it only has to be the same for everybody who migrates.
LOCK = "SELECT pg_advisory_lock(hashtextextended('keepsake.migrate', 0))"
UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('keepsake.migrate', 0))"

HISTORY = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name       text PRIMARY KEY,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now())
"""
HAS_HISTORY = "SELECT to_regclass('schema_migrations') IS NOT NULL"
APPLIED = "SELECT name, checksum FROM schema_migrations ORDER BY name"
RECORD = "INSERT INTO schema_migrations (name, checksum) VALUES (%(name)s, %(checksum)s)"


class MigrationRefused(Exception):
    """The files and the database's history contradict each other."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of the folder."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """Every numbered file, in the order of its number; two of one number are refused."""
    found = [Migration(path.name, path.read_text()) for path in sorted(folder.glob("[0-9]*.sql"))]
    numbers = [m.name.split("_")[0] for m in found]
    doubled = {n for n in numbers if numbers.count(n) > 1}
    if doubled:
        raise MigrationRefused(f"Two migrations share a number: {', '.join(sorted(doubled))}. Renumber one.")
    return found


def pending(known: dict[str, str], found: list[Migration]) -> list[Migration]:
    """What is still to do, after making sure that history was not rewritten."""
    gone = set(known) - {m.name for m in found}
    if gone:
        raise MigrationRefused(f"The database has {', '.join(sorted(gone))}, but the folder has not.")
    for migration in found:
        if known.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationRefused(
                f"{migration.name} was changed after it was applied. Put it back and write a new migration."
            )
    todo = [m for m in found if m.name not in known]
    last = max(known, default="")
    late = [m.name for m in todo if m.name < last]
    if late:
        raise MigrationRefused(f"{late[0]} is numbered before {last}, which is applied already. Renumber it.")
    return todo


def migrate(database_url: str, folder: Path = FOLDER) -> list[str]:
    """Apply what is missing, one transaction each, alone; return the names."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(LOCK)
        try:
            connection.execute(HISTORY)
            todo = pending(_known(connection), migrations(folder))
            for migration in todo:
                _apply(connection, migration)
        finally:
            connection.execute(UNLOCK)
    return [m.name for m in todo]


def check(database_url: str, folder: Path = FOLDER) -> list[str]:
    """Name what `migrate` would apply, and change nothing."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        (has_history,) = connection.execute(HAS_HISTORY).fetchone() or (False,)
        known = _known(connection) if has_history else {}
        return [m.name for m in pending(known, migrations(folder))]


def _known(connection: psycopg.Connection) -> dict[str, str]:
    return dict(connection.execute(APPLIED).fetchall())


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    with connection.transaction():
        connection.execute(migration.text)
        connection.execute(RECORD, {"name": migration.name, "checksum": migration.checksum})


def main(arguments: list[str], database_url: str | None) -> int:
    """`python -m sql.migrate [--check]`, on the database that DATABASE_URL names."""
    if database_url is None or arguments not in ([], ["--check"]):
        print("usage: DATABASE_URL=postgresql://… python -m sql.migrate [--check]", file=sys.stderr)
        return 2
    checking = arguments == ["--check"]
    try:
        names = check(database_url) if checking else migrate(database_url)
    except (MigrationRefused, psycopg.Error) as error:
        print(f"migrate: {error}", file=sys.stderr)
        return 1
    for name in names:
        print(f"{'pending' if checking else 'applied'} {name}")
    if not names:
        print("up to date")
    return 1 if checking and names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ.get("DATABASE_URL")))
