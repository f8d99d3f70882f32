"""How the parts are made that show photos together."""

from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.parts import Parts

if TYPE_CHECKING:
    from shared.db.progress import PostgresProgress
    from shared.db.search import PhotoSearch
    from shared.db.telemetry import PostgresTelemetry


class ViewParts(Parts):
    @cached_property
    def progress(self) -> "PostgresProgress":
        from shared.db.progress import PostgresProgress  # noqa: PLC0415

        return PostgresProgress(self._database)

    @cached_property
    def telemetry(self) -> "PostgresTelemetry":
        from shared.db.telemetry import PostgresTelemetry  # noqa: PLC0415

        return PostgresTelemetry(self._database)

    @cached_property
    def search(self) -> "PhotoSearch":
        from shared.db.search import PhotoSearch  # noqa: PLC0415

        return PhotoSearch(self._database)
