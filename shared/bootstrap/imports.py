"""How the parts are made that fetch a venue's images."""

from functools import cached_property, partial
from typing import TYPE_CHECKING
from uuid import uuid4

from shared.bootstrap.parts import Parts
from shared.settings import DatabaseSettings, FetchSettings, ImportSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.db.venues import PostgresVenues
    from shared.fetch.address import Place
    from shared.fetch.client import Fetcher


class ImportParts(Parts):
    @cached_property
    def venues(self) -> "PostgresVenues":
        from shared.db.venues import PostgresVenues  # noqa: PLC0415

        return PostgresVenues(self._database, stage=self._get(DatabaseSettings).stage, new_id=uuid4)

    def import_pause(self, provider: str) -> float:
        return self._get(ImportSettings).import_pause(provider)

    @cached_property
    def fetcher(self) -> "Fetcher":
        from shared.fetch.client import Fetcher  # noqa: PLC0415

        # What a stranger answers says nothing of the providers that we have accounts with.
        return Fetcher(allow_private=self._get(FetchSettings).fetch_allowed, origin="source")

    @property
    def vet(self) -> "Callable[[str], Place]":
        from shared.fetch.address import vet  # noqa: PLC0415

        return partial(vet, allow=self._get(FetchSettings).fetch_allowed.__contains__)
