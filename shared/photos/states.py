"""Closed sets: every word that a column, a reply or a log line may say."""

from collections.abc import Mapping
from enum import StrEnum


class Door(StrEnum):
    """A way in."""

    FORM = "form"
    DIRECT = "direct"
    IMPORT = "import"


class StoreName(StrEnum):
    """Where bytes live."""

    S3 = "s3"
    CLOUDINARY = "cloudinary"
    IMAGEKIT = "imagekit"


class UploadState(StrEnum):
    """How far a client's intention got. Only an open upload can still be committed."""

    OPEN = "open"
    COMMITTED = "committed"
    FAILED = "failed"


class AttemptState(StrEnum):
    """The life of one try. Nothing ever becomes committed again."""

    INTENT = "intent"
    COMMITTED = "committed"
    CONDEMNED = "condemned"
    REAPED = "reaped"


class PhotoStatus(StrEnum):
    """What a client sees of its photo."""

    PENDING_UPLOAD = "pending_upload"
    UPLOADED = "uploaded"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    PERMANENTLY_FAILED = "permanently_failed"


class Role(StrEnum):
    """What a member may do in an organisation."""

    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"
    SERVICE = "service"


class Verdict(StrEnum):
    """What the ledger answers to a claim."""

    GO = "go"
    REPLAY = "replay"
    IN_PROGRESS = "in_progress"
    REUSED = "reused"
    DUPLICATE = "duplicate"
    LIMITED = "limited"
    EXHAUSTED = "exhausted"
    FORBIDDEN = "forbidden"
    NO_TARGET = "no_target"
    STRANGER = "stranger"


WRITERS = frozenset({Role.MEMBER, Role.ADMIN, Role.SERVICE})

FORWARD: Mapping[AttemptState, frozenset[AttemptState]] = {
    AttemptState.INTENT: frozenset({AttemptState.COMMITTED, AttemptState.CONDEMNED}),
    AttemptState.COMMITTED: frozenset({AttemptState.CONDEMNED}),
    AttemptState.CONDEMNED: frozenset({AttemptState.REAPED}),
    AttemptState.REAPED: frozenset(),
}
