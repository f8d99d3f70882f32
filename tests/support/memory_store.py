"""A store in memory: it keeps the contract of every store, and fails when it is told to."""

from base64 import b64encode
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import md5, sha256

from shared.errors import AppError, StoreRefused
from shared.photos import StoredObject, StoreName
from shared.photos.images import Asset


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure that waits for its call; with `applied` only the answer is lost, the work is done."""

    verb: str
    error: AppError
    name_ends: str = ""
    applied: bool = False


def fetch_nothing(url: str) -> bytes:
    raise StoreRefused(f"there is nothing to fetch at {url}", failure_type="download_failed")


class MemoryStore:
    """Holds what it was given, by name; remembers who asked what."""

    def __init__(
        self, name: StoreName = StoreName.CLOUDINARY, *, fetch: Callable[[str], bytes] = fetch_nothing
    ) -> None:
        self.name = name
        self.held: dict[str, tuple[StoredObject, bytes]] = {}
        self.calls: list[tuple[str, str]] = []
        self._fetch = fetch
        self._failures: deque[Failure] = deque()

    def fail_on(self, verb: str, error: AppError, *, times=1, name_ends="", applied=False) -> None:
        """Make the next calls of this verb fail, for names that end so."""
        self._failures.extend(times * [Failure(verb, error, name_ends, applied)])

    def names(self) -> set[str]:
        return set(self.held)

    def put(self, name: str, asset: Asset, timeout: float) -> StoredObject:
        return self._do("put", name, lambda: self._put(name, asset))

    def look(self, name: str, version: str | None = None) -> StoredObject | None:
        return self._do("look", name, lambda: self._find(name, version))

    def delete(self, name: str, version: str | None = None) -> bool:
        return self._do("delete", name, lambda: bool(self._find(name, version) and self.held.pop(name)))

    def url(self, stored: StoredObject, expires: int) -> str:
        """Nothing serves what is in memory, so the URL holds all of it."""
        _, body = self.held[stored.name]
        return f"data:{stored.mime};base64,{b64encode(body).decode()}"

    def _put(self, name: str, asset: Asset) -> StoredObject:
        body = bytes(self._fetch(asset.source_url) if asset.body is None else asset.body)
        stored, before = self.held.get(name, (None, None))
        if stored and before != body:
            raise StoreRefused("Another object has this name already.", failure_type="name_taken")
        self.held[name] = (stored or self._describe(name, body, asset.mime), body)
        return self.held[name][0]

    def _describe(self, name: str, body: bytes, mime: str) -> StoredObject:
        return StoredObject(
            store=self.name,
            name=name,
            size=len(body),
            mime=mime,
            # Each kind tells the digest that its model tells.
            sha256=sha256(body).hexdigest() if self.name is StoreName.S3 else None,
            md5=md5(body, usedforsecurity=False).hexdigest(),
            version=str(len(self.calls)),
            ref={} if self.name is StoreName.S3 else {"public_id": name},
        )

    def _find(self, name: str, version: str | None) -> StoredObject | None:
        stored, _ = self.held.get(name, (None, None))
        return stored if stored and version in (None, stored.version) else None

    def _do(self, verb: str, name: str, act):
        self.calls.append((verb, name))
        failure = next((f for f in self._failures if f.verb == verb and name.endswith(f.name_ends)), None)
        if failure is None:
            return act()
        self._failures.remove(failure)
        if failure.applied:
            act()
        raise failure.error
