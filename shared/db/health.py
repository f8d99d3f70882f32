"""Whether the database answers, and with this version's shape."""

from shared.db.connection import Database, Question
from shared.errors import DatabaseUnavailable

PING = "SELECT count(*) AS migrations FROM schema_migrations"


class DatabaseHealth:
    """One cheap question."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def database(self) -> bool:
        """False where the database cannot be asked; a database without our tables is a bug, and raises."""
        try:
            return bool(self._database.ask(Question(PING, {})))
        except DatabaseUnavailable:
            return False
