"""The table of failures: the first row that fits decides, from the particular to the general."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.errors import FailureClass

ANY: Final = "any"
NO_STATUS: Final = "none"

# What each type of failure is. Every class says what follows; every type belongs to exactly one.
CLASSES: Final[Mapping[str, FailureClass]] = {
    "rate_limited": "transient",
    "service_unavailable": "transient",
    "bad_gateway": "transient",
    "gateway_timeout": "transient",
    "network_timeout": "transient",
    "not_sent": "transient",
    "expired_url": "transient",
    "busy": "transient",
    "server_error": "ambiguous",
    "download_failed": "ambiguous",
    "no_answer": "ambiguous",
    "other_content": "ambiguous",
    "unknown_error": "ambiguous",
    "not_found": "permanent",
    "forbidden": "permanent",
    "file_too_large": "permanent",
    "unsupported_type": "permanent",
    "not_an_image": "permanent",
    "checksum_mismatch": "permanent",
    "name_taken": "permanent",
    "refused": "permanent",
    "auth_error": "outage",
    "quota_gone": "outage",
    "breaker_open": "outage",
    "misconfigured": "outage",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: where it happened, which status, which mark in the body (a pattern), and what that is."""

    origin: str
    status: str
    mark: str
    type: str
    why: str = ""

    @property
    def failure_class(self) -> FailureClass:
        return CLASSES[self.type]

    def fits(self, origin: str, status: str, body: str) -> bool:
        """Tell whether this row speaks for that failure; 5xx stands for 500 to 599."""
        return (
            self.origin in (ANY, origin)
            and self.status in (ANY, status, f"{status[0]}xx")
            and re.search(self.mark, body) is not None
        )


RULES: Final[tuple[Rule, ...]] = (
    Rule("s3", "3xx", "", "misconfigured", "the bucket is in another region"),
    Rule("s3", "403", "Request has expired", "expired_url", "sign again: nothing is wrong with the photo"),
    Rule("s3", "403", "", "auth_error", "our own role is refused: that is never one photo's fault"),
    Rule("s3", "400", "ExpiredToken|InvalidToken|TokenRefreshRequired", "auth_error", "our session has ended"),
    Rule("s3", "400", "RequestTimeout", "network_timeout", "S3 waited for our bytes in vain"),
    Rule("s3", "400", "BadDigest|ContentSHA256Mismatch|InvalidDigest", "checksum_mismatch"),
    Rule("s3", "400", "EntityTooLarge", "file_too_large"),
    Rule("s3", "404", "NoSuchBucket", "misconfigured"),
    Rule("s3", "409", "ConditionalRequestConflict|OperationAborted", "busy", "another write runs on this name"),
    Rule("s3", "412", "", "name_taken", "a name is written once"),
    Rule("s3", "503", "SlowDown|Reduce your request rate", "rate_limited"),
    Rule("cloudinary", "4xx", "(?i)quota|over your plan|(disabled|suspended) account", "quota_gone"),
    Rule("cloudinary", "4xx", "(?i)account (is )?(disabled|suspended)", "quota_gone"),
    Rule("cloudinary", "4xx", "(?i)stale request", "expired_url", "sign again with the present time"),
    Rule("cloudinary", "4xx", "(?i)file size too large", "file_too_large"),
    Rule("cloudinary", "4xx", "(?i)invalid image|unsupported", "not_an_image"),
    Rule("cloudinary", "4xx", "(?i)error in loading", "download_failed", "it could not fetch our signed URL"),
    Rule("cloudinary", "420", "", "rate_limited", "its own number for 429"),
    Rule("imagekit", "403", "(?i)limit|quota|exceed", "quota_gone", "storage or uploads of the plan are used up"),
    Rule("imagekit", "403", "", "auth_error", "a key or the account: that is never one photo's fault"),
    Rule("imagekit", "4xx", "(?i)(file|upload) ?size|too large", "file_too_large"),
    Rule(
        "imagekit", "400", "(?i)download|fetch|access the|invalid url", "download_failed", "it could not get our URL"
    ),
    Rule("provider", "402", "", "quota_gone"),
    Rule("provider", "4xx", "(?i)quota|over_query_limit", "quota_gone"),
    Rule("provider", "410", "", "not_found"),
    Rule("source", "401", "", "forbidden", "a stranger who shows us the door pauses nobody"),
    Rule("source", "402", "", "forbidden", "nor does one who wants money"),
    Rule("source", "410", "", "not_found"),
    Rule("postgres", ANY, "^(08|53|57P)", "service_unavailable", "connection, resources, shutdown"),
    Rule("postgres", ANY, "^(40|55P03|57014|25P03)", "busy", "rolled back: the same transaction may pass"),
    Rule("postgres", ANY, "^(28|3D)", "auth_error"),
    Rule("postgres", ANY, "^42", "misconfigured", "schema or rights do not fit this version"),
    Rule("postgres", ANY, "^(22|23|P0001)", "refused", "the data itself is refused"),
    Rule("sqs", ANY, "Throttl|OverLimit", "rate_limited"),
    Rule("sqs", "4xx", "QueueDoesNotExist|NonExistentQueue", "misconfigured"),
    Rule("sqs", "4xx", "AccessDenied|KmsAccessDenied|KmsDisabled", "auth_error"),
    Rule("sqs", "4xx", "InvalidMessageContents|BatchRequestTooLong|InvalidParameterValue", "refused"),
    Rule("sns", ANY, "Throttl", "rate_limited"),
    Rule("events", ANY, "Throttl", "rate_limited"),
    Rule("secrets", ANY, "Throttl", "rate_limited"),
    Rule("secrets", "4xx", "", "misconfigured"),
    Rule("bedrock", "4xx", "ServiceQuotaExceeded", "quota_gone"),
    Rule("bedrock", "4xx", "ExpiredToken|InvalidSignature|UnrecognizedClient", "auth_error", "our session has ended"),
    Rule("bedrock", "400", "(?i)not allowed|not authorized", "auth_error", "the account may not use Bedrock yet"),
    Rule("bedrock", "400", "(?i)model identifier|on-demand throughput", "misconfigured", "not in this region"),
    Rule("bedrock", "403", "", "auth_error", "our own role is refused: that is never one photo's fault"),
    Rule("bedrock", "404", "", "misconfigured", "the model is not in this region"),
    Rule("bedrock", "424", "", "server_error", "the model failed, and may do so again for this photo"),
    Rule("bedrock", "429", "ModelNotReady", "service_unavailable", "the model is being loaded"),
    *(Rule(ANY, NO_STATUS, f"^{name}$", name) for name in CLASSES),
    Rule(ANY, NO_STATUS, "(?i)timed? ?out", "network_timeout"),
    Rule(ANY, "401", "", "auth_error", "credentials: nobody's upload can pass"),
    Rule(ANY, "403", "", "forbidden"),
    Rule(ANY, "404", "", "not_found"),
    Rule(ANY, "408", "", "network_timeout"),
    Rule(ANY, "413", "", "file_too_large"),
    Rule(ANY, "415", "", "unsupported_type"),
    Rule(ANY, "429", "", "rate_limited"),
    Rule(ANY, "4xx", "", "refused"),
    Rule(ANY, "500", "", "server_error"),
    Rule(ANY, "502", "", "bad_gateway"),
    Rule(ANY, "503", "", "service_unavailable"),
    Rule(ANY, "504", "", "gateway_timeout"),
    Rule(ANY, ANY, "", "unknown_error"),
)
