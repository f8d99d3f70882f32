"""What a stranger's host says, believed only as far as it can be checked."""

import io
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from http.client import BadStatusLine, HTTPException, HTTPResponse, UnknownProtocol
from typing import Final, Self, cast
from urllib.parse import quote

from shared.fetch.refusals import UpstreamBrokeOff, UpstreamInvalid, UpstreamTooSlow, unheard
from shared.fetch.wire import CHUNK, HEAD_BYTES, TooMuch, Wire

MOVED: Final = frozenset({301, 302, 303, 307, 308})
_SIZE: Final = re.compile(r"[0-9]{1,15}").fullmatch
_ASCII: Final = "".join(map(chr, range(0x80)))


class Answer:
    """One answer whose head was understood; the body is read as the one who asked needs it."""

    def __init__(self, wire: Wire, response: HTTPResponse) -> None:
        self._wire = wire
        self._response = response
        self.status = response.status

    @classmethod
    def to(cls, wire: Wire, question: bytes, *, writes: bool) -> Self:
        """Send it, and read the head of what comes back."""
        response = HTTPResponse(cast(socket.socket, wire), method="POST" if writes else "GET")  # noqa: TC006
        try:
            # A host that refuses early closes while we still send: its answer may be here all the same.
            with suppress(BrokenPipeError, ConnectionResetError):
                wire.sendall(question)
            response.begin()
        except (OSError, HTTPException, TooMuch) as error:
            response.close()
            if writes or isinstance(error, (OSError, BadStatusLine, UnknownProtocol)):
                raise unheard(error, writes=writes) from error
            raise _wrong("has too long a head") from error
        return cls(wire, response)

    def close(self) -> None:
        self._response.close()

    @property
    def headers(self) -> Mapping[str, str]:
        """With lower-case names."""
        return {name.lower(): value for name, value in self._response.getheaders()}

    def location(self) -> str:
        """Where it sends us; bytes that are not ASCII are written as percent signs do."""
        found = self._all("location")
        # Whoever joins URLs may drop line ends and tabs in silence: there must be none.
        if len(found) != 1 or any(mark <= " " for mark in found[0]):
            raise _wrong("is a redirect that does not say where to")
        return quote(found[0].encode("latin-1"), safe=_ASCII)

    def whole(self, most: int) -> bytes:
        """The body, complete and plain, or a refusal of it."""
        self._check(most)
        self._wire.allow(2 * most + HEAD_BYTES)
        sink = io.BytesIO()
        try:
            self._pour(sink, most)
        except TimeoutError as error:
            raise UpstreamTooSlow(failure_type="network_timeout") from error
        except TooMuch as error:
            raise _too_large(most) from error
        except (OSError, HTTPException) as error:
            raise UpstreamBrokeOff(failure_type="download_failed") from error
        if self._response.length:
            raise UpstreamBrokeOff(failure_type="download_failed")
        return sink.getvalue()

    def beginning(self, most: int) -> bytes:
        """As much of the body as comes: for whom the status says enough."""
        self._wire.allow(2 * most + HEAD_BYTES)
        sink = io.BytesIO()
        with suppress(OSError, HTTPException, TooMuch):
            self._pour(sink, most)
        return sink.getvalue()[:most]

    def _pour(self, sink: io.BytesIO, most: int) -> None:
        while part := self._response.read1(CHUNK):
            sink.write(part)
            if sink.tell() > most:
                raise TooMuch

    def _check(self, most: int) -> None:
        """Two readings of one message are how a lie begins: it must have one, and be no larger than agreed."""
        sizes, framing = self._all("content-length"), self._all("transfer-encoding")
        if len({*sizes}) > 1 or (sizes and framing) or not all(map(_SIZE, sizes)):
            raise _wrong("contradicts itself about its length")
        if [coding.lower() for coding in framing] not in ([], ["chunked"]):
            raise _wrong("is framed in a way that was not asked for")
        if any(coding.lower() not in ("", "identity") for coding in self._all("content-encoding")):
            raise _wrong("is compressed, which was not asked for", "unsupported_type")
        if any(int(size) > most for size in sizes):
            raise _too_large(most)

    def _all(self, name: str) -> list[str]:
        return [value.strip() for value in self._response.headers.get_all(name) or []]


def _wrong(what: str, failure_type: str = "refused") -> UpstreamInvalid:
    return UpstreamInvalid(f"The host's answer {what}.", failure_type=failure_type)


def _too_large(most: int) -> UpstreamInvalid:
    return _wrong(f"is larger than the {most} bytes that are accepted", "file_too_large")
