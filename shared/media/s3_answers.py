"""What an answer of S3 means: an object that is there, or one of our errors."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from shared.aws.http import Answer
from shared.errors import AppError
from shared.failures import diagnose
from shared.media.refusals import Speaker
from shared.photos import StoredObject, StoreName

# What S3 may find only after it has said 200; whatever else it finds then, nobody knows what it did.
LATE: Final[Mapping[str, int]] = {
    "SlowDown": 503,
    "ServiceUnavailable": 503,
    "PreconditionFailed": 412,
    "ConditionalRequestConflict": 409,
    "NoSuchUpload": 404,
}
PLAIN_MD5: Final = re.compile(r'"?([0-9a-f]{32})"?').fullmatch
S3: Final = Speaker(
    "S3",
    check="the bucket, its region, and that the function's role allows this call and s3:ListBucket: "
    "without the latter S3 answers 403 for what is absent",
)


def stored(name: str, answer: Answer, *, size: int, mime: str | None) -> StoredObject:
    """Read the facts from the headers of a HEAD, GET or PUT."""
    headers = answer.headers
    return StoredObject(
        store=StoreName.S3,
        name=name,
        size=size,
        mime=mime,
        sha256=_whole_sha256(headers.get("x-amz-checksum-sha256"), headers.get("x-amz-checksum-type")),
        md5=_plain_md5(answer),
        version=_version(headers.get("x-amz-version-id")),
    )


def is_absent(answer: Answer) -> bool:
    """Tell a definite no; a delete marker is how a versioned bucket says it, a missing bucket says nothing."""
    marked = answer.status == 405 and answer.headers.get("x-amz-delete-marker") == "true"
    return marked or (answer.status == 404 and b"NoSuchBucket" not in answer.body)


def outcome_of(answer: Answer) -> Answer:
    """Read how a completion ended: S3 says 200 before it puts the parts together, and the rest in the body."""
    if answer.status != 200 or b"<CompleteMultipartUploadResult" in answer.body:
        return answer
    return replace(answer, status=LATE.get(code_of(answer), 500))


def code_of(answer: Answer) -> str:
    """Read S3's own word for what went wrong."""
    return _code(answer.body.decode("utf-8", "replace"))


def refusal(action: str, answer: Answer, *, writes: bool) -> AppError:
    """Turn an answer that is not a success into the error that says what must follow."""
    body = answer.body.decode("utf-8", "replace")
    rule = diagnose("s3", answer.status, body)
    wait = _seconds(answer.headers.get("retry-after"))
    return S3.refusal(action, rule, reason=f"{answer.status} {_code(body)}", writes=writes, wait=wait)


def _whole_sha256(checksum: str | None, kind: str | None) -> str | None:
    """Read a digest of all bytes; that of a multipart object covers its parts' digests, and ends in -N."""
    if checksum is None or kind == "COMPOSITE":
        return None
    try:
        digest = b64decode(checksum, validate=True)
    except NotBase64:
        return None
    return digest.hex() if len(digest) == 32 else None


def _plain_md5(answer: Answer) -> str | None:
    # With KMS or customer keys an ETag looks like an MD5 and is none.
    encryption = answer.headers.get("x-amz-server-side-encryption", "AES256")
    found = PLAIN_MD5(answer.headers.get("etag", ""))
    return found[1] if found and encryption == "AES256" else None


def _version(version: str | None) -> str | None:
    return None if version == "null" else version


def _code(body: str) -> str:
    found = re.search(r"<Code>([A-Za-z0-9]{1,64})</Code>", body)
    return found[1] if found else "without a reason"


def _seconds(retry_after: str | None) -> int | None:
    return int(retry_after) if retry_after and retry_after.isdecimal() else None
