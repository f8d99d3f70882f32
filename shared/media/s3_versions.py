"""What a list of versions says of one name: which there are, and where the list goes on."""

from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

XMLNS: Final = "{http://s3.amazonaws.com/doc/2006-03-01/}"
KINDS: Final = frozenset({f"{XMLNS}Version", f"{XMLNS}DeleteMarker"})


@dataclass(frozen=True, slots=True)
class Page:
    """One page of versions, and what to ask for the next one."""

    versions: tuple[str, ...]
    onward: dict[str, str] | None = None


def page_of_versions(name: str, body: bytes) -> Page:
    """Pick what belongs to exactly this name: the prefix `…/1` lists `…/10` as well."""
    # S3 itself wrote this, over a connection that is verified.
    root = ET.fromstring(body)  # noqa: S314
    found = tuple(
        entry.findtext(f"{XMLNS}VersionId", "null")
        for entry in root
        if entry.tag in KINDS and entry.findtext(f"{XMLNS}Key") == name
    )
    next_key = root.findtext(f"{XMLNS}NextKeyMarker")
    # Keys are sorted: once the list has left the name behind, it does not come back.
    if root.findtext(f"{XMLNS}IsTruncated") != "true" or next_key != name:
        return Page(found)
    marker = root.findtext(f"{XMLNS}NextVersionIdMarker", "")
    return Page(found, {"key-marker": next_key, "version-id-marker": marker})
