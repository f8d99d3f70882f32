"""What S3's XML says of multipart uploads, and how a list of parts is written for it."""

import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from shared.errors import BadRequest, OutcomeUnknown
from shared.media.s3_facts import Part
from shared.media.s3_queries import part_number

NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
XMLNS: Final = f"{{{NAMESPACE}}}"
IS_ETAG: Final = re.compile(r"[!-~]{1,128}").fullmatch


def begun(body: bytes) -> str:
    """Read the id of an upload that was just begun."""
    found = _read(body).findtext(f"{XMLNS}UploadId")
    if not found:
        raise OutcomeUnknown("S3 did not say which multipart upload it began: begin again.")
    return found


def page_of_parts(body: bytes) -> tuple[list[Part], dict[str, str] | None]:
    """Read one page of parts, and what to ask for the next one."""
    root = _read(body)
    parts = [
        Part(
            int(entry.findtext(f"{XMLNS}PartNumber", "0")),
            int(entry.findtext(f"{XMLNS}Size", "0")),
            entry.findtext(f"{XMLNS}ETag", ""),
        )
        for entry in root.iter(f"{XMLNS}Part")
    ]
    if not _goes_on(root):
        return parts, None
    return parts, {"part-number-marker": root.findtext(f"{XMLNS}NextPartNumberMarker", "")}


def page_of_multiparts(name: str, body: bytes) -> tuple[tuple[str, ...], dict[str, str] | None]:
    """Pick what belongs to exactly this name: the prefix `…/1` lists `…/10` as well."""
    root = _read(body)
    found = tuple(
        entry.findtext(f"{XMLNS}UploadId", "")
        for entry in root.iter(f"{XMLNS}Upload")
        if entry.findtext(f"{XMLNS}Key") == name
    )
    next_key = root.findtext(f"{XMLNS}NextKeyMarker")
    # Keys are sorted: once the list has left the name behind, it does not come back.
    if not _goes_on(root) or next_key != name:
        return found, None
    return found, {"key-marker": next_key, "upload-id-marker": root.findtext(f"{XMLNS}NextUploadIdMarker", "")}


def completion(parts: Sequence[tuple[int, str]]) -> bytes:
    """Write the parts in the only order that S3 takes."""
    if not parts:
        raise BadRequest("An object has at least one part: name the parts that were sent.")
    etags = dict(parts)
    if len(etags) < len(parts):
        raise BadRequest("A part is named twice: name each part once, with the ETag that S3 answered last.")
    root = ET.Element("CompleteMultipartUpload", xmlns=NAMESPACE)
    for number, etag in sorted(etags.items()):
        if not IS_ETAG(etag):
            raise BadRequest(f"The ETag of part {number} is not one of S3's: send back the one that it answered.")
        entry = ET.SubElement(root, "Part")
        ET.SubElement(entry, "PartNumber").text = str(part_number(number))
        ET.SubElement(entry, "ETag").text = etag
    return ET.tostring(root)


def _read(body: bytes) -> ET.Element:
    # S3 itself wrote this, over a connection that is verified.
    return ET.fromstring(body)  # noqa: S314


def _goes_on(root: ET.Element) -> bool:
    return root.findtext(f"{XMLNS}IsTruncated") == "true"
