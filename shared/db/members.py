"""What may a member of an organisation see? No row at all means that whoever asks is no member."""

from collections.abc import Mapping
from typing import LiteralString

from psycopg.rows import DictRow

from shared.db.connection import Database, Question
from shared.errors import Forbidden
from shared.photos import Caller


def ask_as_member(
    database: Database, sql: LiteralString, caller: Caller, facts: Mapping[str, object], *before: Question
) -> list[DictRow]:
    """Ask what a member may ask; the question itself begins with his membership."""
    who = {"org_id": caller.org_id, "actor_id": caller.actor_id}
    rows = database.ask(*before, Question(sql, {**who, **facts}))
    if not rows:
        raise Forbidden.to_stranger()
    return rows
