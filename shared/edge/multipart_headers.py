"""What the headers of a form and of its parts say, as long as they say it in one way only."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote

from shared.edge.multipart_limits import MAX_BOUNDARY, MAX_HEADER_BYTES, MAX_NAME, MalformedMultipart
from shared.errors import UnsupportedType

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"  # noqa: S105 - a word of the grammar
_VALUE = re.compile(rf"[ \t]*+({_TOKEN}(?:/{_TOKEN})?+)[ \t]*+")
_OPTION = re.compile(rf';[ \t]*+(?:({_TOKEN})=({_TOKEN}|"(?:[^"\\]++|\\.)*+"))?+[ \t]*+')
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_BOUNDARY = re.compile(rf"[0-9A-Za-z'()+_,./:=? -]{{0,{MAX_BOUNDARY - 1}}}[0-9A-Za-z'()+_,./:=?-]")
_EXTENDED = re.compile(r"(utf-8|iso-8859-1)'[0-9A-Za-z-]*+'(.*)", re.IGNORECASE)
_PLAIN = frozenset({"7bit", "8bit", "binary"})
_UTF8 = frozenset({"utf-8", "utf8", "us-ascii"})


@dataclass(frozen=True, slots=True)
class PartHead:
    """One part, before its content. A part with a file name is a file."""

    name: str
    file_name: str | None
    mime: str | None


def boundary_of(headers: Mapping[str, str]) -> bytes:
    """The boundary of a form that is sent as we take it: plain multipart/form-data."""
    given = headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != "multipart/form-data":
        raise UnsupportedType("Send the photo as multipart/form-data, with its boundary in Content-Type.")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", ""):
        raise UnsupportedType("Send the form without Content-Encoding; a compressed body is not accepted.")
    options = _options("Content-Type", given)[1]
    _refuse_other_charset(options)
    boundary = options.get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise MalformedMultipart(
            f"Content-Type must name a boundary of 1 to {MAX_BOUNDARY} letters, digits or '()+_,-./:=? characters."
        )
    return boundary.encode()


def part_head(headers: Sequence[tuple[str, str]]) -> PartHead:
    """Read the headers of one part; what two readers could understand differently is refused."""
    _refuse_unclear(headers)
    found = dict(headers)
    if found.get("Content-Transfer-Encoding", "binary").strip().lower() not in _PLAIN:
        raise MalformedMultipart(
            "A part has an unsupported Content-Transfer-Encoding. Send its bytes as they are (binary)."
        )
    options = _options("Content-Disposition", found["Content-Disposition"])[1]
    return PartHead(_name(options), _file_name(options), _mime(found.get("Content-Type", "")))


def _refuse_unclear(headers: Sequence[tuple[str, str]]) -> None:
    if sum(len(name) + len(value.encode()) + 4 for name, value in headers) > MAX_HEADER_BYTES:
        raise MalformedMultipart(f"A part has headers of more than {MAX_HEADER_BYTES} bytes.")
    if len({name for name, _ in headers}) != len(headers):
        raise MalformedMultipart("A part has the same header twice. Send each header once.")
    if any(_CONTROL.search(value) for _, value in headers):
        raise MalformedMultipart("A part has a header with a control character. End header lines with CRLF.")


def _options(header: str, given: str) -> tuple[str, dict[str, str]]:
    """The value of a header in lower case, and its options; each option once, and nothing left over."""
    value = _VALUE.match(given)
    found: dict[str, str] = {}
    at = value.end() if value else 0
    while value and at < len(given):
        option = _OPTION.match(given, at)
        if option is None or (option[1] and option[1].lower() in found):
            break
        if option[1]:
            found[option[1].lower()] = _unquoted(option[2])
        at = option.end()
    if value is None or at < len(given):
        raise MalformedMultipart(f"{header} must be one value and options like name=value, each given once.")
    return value[1].lower(), found


def _unquoted(value: str) -> str:
    """Before browsers agreed on %22, a quote was written with a backslash; alone, a backslash is part of a path."""
    if not value.startswith('"'):
        return value
    inner = value[1:-1]
    return re.sub(r'\\(["\\])', r"\1", inner) if '\\"' in inner else inner


def _refuse_other_charset(options: Mapping[str, str]) -> None:
    if options.get("charset", "utf-8").lower() not in _UTF8:
        raise MalformedMultipart("The form names a charset other than UTF-8. Send texts as UTF-8.")


def _mime(given: str) -> str | None:
    if not given.strip():
        return None
    mime, options = _options("Content-Type", given)
    _refuse_other_charset(options)
    return mime


def _name(options: Mapping[str, str]) -> str:
    name = _from_browser(options.get("name", ""))
    if not 1 <= len(name) <= MAX_NAME:
        raise MalformedMultipart(
            f"Each part needs a name of 1 to {MAX_NAME} characters; this one has {len(name)}. "
            'Send Content-Disposition: form-data; name="…".'
        )
    return name


def _file_name(options: Mapping[str, str]) -> str | None:
    if "filename" in options:
        return _from_browser(options["filename"])
    if "filename*" in options:
        return _extended(options["filename*"])
    return None


def _from_browser(value: str) -> str:
    """Browsers escape the three characters that would end the value, and no other."""
    return value.replace("%0D", "\r").replace("%0A", "\n").replace("%22", '"')


def _extended(value: str) -> str:
    """RFC 5987. The RFC of forms forbids it; some clients know nothing else for names beyond ASCII."""
    found = _EXTENDED.fullmatch(value)
    if found:
        with suppress(UnicodeDecodeError):
            return unquote(found[2], found[1], "strict")
    raise MalformedMultipart("A part has a filename* that cannot be decoded. Send filename, in UTF-8.")
