"""The shelf: where the assets live, so that a restart finds them all."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import Any

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Asset:
    """Everything known about one stored asset."""

    resource_type: str
    type: str
    public_id: str
    asset_id: str
    version: int
    version_id: str
    created_at: str
    bytes: int
    etag: str
    sha256: str
    format: str | None = None
    width: int | None = None
    height: int | None = None
    tags: tuple[str, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)
    original_filename: str | None = None
    asset_folder: str = ""
    display_name: str = ""
    file: str = ""

    @property
    def key(self) -> Key:
        return (self.resource_type, self.type, self.public_id)


class Assets:
    """The shelf: one JSON file and one bytes file for each asset, both written beside and renamed into place."""

    def __init__(self, home: Path) -> None:
        self.lock = RLock()
        self._home = home
        home.mkdir(parents=True, exist_ok=True)
        self._known = {asset.key: asset for asset in map(_load, home.glob("*.json"))}
        self._sweep()

    def find(self, key: Key) -> Asset | None:
        with self.lock:
            return self._known.get(key)

    def all(self) -> list[Asset]:
        with self.lock:
            return sorted(self._known.values(), key=lambda asset: asset.key)

    def content(self, key: Key) -> bytes | None:
        with self.lock:
            asset = self._known.get(key)
            return (self._home / asset.file).read_bytes() if asset else None

    def put(self, asset: Asset, content: bytes) -> Asset:
        """Store the bytes, then the facts: the rename of the JSON file is the moment the asset exists."""
        placed = replace(asset, file=f"{secrets.token_hex(16)}.bytes")
        with self.lock:
            self._write(placed.file, content)
            self._record(placed)
        return placed

    def change(self, key: Key, **facts: Any) -> Asset | None:  # noqa: ANN401 -- any field of Asset
        with self.lock:
            asset = self._known.get(key)
            if asset is None:
                return None
            changed = replace(asset, **facts)
            if changed.key == key:
                self._record(changed)
                return changed
            # Two names never share a bytes file, not even for the moment in which a kill may come.
            moved = self.put(changed, (self._home / asset.file).read_bytes())
            self.remove(key)
            return moved

    def remove(self, key: Key) -> bool:
        with self.lock:
            asset = self._known.get(key)
            if asset is None:
                return False
            (self._home / _facts_file(key)).unlink(missing_ok=True)
            (self._home / asset.file).unlink(missing_ok=True)
            del self._known[key]
            return True

    def clear(self) -> None:
        with self.lock:
            for key in list(self._known):
                self.remove(key)

    def _record(self, asset: Asset) -> None:
        self._write(_facts_file(asset.key), json.dumps(asdict(asset)).encode())
        replaced = self._known.get(asset.key)
        self._known[asset.key] = asset
        if replaced and replaced.file != asset.file:
            (self._home / replaced.file).unlink(missing_ok=True)

    def _write(self, name: str, content: bytes) -> None:
        beside = self._home / f"{secrets.token_hex(8)}.part"
        beside.write_bytes(content)
        beside.replace(self._home / name)

    def _sweep(self) -> None:
        """Drop what a kill left half done: bytes without facts, and files never renamed."""
        used = {asset.file for asset in self._known.values()}
        for path in [*self._home.glob("*.bytes"), *self._home.glob("*.part")]:
            if path.name not in used:
                path.unlink()


def _facts_file(key: Key) -> str:
    return hashlib.sha256("\0".join(key).encode()).hexdigest() + ".json"


def _load(path: Path) -> Asset:
    facts = json.loads(path.read_text(encoding="utf-8"))
    return Asset(**{**facts, "tags": tuple(facts["tags"])})
