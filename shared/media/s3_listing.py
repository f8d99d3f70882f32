"""What our bucket holds, to the last version, and how one version is marked or removed."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5, sha256
from itertools import groupby
from typing import Final
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from shared.media.listing import QUARANTINED, Held, HeldVersion, ListPage
from shared.media.s3 import S3Store
from shared.media.s3_answers import is_absent
from shared.media.s3_queries import pinned
from shared.media.s3_versions import KINDS, XMLNS

PAGE: Final = 1000
# A name may have 1024 bytes, each written as three.
LARGEST_PAGE: Final = 8 << 20
TAG: Final = "keepsake"

Entry = tuple[str, HeldVersion]


@dataclass(frozen=True, slots=True)
class _Answered:
    """One answer of S3: versions of names, the last of which may have more, and where the list goes on."""

    entries: list[Entry]
    marker: dict[str, str] | None


class S3Listing(S3Store):
    """One bucket, as the audit sees it."""

    is_metered: Final = False

    def page(self, prefix: str, onward: Mapping[str, str]) -> ListPage:
        """Read a page of whole names: one whose versions go on behind the end is left for the next page."""
        after = onward.get("after", "")
        entries: list[Entry] = []
        marker: dict[str, str] | None = {"key-marker": after} if after else {}
        while marker is not None:
            answered = self._list(prefix, marker)
            # Whether a list begins with its marker or behind it, each name is told once.
            entries += [entry for entry in answered.entries if entry[0] > after]
            marker = answered.marker
            if marker is not None and entries and entries[0][0] != entries[-1][0]:
                whole = [entry for entry in entries if entry[0] != entries[-1][0]]
                return ListPage(_held(whole), {"after": whole[-1][0]})
        return ListPage(_held(entries), None)

    def quarantine(self, held: Held) -> None:
        """Mark every version; what went meanwhile needs no mark."""
        for version in held.bytes_there:
            self.tag(held.name, version.id, {TAG: QUARANTINED})

    def remove(self, held: Held) -> None:
        """Remove exactly these versions: whatever else has this name stays."""
        for version in held.versions:
            self.delete(held.name, version.id)

    def tag(self, name: str, version: str | None, tags: Mapping[str, str]) -> bool:
        """Replace the tags of one version, and say whether it was there."""
        body = _tagging(tags)
        digest = b64encode(md5(body, usedforsecurity=False).digest()).decode()
        answer = self._ask(
            "PUT",
            name,
            "tag",
            headers={"content-md5": digest, "content-type": "application/xml"},
            query={"tagging": "", **pinned(version)},
            body=body,
            payload_sha256=sha256(body).hexdigest(),
        )
        if is_absent(answer):
            return False
        self._insist(answer, "tag", writes=True)
        return True

    def _list(self, prefix: str, marker: Mapping[str, str]) -> _Answered:
        query = {"versions": "", "prefix": prefix, "encoding-type": "url", "max-keys": str(PAGE), **marker}
        answer = self._ask("GET", "", "list versions", query=query, max_bytes=LARGEST_PAGE)
        self._insist(answer, "list versions")
        return _answered(answer.body)


def _answered(body: bytes) -> _Answered:
    # S3 itself wrote this, over a connection that is verified.
    root = ET.fromstring(body)  # noqa: S314
    is_encoded = root.findtext(f"{XMLNS}EncodingType") == "url"
    found = [(_name(entry, is_encoded=is_encoded), _version(entry)) for entry in root if entry.tag in KINDS]
    if root.findtext(f"{XMLNS}IsTruncated") != "true":
        return _Answered(found, None)
    key = root.findtext(f"{XMLNS}NextKeyMarker", "")
    version = root.findtext(f"{XMLNS}NextVersionIdMarker", "")
    return _Answered(found, {"key-marker": unquote_plus(key) if is_encoded else key, "version-id-marker": version})


def _name(entry: ET.Element, *, is_encoded: bool) -> str:
    told = entry.findtext(f"{XMLNS}Key", "")
    # No text of ours has a NUL, and no database takes one.
    return (unquote_plus(told) if is_encoded else told).replace("\0", "\N{REPLACEMENT CHARACTER}")


def _version(entry: ET.Element) -> HeldVersion:
    return HeldVersion(
        id=entry.findtext(f"{XMLNS}VersionId", "null"),
        modified=datetime.fromisoformat(entry.findtext(f"{XMLNS}LastModified", "")),
        size=int(entry.findtext(f"{XMLNS}Size", "0")),
        is_marker=entry.tag == f"{XMLNS}DeleteMarker",
    )


def _held(entries: Iterable[Entry]) -> tuple[Held, ...]:
    by_name = groupby(entries, key=lambda entry: entry[0])
    return tuple(Held(name, tuple(version for _, version in same)) for name, same in by_name)


def _tagging(tags: Mapping[str, str]) -> bytes:
    pairs = (f"<Tag><Key>{escape(k)}</Key><Value>{escape(v)}</Value></Tag>" for k, v in tags.items())
    return f"<Tagging><TagSet>{''.join(pairs)}</TagSet></Tagging>".encode()
