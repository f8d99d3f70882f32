"""Forms: what the caller sent, in whichever body format."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import parse_qsl

from multipart import MultipartError, MultipartParser, parse_options_header  # type: ignore[import-untyped,unused-ignore]

from local.stand_in_parts.replies import BAD_REQUEST, Refused

# A data URI of the largest file, with room for the fields around it.
LARGEST_BODY = 32 * 1024 * 1024
LIST_SUFFIX = re.compile(r"\[\d*\]\Z")


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file sent as bytes."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a request, `name[]` and `name[0]` folded into `name`, and its file when it has one."""

    fields: Mapping[str, list[str]] = field(default_factory=dict)
    file: FilePart | str | None = None

    def text(self, name: str, default: str = "") -> str:
        return self.fields.get(name, [default])[-1]

    def values(self, name: str) -> list[str]:
        return self.fields.get(name, [])

    def flag(self, name: str, *, default: bool) -> bool:
        sent = self.text(name)
        return sent.lower() in {"1", "true"} if sent else default


def parse_form(body: bytes, content_type: str, query: str = "") -> Form:
    """Read query and body together; whatever is unreadable is a 400."""
    kind, options = parse_options_header(content_type)
    in_query = parse_qsl(query, keep_blank_values=True)
    try:
        if kind == "multipart/form-data":
            return _multipart(body, options.get("boundary", ""), in_query)
        if kind == "application/json" and body:
            return Form(_fold([*in_query, *_json_pairs(body)]))
        return _urlencoded([*in_query, *parse_qsl(body.decode(), keep_blank_values=True)])
    except (MultipartError, ValueError) as error:
        raise Refused(BAD_REQUEST, f"The request body cannot be read as {kind or 'a form'}: {error}") from error


def _multipart(body: bytes, boundary: str, pairs: list[tuple[str, str]]) -> Form:
    limits = {"spool_limit": LARGEST_BODY, "memory_limit": LARGEST_BODY, "part_limit": 2000}
    file: FilePart | str | None = None
    for part in MultipartParser(BytesIO(body), boundary, len(body), strict=True, **limits):
        if part.name == "file":
            file = FilePart(part.filename, part.raw) if part.filename else part.value
        else:
            pairs.append((part.name, part.value))
    return Form(_fold(pairs), file)


def _urlencoded(pairs: list[tuple[str, str]]) -> Form:
    fields = _fold(pairs)
    sent = fields.pop("file", None)
    return Form(fields, sent[-1] if sent else None)


def _json_pairs(body: bytes) -> Iterable[tuple[str, str]]:
    sent = json.loads(body)
    if not isinstance(sent, dict):
        raise ValueError("a JSON object was expected")  # noqa: TRY004 -- a wrong body, not a wrong argument
    for name, value in sent.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield name, str(each).lower() if isinstance(each, bool) else str(each)


def _fold(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(LIST_SUFFIX.sub("", name), []).append(value)
    return fields
