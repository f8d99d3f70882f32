"""The media library: where the files live, so that a restart finds them all."""

import json
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import RLock


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything known about one file: its path is its name, and its id outlives its versions."""

    file_id: str
    version_id: str
    path: str
    size: int
    created_at: str
    updated_at: str
    mime: str = "application/octet-stream"
    width: int | None = None
    height: int | None = None
    tags: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


class Library:
    """One JSON file and one bytes file for each file, both written beside and renamed into place."""

    def __init__(self, home: Path) -> None:
        self.lock = RLock()
        self._home = home
        home.mkdir(parents=True, exist_ok=True)
        self._known = {kept.file_id: kept for kept in map(_load, home.glob("*.json"))}

    def all(self) -> list[Kept]:
        with self.lock:
            return sorted(self._known.values(), key=lambda kept: kept.path)

    def find(self, file_id: str) -> Kept | None:
        with self.lock:
            return self._known.get(file_id)

    def at(self, path: str) -> Kept | None:
        with self.lock:
            return next((kept for kept in self._known.values() if kept.path == path), None)

    def content(self, kept: Kept) -> bytes:
        with self.lock:
            return self._bytes(kept).read_bytes()

    def put(self, kept: Kept, content: bytes) -> Kept:
        """Store the bytes, then the facts; what was at this path becomes its former version, and is forgotten."""
        with self.lock:
            before = self.at(kept.path)
            if before:
                kept = replace(kept, file_id=before.file_id, created_at=before.created_at)
            self._write(self._bytes(kept), content)
            self._write(self._facts(kept), json.dumps(asdict(kept)).encode())
            self._known[kept.file_id] = kept
            if before:
                self._bytes(before).unlink(missing_ok=True)
            return kept

    def remove(self, file_id: str) -> bool:
        with self.lock:
            kept = self._known.pop(file_id, None)
            if kept is None:
                return False
            self._facts(kept).unlink(missing_ok=True)
            self._bytes(kept).unlink(missing_ok=True)
            return True

    def _facts(self, kept: Kept) -> Path:
        return self._home / f"{kept.file_id}.json"

    def _bytes(self, kept: Kept) -> Path:
        return self._home / f"{kept.version_id}.bytes"

    def _write(self, path: Path, content: bytes) -> None:
        beside = self._home / f"{secrets.token_hex(8)}.part"
        beside.write_bytes(content)
        beside.replace(path)


def _load(path: Path) -> Kept:
    facts = json.loads(path.read_text(encoding="utf-8"))
    return Kept(**{**facts, "tags": tuple(facts["tags"])})
