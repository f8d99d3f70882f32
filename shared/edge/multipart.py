"""The form door's body: one photo and a few fields, read strictly and held once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

from shared.edge.multipart_body import body_of, stretches
from shared.edge.multipart_file import FilePart
from shared.edge.multipart_headers import boundary_of, part_head
from shared.edge.multipart_limits import MAX_HEADER_BYTES, MAX_HEADERS, MAX_PARTS, MalformedMultipart
from shared.edge.multipart_parts import Parts
from shared.edge.request import Request

__all__ = ["FilePart", "Form", "MalformedMultipart", "parse_form"]


@dataclass(frozen=True, slots=True)
class Form:
    """What a client filled in."""

    file: FilePart
    fields: Mapping[str, str]


def parse_form(request: Request, *, file_fields: tuple[str, ...] = ("file", "photo"), max_file_bytes: int) -> Form:
    """Read the form, or say what is wrong with it: 400, 413 for the file's size, 415, or 422 for an empty file."""
    boundary = boundary_of(request.headers)
    body = body_of(request)
    parts = Parts(file_fields, len(body), max_file_bytes)
    return read_form(parts, boundary, stretches(body, boundary))


def read_form(parts: Parts, boundary: bytes, pieces: Iterable[bytes]) -> Form:
    """Let the parser find the parts in the pieces, wherever the pieces begin and end."""
    try:
        _collect(parts, boundary, pieces)
    except ParserLimitReached:
        raise MalformedMultipart(
            f"The form has more than {MAX_PARTS} parts, or a part with more than {MAX_HEADERS} headers "
            f"or {MAX_HEADER_BYTES} bytes of headers."
        ) from None
    except MultipartError as error:
        raise MalformedMultipart(f"The form cannot be read: {error.args[0]}.") from None
    texts = parts.texts()
    return Form(parts.file(), texts)


def _collect(parts: Parts, boundary: bytes, pieces: Iterable[bytes]) -> None:
    # Strict: no continued header lines, and no byte behind the closing delimiter.
    parser = PushMultipartParser(
        boundary,
        max_header_size=MAX_HEADER_BYTES,
        max_header_count=MAX_HEADERS,
        max_segment_count=MAX_PARTS,
        strict=True,
    )
    with parser:
        for piece in pieces:
            for event in parser.parse(piece):
                if isinstance(event, MultipartSegment):
                    part = parts.begin(part_head(event.headerlist))
                elif event:
                    part.write(event)
