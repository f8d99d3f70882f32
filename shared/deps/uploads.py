"""What a door needs to take a photo: the ledger, what it knows of photos, and who may upload how much."""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from shared.photos import (
    Caller,
    Claim,
    Commit,
    ImageFacts,
    Intention,
    Loss,
    PhotoStatus,
    RatePolicy,
    Reply,
    Standing,
    Target,
    Terms,
    Twin,
    Upload,
    UploadToken,
    Verdict,
)

if TYPE_CHECKING:
    from datetime import datetime

    from shared.db.allowances import Allowance
    from shared.db.multiparts import Multipart


class Ledger(Protocol):
    """Decides every race; see `shared.db.ledger`."""

    def claim(
        self, caller: Caller, intentions: Sequence[Intention], terms: Terms, gone: Collection[UUID] = ()
    ) -> list[Claim]: ...
    def commit(self, commit: Commit) -> Reply | Twin | None: ...
    def condemn(self, attempt_id: UUID, loss: Loss) -> bool: ...
    def standing(self, attempt_id: UUID) -> Standing: ...


class Photos(Protocol):
    """Reads back what became of uploads."""

    def find(self, caller: Caller, upload_id: UUID) -> Upload | None: ...
    def find_any(self, upload_id: UUID) -> Upload | None: ...
    def find_by_object(self, object_name: str) -> Upload | None: ...
    def page(
        self,
        caller: Caller,
        target: Target,
        *,
        status: PhotoStatus | None,
        since: "datetime | None",
        until: "datetime | None",
        after: "tuple[datetime, UUID] | None",
        limit: int,
    ) -> list[Upload]: ...
    def successor(self, caller: Caller, photo_id: UUID) -> UUID | None: ...
    def delete(self, caller: Caller, photo_id: UUID, target_key: str, reply: Reply) -> "datetime | None": ...
    def move(
        self,
        caller: Caller,
        photo_id: UUID,
        *,
        before: Collection[PhotoStatus],
        status: PhotoStatus,
        detail: str | None,
    ) -> "tuple[PhotoStatus, datetime] | None": ...


class Twins(Protocol):
    """Finds photos by what they are made of; see `shared.db.twins`."""

    def find(self, caller: Caller, project_id: UUID, hashes: Sequence[str]) -> tuple[Verdict, dict[str, Twin]]: ...


class Multiparts(Protocol):
    """Knows which multipart upload is whose; see `shared.db.multiparts`."""

    def record(self, attempt_id: UUID, multipart_id: str) -> bool: ...
    def find(
        self, caller: Caller, multipart_id: str, object_name: str, terms: Terms, *, binds: bool = False
    ) -> "Multipart | None": ...


class Allowances(Protocol):
    """Keeps what upload tokens allow; see `shared.db.allowances`."""

    def mint(
        self, caller: Caller, token: UploadToken, max_files: int, max_bytes: int | None
    ) -> tuple[Verdict, "datetime | None"]: ...
    def find(self, caller: Caller, token_id: UUID) -> "Allowance | None": ...
    def end(self, caller: Caller, token_id: UUID) -> "Allowance | None": ...


class UploadTokens(Protocol):
    """Signs upload tokens, and reads what it signed; see `shared.tokens.upload_token`."""

    def expiry(self, seconds: int) -> "datetime": ...
    def mint(self, caller: Caller) -> str: ...
    def read(self, text: str) -> Caller: ...


class Limits(Protocol):
    """The numbers an operator may choose."""

    @property
    def max_bytes(self) -> int: ...
    @property
    def max_form_bytes(self) -> int: ...
    @property
    def min_bytes(self) -> int: ...
    @property
    def accepted_types(self) -> frozenset[str]: ...
    @property
    def url_seconds(self) -> int: ...
    @property
    def rate(self) -> RatePolicy: ...
    @property
    def retry_delay_ms(self) -> int: ...


class UploadDeps(Protocol):
    """What a door needs to take a photo."""

    @property
    def ledger(self) -> Ledger: ...
    @property
    def photos(self) -> Photos: ...
    @property
    def twins(self) -> Twins: ...
    @property
    def multiparts(self) -> Multiparts: ...
    @property
    def allowances(self) -> Allowances: ...
    @property
    def upload_tokens(self) -> UploadTokens: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def probe(self) -> Callable[[Callable[[int, int], bytes], int], ImageFacts]: ...
    @property
    def check(self) -> Callable[[bytes | memoryview], ImageFacts]: ...
