"""What the ledger is asked and answers while an upload is still undecided."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared.photos.images import Declared, ImageFacts, StoredObject
from shared.photos.sources import Source
from shared.photos.states import AttemptState, Door, StoreName, UploadState, Verdict


@dataclass(frozen=True, slots=True)
class Target:
    """What a photo completes: a project, a hunt stop, or a venue gallery."""

    project_id: UUID | None = None
    team_id: UUID | None = None
    location_id: UUID | None = None
    venue_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class UploadToken:
    """What the bearer of an upload token may do, for a while, in the name of whoever had it made."""

    id: UUID
    project_id: UUID
    operations: frozenset[str]
    types: frozenset[str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as the token says; what they may do is read from the membership."""

    actor_id: str
    org_id: UUID
    scopes: frozenset[str] = frozenset()
    upload_token: UploadToken | None = None


@dataclass(frozen=True, slots=True)
class Intention:
    """What one client wants stored, under the key that names it; from a source, when we fetch it ourselves."""

    door: Door
    idem_key: str
    target: Target
    declared: Declared
    details: Mapping[str, object] = field(default_factory=dict)
    source: Source | None = None

    def fingerprint(self, caller: Caller) -> str:
        """What must be equal for two requests to be the same one: never the raw body, its boundary changes."""
        target, declared = self.target, self.declared
        content = [declared.sha256] if declared.sha256 else [declared.file_name, declared.size, declared.mime]
        if self.source is not None:
            # Of what is fetched, only the address is the client's word: bytes and name may change behind it.
            content = [self.source.url]
        ids = [target.project_id, target.team_id, target.location_id, target.venue_id]
        said = [self.door, caller.actor_id, *map(str, ids), *content]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """A token bucket: how many at once, and how many come back each second."""

    name: str
    capacity: int
    per_second: float


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a door claims: for how long, whether alone, and where its bytes land first."""

    rate: RatePolicy
    lease_seconds: int
    reap_after_seconds: int
    exclusive: bool
    first_store: StoreName | None = None
    # What an upload of unknown size may take up; it is reserved until the size is known.
    largest: int = 52_428_800
    # Whether a photo that the target has already is named instead of claiming an attempt at it.
    spots_twins: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at an upload, and the name that only it may use."""

    id: UUID
    upload_id: UUID
    number: int
    store: StoreName
    object_name: str
    multipart_id: str | None = None


@dataclass(frozen=True, slots=True)
class Twin:
    """The photo that a target has already, and where its bytes should be. Whether they are, only a look can say."""

    photo_id: UUID
    attempt_id: UUID
    store: StoreName
    object_name: str
    version: str | None
    display_url: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered, kept for whoever asks again."""

    status: int
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Claim:
    """The ledger's answer to one intention."""

    verdict: Verdict
    attempt: Attempt | None = None
    target_store: StoreName | None = None
    reply: Reply | None = None
    lease_token: UUID | None = None
    lease_left: int = 1
    parked: bool = False
    breaker: Mapping[str, object] | None = None
    tokens: float | None = None
    upload_id: UUID | None = None
    twin: Twin | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """All that the pivot writes: what the store holds, what the image is, what to answer."""

    attempt: Attempt
    target_key: str
    stored: StoredObject
    image: ImageFacts
    reply: Reply
    photo_url: str | None = None
    completed_at: datetime | None = None
    # Of a twin that was looked at: the attempt whose bytes are there, or that whose bytes are gone.
    seen: UUID | None = None
    gone: UUID | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """Why an attempt is given up. With a reply it is final: it ends the upload, and is what everybody is told."""

    failure_class: str
    failure_type: str
    detail: str
    reply: Reply | None = None
    keep_lease: bool = False
    keep_parked: bool = False
    retry_in: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an attempt stands by now, whoever moved it."""

    attempt_state: AttemptState
    upload_state: UploadState
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class Due:
    """An upload that is due again, claimed, with all that is needed to go on with it; an import may not be parked."""

    caller: Caller
    intention: Intention
    attempt: Attempt
    lease_token: UUID
    target_store: StoreName
    parked_name: str | None
    parked_version: str | None
    tries: int
    most_tries: int


def organisation_of(object_name: str) -> UUID | None:
    """Whose an object is: names begin with {stage}/{organisation}/. None for a name that nobody here made."""
    parts = object_name.split("/")
    try:
        return UUID(parts[1])
    except (IndexError, ValueError):
        return None
