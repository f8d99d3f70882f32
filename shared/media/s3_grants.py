"""What is signed for clients that speak to S3 by themselves."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.aws.sigv4 import NO_PAIRS
from shared.media.s3_calls import S3Calls
from shared.media.s3_queries import METHODS, MultipartAction, multipart_query, part_query, pinned
from shared.photos import Declared, SignedPut

if TYPE_CHECKING:
    from shared.media.s3_facts import SignedCall
    from shared.media.s3_post import SignedPost


class S3Grants(S3Calls):
    """Signs, and asks S3 nothing: a grant costs no round trip."""

    def presign_put(self, name: str, declared: Declared, expires: int) -> SignedPut:
        """Grant one exact object, once: its length, type and digest are signed, and that the name is free.

        The length follows from the body, so the client sets only the headers that are returned.
        """
        now = self._clock()
        lifetime = self._lifetime(expires, now)
        headers = {"Content-Type": declared.mime, "If-None-Match": "*"}
        if declared.sha256:
            headers["x-amz-checksum-sha256"] = to_base64(declared.sha256)
        signed = {key.lower(): value for key, value in headers.items()}
        signed["content-length"] = str(declared.size)
        url = self._signer.presign("PUT", self._endpoint, f"/{name}", at=now, expires=lifetime, headers=signed)
        return SignedPut(url, headers, lifetime, now + timedelta(seconds=lifetime))

    def presign_post(self, name: str, mime: str, smallest: int, largest: int, expires: int) -> "SignedPost":
        """Grant one name, one type and a range of sizes to a form; S3 takes no If-None-Match from one.

        The same form may be posted again until it expires: each time is another version.
        """
        from shared.media.s3_post import SignedPost, signed_form  # noqa: PLC0415

        now = self._clock()
        lifetime = self._lifetime(expires, now)
        until = now + timedelta(seconds=lifetime)
        sizes = (smallest, largest)
        fields = signed_form(
            self._signer, bucket=self._bucket, name=name, mime=mime, sizes=sizes, at=now, until=until
        )
        # Uppy 6.0 puts the key right behind the URL.
        url = f"{self._endpoint.origin}{self._endpoint.prefix}/"
        return SignedPost(url, fields, lifetime, until)

    def presign_part(
        self, name: str, multipart_id: str, number: int, expires: int, headers: Mapping[str, str] = NO_PAIRS
    ) -> "SignedCall":
        """Grant one part; another use of it replaces the part, until the upload is complete."""
        return self._granted("PUT", name, part_query(multipart_id, number), expires, headers)

    def presign_parts(self, name: str, multipart_id: str, numbers: Iterable[int], expires: int) -> dict[int, str]:
        """Grant many parts at once, each without headers of its own."""
        now = self._clock()
        lifetime = self._lifetime(expires, now)
        path, at = f"/{name}", self._endpoint
        return {
            number: self._signer.presign(
                "PUT", at, path, at=now, expires=lifetime, query=part_query(multipart_id, number)
            )
            for number in numbers
        }

    def presign_multipart(
        self,
        action: MultipartAction,
        name: str,
        expires: int,
        *,
        multipart_id: str = "",
        headers: Mapping[str, str] = NO_PAIRS,
    ) -> "SignedCall":
        """Grant a call around the parts; only the headers that are named here are signed, and then required."""
        query = {"uploads": ""} if action == "begin" else multipart_query(multipart_id)
        return self._granted(METHODS[action], name, query, expires, headers)

    def signed_get(self, name: str, expires: int, *, version: str | None = None, filename: str | None = None) -> str:
        """Grant reading one object; with a file name, browsers save it instead of showing it."""
        now = self._clock()
        query = pinned(version)
        if filename is not None:
            query["response-content-disposition"] = _attachment(filename)
        lifetime = self._lifetime(expires, now)
        return self._signer.presign("GET", self._endpoint, f"/{name}", at=now, expires=lifetime, query=query)

    def _granted(
        self, method: str, name: str, query: Mapping[str, str], expires: int, headers: Mapping[str, str]
    ) -> "SignedCall":
        # Most grants are for one whole object: those who give no other do not wait for this.
        from shared.media.s3_facts import SignedCall  # noqa: PLC0415

        now = self._clock()
        lifetime = self._lifetime(expires, now)
        signed = {key.lower(): value for key, value in headers.items()}
        url = self._signer.presign(
            method, self._endpoint, f"/{name}", at=now, expires=lifetime, headers=signed, query=query
        )
        return SignedCall(method, url, dict(headers), lifetime, now + timedelta(seconds=lifetime))


def to_base64(digest: str) -> str:
    """Write a digest as S3 does."""
    return b64encode(bytes.fromhex(digest)).decode("ascii")


def _attachment(filename: str) -> str:
    """Quote a client's file name for old readers in ASCII, and for all others in UTF-8 (RFC 6266)."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
