"""What is said and known of bytes: by the client, by the store, by the image itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.photos.states import StoreName


@dataclass(frozen=True, slots=True)
class Declared:
    """What the client says of its file. A claim, never a proof. Some clients tell its size only by sending it."""

    file_name: str
    size: int | None
    mime: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """What a store is given: bytes, or a URL to fetch them from, and what is known of them for sure."""

    body: bytes | memoryview | None
    source_url: str | None
    mime: str
    size: int
    sha256: str
    md5: str
    labels: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what says two things, or nothing: a store would have to choose."""
        if (self.body is None) == (self.source_url is None):
            raise ValueError("an asset has either a body or a source_url")
        # Anything else might be read as the path of a file of our own.
        if self.source_url is not None and not self.source_url.startswith(("https://", "http://")):
            raise ValueError("a source_url begins with https:// or http://")

    @property
    def source(self) -> bytes | memoryview | str:
        """Where the bytes come from: the bytes themselves, or else the URL."""
        return self.source_url or "" if self.body is None else self.body


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What a store says it holds under one name."""

    store: StoreName
    name: str
    size: int
    mime: str | None = None
    sha256: str | None = None
    md5: str | None = None
    version: str | None = None
    ref: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignedPut:
    """A grant to put one exact object, once."""

    url: str
    headers: Mapping[str, str]
    expires_in: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the first bytes of an image tell: its kind, its size as displayed, its sanitised EXIF."""

    mime: str
    width: int
    height: int
    exif: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
