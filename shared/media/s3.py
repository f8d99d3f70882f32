"""How photos live in S3: one name, one object, written once."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256 as sha256_of
from typing import Final
from urllib.parse import quote

from shared.aws.credentials import Credentials
from shared.aws.endpoints import Endpoint
from shared.aws.http import Answer, HttpClient
from shared.aws.sigv4 import NO_PAIRS, Signer, encode_pairs, encode_path
from shared.errors import ProviderDown, StoreRefused
from shared.media.s3_answers import S3, is_absent, refusal, stored
from shared.photos import Declared, SignedPut, StoredObject, StoreName
from shared.photos.images import Asset

NOTHING_SHA256: Final = sha256_of(b"").hexdigest()
LONGEST_EXPIRY: Final = 7 * 24 * 3600  # S3 refuses an URL that would live longer
SMALL_ANSWER: Final = 1 << 20
SUCCESS: Final = range(200, 300)
ALREADY_THERE: Final = 412
PAST_THE_END: Final = 416
PARTIAL: Final = 206


class S3Store:
    """One bucket. Whoever waits for an answer here holds no transaction open meanwhile."""

    name: Final = StoreName.S3

    def __init__(
        self,
        bucket: str,
        *,
        region: str,
        credentials: Credentials,
        http: HttpClient,
        clock: Callable[[], datetime],
        endpoint_url: str | None = None,
    ) -> None:
        self._bucket = bucket
        self._endpoint = Endpoint.bucket(bucket, region, endpoint_url)
        self._signer = Signer(credentials, region, "s3")
        self._http = http
        self._clock = clock

    def presign_put(self, name: str, declared: Declared, expires: int) -> SignedPut:
        """Grant one exact object, once: its length, type and digest are signed, and that the name is free.

        The length follows from the body, so the client sets only the headers that are returned.
        """
        now = self._clock()
        lifetime = self._lifetime(expires, now)
        headers = {"Content-Type": declared.mime, "If-None-Match": "*"}
        if declared.sha256:
            headers["x-amz-checksum-sha256"] = _base64(declared.sha256)
        signed = {key.lower(): value for key, value in headers.items()}
        signed["content-length"] = str(declared.size)
        url = self._signer.presign("PUT", self._endpoint, f"/{name}", at=now, expires=lifetime, headers=signed)
        return SignedPut(url, headers, lifetime, now + timedelta(seconds=lifetime))

    def signed_get(self, name: str, expires: int, *, version: str | None = None, filename: str | None = None) -> str:
        """Grant reading one object; with a file name, browsers save it instead of showing it."""
        now = self._clock()
        query = _pinned(version)
        if filename is not None:
            query["response-content-disposition"] = _attachment(filename)
        lifetime = self._lifetime(expires, now)
        return self._signer.presign("GET", self._endpoint, f"/{name}", at=now, expires=lifetime, query=query)

    def canonical(self, name: str) -> str:
        """Say where an object is, for programs; it opens nothing."""
        return f"s3://{self._bucket}/{name}"

    def look(self, name: str, version: str | None = None) -> StoredObject | None:
        """Ask what is there. None is a definite no, and needs s3:ListBucket: without it S3 says 403."""
        answer = self._ask("HEAD", name, "look", headers={"x-amz-checksum-mode": "ENABLED"}, query=_pinned(version))
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
            "GET", name, "read", headers=asked, query=_pinned(version), max_bytes=enough + SMALL_ANSWER, enough=enough
        )
        if answer.status == PAST_THE_END:
            return b""
        self._insist(answer, "read")
        return answer.body[:length] if answer.status == PARTIAL else answer.body[start:enough]

    def put(self, name: str, asset: Asset, timeout: float) -> StoredObject:
        """Store these bytes under a free name; if they are there already, that is the same success."""
        if asset.body is None:
            raise ValueError("S3 fetches nothing: give it the bytes themselves")
        body, digest = asset.body, asset.sha256
        headers = {"content-type": asset.mime, "if-none-match": "*", "x-amz-checksum-sha256": _base64(digest)}
        answer = self._ask("PUT", name, "store", headers=headers, body=body, payload_sha256=digest, timeout=timeout)
        if answer.status == ALREADY_THERE:
            return self._same(name, digest)
        self._insist(answer, "store", writes=True)
        there = stored(name, answer, size=memoryview(body).nbytes, mime=asset.mime)
        # The digest was part of the signature: S3 took these bytes because they have it.
        return replace(there, sha256=digest)

    def url(self, stored: StoredObject, expires: int) -> str:
        """Where to see it, for a while."""
        return self.signed_get(stored.name, expires, version=stored.version)

    def delete(self, name: str, version: str | None = None) -> bool:
        """Remove one version, or all there is under exactly this name, and say whether there was anything."""
        found = [version] if version else self.versions(name)
        for each in found:
            answer = self._ask("DELETE", name, "delete", query=_pinned(each))
            if not is_absent(answer):
                self._insist(answer, "delete", writes=True)
        return bool(found)

    def versions(self, name: str) -> list[str]:
        """List every version and delete marker of exactly this name: a plain delete would only hide them."""
        # The XML reader is for the few who delete: the doors should not wait for it.
        from shared.media.s3_versions import page_of_versions  # noqa: PLC0415

        found: list[str] = []
        onward: dict[str, str] | None = {}
        while onward is not None:
            query = {"versions": "", "prefix": name, **onward}
            answer = self._ask("GET", "", "list versions", query=query)
            self._insist(answer, "list versions")
            page = page_of_versions(name, answer.body)
            found += page.versions
            onward = page.onward
        return found

    def _same(self, name: str, digest: str) -> StoredObject:
        there = self.look(name)
        if there is not None and there.sha256 == digest:
            return there
        raise StoreRefused("Another object has this name already; names are used once.", failure_type="name_taken")

    def _ask(
        self,
        method: str,
        name: str,
        action: str,
        *,
        headers: Mapping[str, str] = NO_PAIRS,
        query: Mapping[str, str] = NO_PAIRS,
        body: bytes | memoryview = b"",
        payload_sha256: str = NOTHING_SHA256,
        max_bytes: int = SMALL_ANSWER,
        enough: int | None = None,
        timeout: float | None = None,
    ) -> Answer:
        path = f"/{name}"
        signed = self._signer.sign(
            method,
            self._endpoint,
            path,
            at=self._clock(),
            payload_sha256=payload_sha256,
            headers=headers,
            query=query,
        )
        url = f"{self._endpoint.origin}{self._endpoint.prefix}{encode_path(path)}"
        if query:
            url += f"?{encode_pairs(query)}"
        # Even a PUT may be repeated: a name is free only once, and its bytes are pinned by their digest.
        return S3.heard(
            action,
            lambda: self._http.request(
                method,
                url,
                headers=signed,
                body=body,
                timeout=timeout,
                max_bytes=max_bytes,
                enough=enough,
                repeatable=True,
            ),
            writes=method in {"PUT", "DELETE"},
        )

    def _insist(self, answer: Answer, action: str, *, writes: bool = False) -> None:
        if answer.status not in SUCCESS:
            raise refusal(action, answer, writes=writes)

    def _lifetime(self, asked: int, now: datetime) -> int:
        """An URL dies with the credentials that signed it: promise no more than they have."""
        left = self._signer.credentials.seconds_left(now)
        lifetime = min(asked, LONGEST_EXPIRY, asked if left is None else int(left))
        if lifetime <= 0:
            raise ProviderDown("The credentials of this function have expired: nothing can be signed.")
        return lifetime


def _pinned(version: str | None) -> dict[str, str]:
    return {"versionId": version} if version else {}


def _base64(digest: str) -> str:
    return b64encode(bytes.fromhex(digest)).decode("ascii")


def _attachment(filename: str) -> str:
    """Quote a client's file name for old readers in ASCII, and for all others in UTF-8 (RFC 6266)."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
