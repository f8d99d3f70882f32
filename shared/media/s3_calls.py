"""How one call to a bucket is signed, sent and heard."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256 as sha256_of
from typing import Final

from shared.aws.endpoints import Endpoint
from shared.aws.http import Answer
from shared.aws.reach import Reach
from shared.aws.sigv4 import NO_PAIRS, Signer, encode_pairs, encode_path
from shared.errors import ProviderDown
from shared.media.s3_answers import S3, refusal

NOTHING_SHA256: Final = sha256_of(b"").hexdigest()
LONGEST_EXPIRY: Final = 7 * 24 * 3600  # S3 refuses an URL that would live longer
SMALL_ANSWER: Final = 1 << 20
SUCCESS: Final = range(200, 300)
QUESTIONS: Final = frozenset({"GET", "HEAD"})


class S3Calls:
    """One bucket, and who speaks to it."""

    def __init__(self, bucket: str, reach: Reach) -> None:
        self._bucket = bucket
        self._endpoint = Endpoint.bucket(bucket, reach.region, reach.endpoint_url)
        self._signer = Signer(reach.credentials, reach.region, "s3")
        self._http = reach.http
        self._clock = reach.clock

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
        # Even an order may be repeated: a name is free only once, its bytes are pinned by their digest, and
        # a multipart upload that was begun twice holds nothing the second time.
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
            writes=method not in QUESTIONS,
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
