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


def names_and_versions(body: bytes) -> tuple[list[tuple[str, str]], dict[str, str] | None]:
    """Read a page of all names, each with its version, and what to ask for the next one."""
    root = ET.fromstring(body)  # noqa: S314 - as above
    found = [
        (entry.findtext(f"{XMLNS}Key", ""), entry.findtext(f"{XMLNS}VersionId", "null"))
        for entry in root
        if entry.tag in KINDS
    ]
    if root.findtext(f"{XMLNS}IsTruncated") != "true":
        return found, None
    onward = {"key-marker": "NextKeyMarker", "version-id-marker": "NextVersionIdMarker"}
    return found, {asked: root.findtext(f"{XMLNS}{told}", "") for asked, told in onward.items()}
