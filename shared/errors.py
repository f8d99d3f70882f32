"""Every way a request can end badly: one tree, each class a decision the caller can make.

AppError
├── Refused                 the caller must change something
│   ├── BadRequest 400 ── IdempotencyKeyMissing, IdempotencyKeyInvalid
│   ├── Unauthenticated 401
│   ├── Forbidden 403 ── QuotaExceeded
│   ├── NotFound 404
│   ├── MethodNotAllowed 405
│   ├── Conflict 409 ── InProgress, UploadNotReady
│   ├── Gone 410 ── UploadExpired
│   ├── PayloadTooLarge 413
│   ├── UnsupportedType 415
│   ├── Unprocessable 422 ── IdempotencyKeyReused, ChecksumMismatch, SizeMismatch, TypeMismatch,
│   │                        UnprocessableImage, ImageTooLarge
│   └── RateLimited 429
└── Trouble                 we, or a provider, must recover
    ├── Unavailable 503 ── DatabaseUnavailable, StoreUnavailable, StoreBusy
    ├── OutcomeUnknown 503   the provider or the database may have done it
    ├── StoreRefused 422     the provider said no to this photo, for good
    ├── RetriesExhausted 502 we tried as often as we may; a person can try again
    ├── ProviderDown 503     credentials or quota: nobody's upload can pass
    └── Misconfigured 500
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

FailureClass = Literal["transient", "ambiguous", "permanent", "outage"]


class AppError(Exception):
    """Something went wrong on our side."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    failure_class: ClassVar[FailureClass] = "permanent"
    type_uri: ClassVar[str | None] = None

    def __init__(
        self,
        message: str | None = None,
        *,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
        **facts: object,
    ) -> None:
        """Keep the sentence for people, and the facts for programs; without a sentence the docstring speaks."""
        self.message = message or self.title
        self.retry_after = retry_after
        self.headers = dict(headers or {})
        self.facts = facts
        super().__init__(self.message)

    @property
    def title(self) -> str:
        return (type(self).__doc__ or "").strip()


class Refused(AppError):
    """The request cannot be carried out as it was sent."""


class BadRequest(Refused):
    """The request is malformed."""

    code, status = "bad_request", 400


class IdempotencyKeyMissing(BadRequest):
    """Idempotency-Key is missing."""

    code = "idempotency_key_missing"


class IdempotencyKeyInvalid(BadRequest):
    """Idempotency-Key is not usable."""

    code = "idempotency_key_invalid"


class Unauthenticated(Refused):
    """A valid bearer token is required."""

    code, status = "unauthenticated", 401


class Forbidden(Refused):
    """Your role does not allow this."""

    code, status = "forbidden", 403

    @classmethod
    def to_stranger(cls) -> "Forbidden":
        """For whoever has a good token of an organisation that does not know him (any more)."""
        return cls("You are not a member of the organisation that your token names.")


class QuotaExceeded(Forbidden):
    """The organisation, or the upload token, may upload no more."""

    code = "quota_exceeded"


class NotFound(Refused):
    """There is nothing here, or it is not yours."""

    code, status = "not_found", 404


class MethodNotAllowed(Refused):
    """This path does not take this method."""

    code, status = "method_not_allowed", 405


class Conflict(Refused):
    """The request does not fit the present state."""

    code, status = "conflict", 409


class InProgress(Conflict):
    """A request is outstanding for this Idempotency-Key."""

    code, retryable, failure_class = "idempotency_in_progress", True, "transient"


class UploadNotReady(Conflict):
    """The bytes have not arrived yet."""

    code, retryable, failure_class = "upload_not_ready", True, "transient"


class Gone(Refused):
    """The photo was deleted."""

    code, status = "gone", 410


class UploadExpired(Gone):
    """The upload was not finished in time."""

    code = "upload_expired"


class PayloadTooLarge(Refused):
    """The file is too large for this door."""

    code, status = "payload_too_large", 413


class UnsupportedType(Refused):
    """This kind of file is not accepted."""

    code, status = "unsupported_type", 415


class Unprocessable(Refused):
    """The content contradicts itself."""

    code, status = "unprocessable", 422


class IdempotencyKeyReused(Unprocessable):
    """Idempotency-Key is already used for another request."""

    code = "idempotency_key_reused"


class ChecksumMismatch(Unprocessable):
    """The bytes do not have the declared SHA-256."""

    code = "checksum_mismatch"


class SizeMismatch(Unprocessable):
    """The bytes do not have the declared size."""

    code = "size_mismatch"


class TypeMismatch(Unprocessable):
    """The bytes are not of the declared type."""

    code = "type_mismatch"


class UnprocessableImage(Unprocessable):
    """The bytes are not an image that can be decoded."""

    code = "unprocessable_image"


class ImageTooLarge(Unprocessable):
    """The image has more pixels than are accepted."""

    code = "image_too_large"


class RateLimited(Refused):
    """Request cannot be satisfied as assigned quota has been exceeded."""

    code, status, retryable, failure_class = "rate_limited", 429, True, "transient"
    type_uri = "https://iana.org/assignments/http-problem-types#quota-exceeded"


class Trouble(AppError):
    """Something we depend on is in trouble."""

    code, status, retryable = "trouble", 503, True
    failure_class: ClassVar[FailureClass] = "transient"


class Unavailable(Trouble):
    """A part we need cannot be reached right now."""

    code = "unavailable"
    type_uri = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"


class DatabaseUnavailable(Unavailable):
    """The ledger cannot be reached right now."""

    code = "database_unavailable"


class StoreUnavailable(Unavailable):
    """The photo store cannot be reached right now."""

    code = "store_unavailable"


class StoreBusy(Unavailable):
    """The photo store asks us to slow down."""

    code = "store_busy"


class OutcomeUnknown(Trouble):
    """The answer was lost: it may or may not have happened."""

    code, failure_class = "outcome_unknown", "ambiguous"


class StoreRefused(Trouble):
    """The photo store refuses this photo for good."""

    code, status, retryable, failure_class = "store_refused", 422, False, "permanent"


class RetriesExhausted(Trouble):
    """Max retries exceeded."""

    code, status, retryable, failure_class = "max_retries_exceeded", 502, False, "permanent"


class ProviderDown(Trouble):
    """The photo store refuses our credentials or our quota is spent."""

    code, failure_class = "provider_down", "outage"


class Misconfigured(Trouble):
    """The deployment lacks settings."""

    code, status, retryable, failure_class = "misconfigured", 500, False, "outage"
