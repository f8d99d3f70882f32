"""What is in the bucket: facts, bytes, and digests of all the bytes."""

from hashlib import md5 as md5_of
from hashlib import sha256 as sha256_of
from typing import TYPE_CHECKING, Final

from shared.errors import StoreUnavailable
from shared.media.s3_answers import is_absent, stored
from shared.media.s3_calls import SMALL_ANSWER, S3Calls
from shared.media.s3_queries import pinned
from shared.photos import StoredObject

if TYPE_CHECKING:
    from shared.media.s3_facts import Digest

PAST_THE_END: Final = 416
PARTIAL: Final = 206
PIECE: Final = 4 << 20


class S3Reads(S3Calls):
    """Changes nothing."""

    def look(self, name: str, version: str | None = None) -> StoredObject | None:
        """Ask what is there. None is a definite no, and needs s3:ListBucket: without it S3 says 403."""
        answer = self._ask("HEAD", name, "look", headers={"x-amz-checksum-mode": "ENABLED"}, query=pinned(version))
        if is_absent(answer):
            return None
        self._insist(answer, "look")
        size = int(answer.headers.get("content-length", "0"))
        return stored(name, answer, size=size, mime=answer.headers.get("content-type"))

    def read(self, name: str, start: int, length: int, version: str | None = None) -> bytes:
        """Fetch a part of an object; less comes back only when the object ends there."""
        if length <= 0:
            return b""
        asked = {"range": f"bytes={start}-{start + length - 1}"}
        # Nobody is bound to honour a Range: of a whole object, no more is read than what leads to its end.
        enough = start + length
        answer = self._ask(
            "GET", name, "read", headers=asked, query=pinned(version), max_bytes=enough + SMALL_ANSWER, enough=enough
        )
        if answer.status == PAST_THE_END:
            return b""
        self._insist(answer, "read")
        return answer.body[:length] if answer.status == PARTIAL else answer.body[start:enough]

    def digest(self, name: str, version: str | None, size: int) -> "Digest":
        """Hash all the bytes, a piece at a time: of an object in parts, S3 itself has no digest of the whole."""
        from shared.media.s3_facts import Digest  # noqa: PLC0415

        sha256, md5 = sha256_of(), md5_of(usedforsecurity=False)
        for start in range(0, size, PIECE):
            piece = self.read(name, start, min(PIECE, size - start), version)
            if len(piece) < min(PIECE, size - start):
                raise StoreUnavailable("The object ended before its size: it was replaced while it was read.")
            sha256.update(piece)
            md5.update(piece)
        return Digest(sha256.hexdigest(), md5.hexdigest())
