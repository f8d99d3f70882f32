"""Who logs in to the embedded Postgres: never its owner, but one login for requests and one for our own work."""

import psycopg
from psycopg import sql

API, WORKER = "api", "worker"
ROLE_OF = {API: "keepsake_api", WORKER: "keepsake_worker"}

EXISTS = "SELECT 1 FROM pg_roles WHERE rolname = %(name)s"


def create(owner_url: str) -> None:
    """One login for each role that the migrations made."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for name, role in ROLE_OF.items():
            if connection.execute(EXISTS, {"name": name}).fetchone() is None:
                statement = sql.SQL("CREATE ROLE {} LOGIN IN ROLE {}")
                connection.execute(statement.format(sql.Identifier(name), sql.Identifier(role)))


def url_of(owner_url: str, login: str) -> str:
    """The same database for another login. The socket's folder lets in whoever may enter it."""
    return owner_url.replace("//postgres@", f"//{login}@", 1)
