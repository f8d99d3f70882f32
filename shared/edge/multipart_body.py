"""The bytes of a body, decoded a stretch at a time, so that the whole of it never exists a second time."""

import binascii
from collections.abc import Iterator
from typing import Protocol

from shared.edge.multipart_limits import MAX_AROUND, MalformedMultipart
from shared.edge.request import Request

# Whole groups of base64 (3 bytes, 4 characters); small enough to stay in a processor's cache, and long enough that
# CPython searches them in a way that a flood of CRLFs does not slow down (from 30,000 bytes).
STRETCH = 49_152


class Body(Protocol):
    """Bytes that can be read from anywhere to anywhere."""

    def __len__(self) -> int: ...

    def read(self, start: int, stop: int) -> bytes: ...


class Base64Body:
    """A binary body as the gateway delivers it."""

    def __init__(self, text: str) -> None:
        if len(text) % 4:
            raise _not_base64()
        padding = len(text[-2:]) - len(text[-2:].rstrip("="))
        self._text, self._length = text, len(text) // 4 * 3 - padding

    def __len__(self) -> int:
        return self._length

    def read(self, start: int, stop: int) -> bytes:
        first, last = start // 3, -(-stop // 3)
        try:
            found = binascii.a2b_base64(self._text[first * 4 : last * 4], strict_mode=True)
        except ValueError:
            raise _not_base64() from None
        # Padding is allowed at the very end only, and each stretch ends somewhere.
        if len(found) != min(last * 3, self._length) - first * 3:
            raise _not_base64()
        return found[start - first * 3 : stop - first * 3]


class TextBody:
    """A body that the gateway took for text. A photo does not survive that, so damage is looked for."""

    def __init__(self, text: str) -> None:
        try:
            self._bytes = text.encode()
        except UnicodeEncodeError:
            raise _damaged() from None
        if "\ufffd" in text:
            raise _damaged()

    def __len__(self) -> int:
        return len(self._bytes)

    def read(self, start: int, stop: int) -> bytes:
        return self._bytes[start:stop]


def body_of(request: Request) -> Body:
    return Base64Body(request.raw_body) if request.is_base64 else TextBody(request.raw_body)


def stretches(body: Body, boundary: bytes, length: int = STRETCH) -> Iterator[bytes]:
    """The form without what is around it; its closing delimiter comes last and alone.

    A parser that is complete before that last stretch has met an earlier closing delimiter, and can say so.
    """
    closing = b"\r\n--" + boundary + b"--"
    start, end = _first_delimiter(body, closing[2:-2]), _closing_delimiter(body, closing)
    while start < end:
        stop = min(end, (start // length + 1) * length)
        yield body.read(start, stop)
        start = stop
    yield closing


def _first_delimiter(body: Body, delimiter: bytes) -> int:
    head = body.read(0, min(len(body), MAX_AROUND + len(delimiter)))
    found = head.find(delimiter)
    if found == -1:
        raise MalformedMultipart(
            f"The boundary that Content-Type names is not in the first {MAX_AROUND} bytes of the body. "
            "Send the form with the boundary that it was written with."
        )
    if found and head[max(0, found - 2) : found] != b"\r\n":
        raise MalformedMultipart("The first boundary must begin the body or follow a CRLF.")
    return found


def _closing_delimiter(body: Body, closing: bytes) -> int:
    start = max(0, len(body) - MAX_AROUND - len(closing))
    found = body.read(start, len(body)).rfind(closing)
    if found == -1:
        raise MalformedMultipart(
            "The form is not complete: it must end with CRLF and its final boundary, "
            f"and at most {MAX_AROUND} bytes may follow. Send the whole form again."
        )
    return start + found


def _not_base64() -> MalformedMultipart:
    return MalformedMultipart("The body is marked as base64 and is not valid base64.")


def _damaged() -> MalformedMultipart:
    return MalformedMultipart(
        "The body was delivered as text, and bytes that are not text were lost. "
        "Have the gateway deliver multipart/form-data as binary (base64), and send the form again."
    )
