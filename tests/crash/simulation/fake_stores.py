"""The stores as the sagas and the clients meet them: slow, forgetful, sometimes wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.errors import (
    AppError,
    OutcomeUnknown,
    ProviderDown,
    StoreBusy,
    StoreRefused,
    StoreUnavailable,
    UnprocessableImage,
)
from shared.media.s3_facts import Digest
from shared.photos import Asset, Declared, ImageFacts, SignedPut, StoredObject, StoreName
from shared.resilience.budget import Budget
from tests.crash.simulation.faults_of_calls import Call
from tests.crash.simulation.memory_photos import moment
from tests.crash.simulation.memory_store import GARBAGE, Content, Shelf, sent_by, url_of

if TYPE_CHECKING:
    from tests.crash.simulation.world import World

# How late a store may still apply what was sent to it; with the life of whoever sent it, this fills the horizon.
LATEST_PUT = 2_700.0
LATEST_DELETE = 900.0
CAN_WAIT: tuple[Callable[[], AppError], ...] = (StoreUnavailable, StoreUnavailable, StoreUnavailable, StoreBusy)
SAYS_NO = (*CAN_WAIT, *CAN_WAIT, ProviderDown, StoreRefused)
CANNOT: tuple[Callable[[], AppError], ...] = (StoreUnavailable, ProviderDown)


@dataclass(frozen=True, slots=True)
class FakeStore:
    """A store behind its retries."""

    world: "World"
    shelf: Shelf

    def put(self, name: str, asset: Asset, budget: Budget, known: Mapping[str, object] | None = None) -> StoredObject:
        """Once more, sometimes: the same bytes under the same name."""
        while True:
            budget.timeout(10.0)
            try:
                return self._put(name, asset)
            except (StoreUnavailable, StoreBusy, OutcomeUnknown):
                if not self.world.sends_again():
                    raise

    def look(self, name: str, version: str | None = None) -> StoredObject | None:
        call = Call(
            f"look {self.world.alias(name)}", lambda: self.shelf.look(name, version), refusals=(StoreUnavailable,)
        )
        found = self.world.scheduler.call(call)
        return found if isinstance(found, StoredObject) else None

    def delete(self, name: str) -> bool:
        """Who deletes what is not condemned is caught here, whether or not it hits."""
        self.world.watch.delete(name)
        call = Call(
            f"delete {self.world.alias(name)}",
            lambda: self.shelf.remove(name),
            refusals=CANNOT,
            unknown=OutcomeUnknown,
            late_for=LATEST_DELETE,
        )
        return bool(self.world.scheduler.call(call))

    def display_url(self, stored: StoredObject) -> str:
        return stored.ref.get("secure_url") or f"s3://photos/{stored.name}"

    def _put(self, name: str, asset: Asset) -> StoredObject:
        if self.shelf.name is StoreName.S3 and asset.body is None:
            raise ValueError("S3 fetches nothing: give it the bytes themselves")
        garbles = self.world.garbles()

        def effect() -> StoredObject:
            # What lands late was sent whole: no ledger could defend a committed object against its store.
            spoilt = garbles and self.world.scheduler.running is not None
            return self.world.put(self.shelf, name, GARBAGE if spoilt else sent_by(asset, self.world.s3))

        call = Call(
            f"put {self.shelf.name} {self.world.alias(name)}",
            effect,
            refusals=SAYS_NO,
            unknown=OutcomeUnknown,
            late_for=LATEST_PUT,
        )
        stored = self.world.scheduler.call(call)
        assert isinstance(stored, StoredObject)
        return stored


@dataclass(frozen=True, slots=True)
class FakeBucket:
    """The store that clients may put to by themselves."""

    world: "World"
    shelf: Shelf
    name: StoreName = StoreName.S3

    def presign_put(self, name: str, declared: Declared, expires: int) -> SignedPut:
        return SignedPut(name, {}, expires, moment(self.world.scheduler.now + expires))

    def put_signed(self, put: SignedPut, sent: Content, *, digested: bool) -> None:
        """What a client does with its grant; an expired one is worth nothing when the PUT begins."""
        if self.world.moment() > put.expires_at:
            return

        def effect() -> None:
            if put.url not in self.shelf.held:
                self.world.put(self.shelf, put.url, sent, digested=digested)

        call = Call(
            f"client put {self.world.alias(put.url)}",
            effect,
            refusals=(StoreUnavailable,),
            unknown=OutcomeUnknown,
            late_for=LATEST_PUT,
        )
        self.world.scheduler.call(call)

    def look(self, name: str, version: str | None = None) -> StoredObject | None:
        return FakeStore(self.world, self.shelf).look(name, version)

    def read(self, name: str, start: int, length: int, version: str | None = None) -> bytes:
        """The first bytes are the whole content's name, which is all that `probe` needs."""
        call = Call(
            f"read {self.world.alias(name)}", lambda: self._bytes(name, version), refusals=(StoreUnavailable,)
        )
        return str(self.world.scheduler.call(call)).encode()

    def digest(self, name: str, version: str | None, size: int) -> Digest:
        call = Call(
            f"digest {self.world.alias(name)}", lambda: self._content(name, version), refusals=(StoreUnavailable,)
        )
        found = self.world.scheduler.call(call)
        assert isinstance(found, Content)
        return Digest(found.sha256, found.md5)

    def signed_get(self, name: str, expires: int, *, version: str | None = None) -> str:
        return url_of(name, version)

    def delete_under(self, prefix: str) -> bool:
        """Nothing is ever derived here."""
        return False

    def canonical(self, name: str) -> str:
        return f"s3://photos/{name}"

    def _bytes(self, name: str, version: str | None) -> str:
        return self._content(name, version).sha256

    def _content(self, name: str, version: str | None) -> Content:
        there = self.shelf.look(name, version)
        if there is None:
            raise StoreUnavailable("S3 cannot read right now.")
        return self.shelf.held[name].content


def probe(read: Callable[[int, int], bytes], size: int) -> ImageFacts:
    """Garbage is no image."""
    if read(0, size).decode() == GARBAGE.sha256:
        raise UnprocessableImage
    return ImageFacts("image/jpeg", 40, 30)
