"""The words of the product as values: closed sets of states, and frozen facts about uploads and photos."""

from shared.photos.claims import (
    Attempt,
    Caller,
    Claim,
    Commit,
    Intention,
    Loss,
    RatePolicy,
    Reply,
    Standing,
    Target,
    Terms,
)
from shared.photos.images import Declared, ImageFacts, SignedPut, StoredObject
from shared.photos.records import PhotoRecord, Upload
from shared.photos.states import (
    FORWARD,
    WRITERS,
    AttemptState,
    Door,
    PhotoStatus,
    Role,
    StoreName,
    UploadState,
    Verdict,
)

__all__ = [
    "FORWARD",
    "WRITERS",
    "Attempt",
    "AttemptState",
    "Caller",
    "Claim",
    "Commit",
    "Declared",
    "Door",
    "ImageFacts",
    "Intention",
    "Loss",
    "PhotoRecord",
    "PhotoStatus",
    "RatePolicy",
    "Reply",
    "Role",
    "SignedPut",
    "Standing",
    "StoreName",
    "StoredObject",
    "Target",
    "Terms",
    "Upload",
    "UploadState",
    "Verdict",
]
