"""What fetches a venue's images from the addresses that strangers name."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from shared.photos import Caller, ImageStatus, Source, Terms, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from shared.db.venue_facts import Again, ImageState, Known
    from shared.fetch.address import Place
    from shared.fetch.client import Fetched


class Venues(Protocol):
    """What a venue has from which address; see `shared.db.venues`."""

    def known(self, caller: Caller, venue_id: UUID, urls: Sequence[str]) -> "tuple[Verdict, dict[str, Known]]": ...
    def again(
        self, caller: Caller, venue_id: UUID, providers: Collection[str] | None, terms: Terms, limit: int
    ) -> "tuple[Verdict, float | None, list[Again]]": ...
    def spent(self, venue_id: UUID, providers: Collection[str] | None, limit: int) -> list[tuple[Source, str]]: ...
    def put_off(self, lease_token: UUID, upload_ids: Collection[UUID], seconds: float) -> None: ...
    def page(
        self,
        caller: Caller,
        venue_id: UUID,
        *,
        status: ImageStatus | None,
        after: "tuple[datetime, UUID] | None",
        limit: int,
    ) -> "tuple[Verdict, list[ImageState]]": ...


class Fetcher(Protocol):
    """Asks addresses that strangers name; see `shared.fetch.client`."""

    def get(
        self, url: str, *, seconds: float, max_bytes: int, headers: Mapping[str, str] | None = None
    ) -> "Fetched": ...
    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, max_bytes: int = ...
    ) -> "Fetched": ...


class ImportDeps(Protocol):
    """What fetches a venue's images."""

    @property
    def venues(self) -> Venues: ...
    def import_pause(self, provider: str) -> float: ...
    @property
    def fetcher(self) -> Fetcher: ...
    @property
    def vet(self) -> "Callable[[str], Place]": ...
