"""What may vary, as Protocols: the seams between our logic and the world it runs in."""

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from shared.photos import (
    Caller,
    Claim,
    Commit,
    Declared,
    ImageFacts,
    Intention,
    Loss,
    Reply,
    SignedPut,
    Standing,
    StoredObject,
    StoreName,
    Terms,
    Upload,
)


class Ledger(Protocol):
    """Decides every race; see `shared.db.ledger`."""

    def claim(self, caller: Caller, intentions: Sequence[Intention], terms: Terms) -> list[Claim]: ...
    def commit(self, commit: Commit) -> Reply | None: ...
    def condemn(self, attempt_id: UUID, loss: Loss) -> bool: ...
    def standing(self, attempt_id: UUID) -> Standing: ...


class Photos(Protocol):
    """Reads back what became of uploads."""

    def find(self, caller: Caller, upload_id: UUID) -> Upload | None: ...
    def find_by_object(self, object_name: str) -> Upload | None: ...


class DirectStore(Protocol):
    """The store that clients may put to by themselves."""

    @property
    def name(self) -> StoreName: ...
    def presign_put(self, name: str, declared: Declared, expires: int) -> SignedPut: ...
    def look(self, name: str, version: str | None = None) -> StoredObject | None: ...
    def read(self, name: str, start: int, length: int, version: str | None = None) -> bytes: ...
    def signed_get(self, name: str, expires: int, *, version: str | None = None) -> str: ...
    def canonical(self, name: str) -> str: ...


class Health(Protocol):
    """Asks each part that this deployment cannot live without."""

    def database(self) -> bool: ...


class Limits(Protocol):
    """The numbers an operator may choose."""

    @property
    def max_bytes(self) -> int: ...
    @property
    def min_bytes(self) -> int: ...
    @property
    def accepted_types(self) -> frozenset[str]: ...
    @property
    def url_seconds(self) -> int: ...
    @property
    def rate_capacity(self) -> int: ...
    @property
    def rate_per_minute(self) -> float: ...


class Deps(Protocol):
    """All of it; each part is made when it is first touched."""

    @property
    def ledger(self) -> Ledger: ...
    @property
    def photos(self) -> Photos: ...
    @property
    def direct_store(self) -> DirectStore: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def probe(self) -> Callable[[Callable[[int, int], bytes], int], ImageFacts]: ...
    @property
    def health(self) -> Health: ...
    @property
    def public_url(self) -> str: ...
