"""Sources: where the bytes of an upload come from."""

import base64
import binascii
import re
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import PurePosixPath
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import ProxyHandler, build_opener

from local.stand_in_parts.forms import FilePart
from local.stand_in_parts.replies import BAD_REQUEST, NOT_FOUND, Refused, missing, not_found

LARGEST_FILE = 20 * 1024 * 1024
FETCH_SECONDS = 30
DATA_URI = re.compile(r"data:[^,]*;base64,", re.ASCII)


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes to store and the file name they came under."""

    content: bytes
    filename: str

    @property
    def stem(self) -> str:
        return PurePosixPath(self.filename).stem

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.filename).suffix


def open_source(file: FilePart | str | None) -> Source:
    """Bring in the bytes of an upload, however they were given, and refuse none and too many."""
    source = _open(file)
    if not source.content:
        raise Refused(BAD_REQUEST, "Empty file")
    if len(source.content) > LARGEST_FILE:
        got = len(source.content)
        raise Refused(BAD_REQUEST, f"File size too large. Got {got}. Maximum is {LARGEST_FILE}.")
    return source


def _open(file: FilePart | str | None) -> Source:
    if file is None:
        raise missing("file")
    if isinstance(file, FilePart):
        return Source(file.content, file.filename.replace("\\", "/").rsplit("/", 1)[-1])
    if file.startswith("data:"):
        return Source(_data_uri(file), "file")
    if file.startswith(("http://", "https://")):
        return Source(_fetch(file), PurePosixPath(unquote(urlsplit(file).path)).name)
    if not file:
        return Source(b"", "file")
    raise Refused(BAD_REQUEST, f"Unsupported source URL: {file[:200]}")


def _data_uri(uri: str) -> bytes:
    head = DATA_URI.match(uri)
    if head is None:
        raise Refused(BAD_REQUEST, "Unsupported source URL: a data URI must be base64")
    try:
        return base64.b64decode(uri[head.end() :].replace("\n", ""), validate=True)
    except binascii.Error as error:
        raise Refused(BAD_REQUEST, f"Unsupported source URL: bad base64, {error}") from error


def _fetch(url: str) -> bytes:
    """Get the URL once, past any proxy: the object is on this machine."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=FETCH_SECONDS) as answer:
            content: bytes = answer.read(LARGEST_FILE + 1)
    except HTTPError as error:
        with error:
            if error.code == NOT_FOUND:
                raise not_found(url) from error
            raise _not_loaded(url, f"{error.code} {error.reason}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise _not_loaded(url, str(error)) from error
    return content


def _not_loaded(url: str, why: str) -> Refused:
    return Refused(BAD_REQUEST, f"Error in loading {url} - {why}")
