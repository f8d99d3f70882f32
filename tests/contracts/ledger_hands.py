"""What can be asked of a ledger, in the words of its tests: by keys and numbers, since ids are everybody's own."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from shared.photos import (
    Attempt,
    Caller,
    Claim,
    Commit,
    Declared,
    Door,
    ImageFacts,
    Intention,
    Loss,
    RatePolicy,
    Reply,
    StoredObject,
    StoreName,
    Target,
    Terms,
    Twin,
    Upload,
)
from tests.contracts.ledger_worlds import Parts
from tests.crash.simulation.memory_store import PHOTOS
from tests.crash.simulation.world import IN_CLOUDINARY, MEMBER

PAUSE, HORIZON, LEASE = 300, 3_600, 60
ROOMY = RatePolicy("test", 1_000, 0.001)
NARROW = RatePolicy("narrow", 3, 0.001)


@dataclass
class Hands:
    """Asks, and remembers which attempt and which lease belong to which key and number."""

    parts: Parts
    held: dict[str, Attempt] = field(default_factory=dict)
    tokens: dict[str, UUID] = field(default_factory=dict)

    def claim(
        self,
        key: str = "k",
        *,
        door: Door = Door.FORM,
        target: Target = IN_CLOUDINARY,
        photo: int = 0,
        caller: Caller = MEMBER,
        rate: RatePolicy = ROOMY,
    ) -> Claim:
        known = PHOTOS[photo]
        declared = Declared("a.jpg", known.size, known.mime, known.sha256)
        direct = door is Door.DIRECT
        terms = Terms(
            rate,
            LEASE,
            HORIZON,
            exclusive=not direct,
            first_store=StoreName.S3 if direct else None,
            spots_twins=direct,
        )
        (claim,) = self.parts.ledger.claim(caller, [Intention(door, key, target, declared)], terms)
        if claim.attempt and claim.lease_token:
            self.keep(f"{door}:{key}", claim.attempt)
            self.tokens[f"{door}:{key}"] = claim.lease_token
        return claim

    def keep(self, upload: str, attempt: Attempt) -> str:
        name = f"{upload}/{attempt.number}"
        self.held[name] = attempt
        return name

    def commit(
        self, name: str, *, target: Target = IN_CLOUDINARY, photo: int = 0, bytes_are_gone: bool = False
    ) -> Reply | None:
        """Look where the ledger says that somebody must, and commit again."""
        attempt, known = self.held[name], PHOTOS[photo]
        stored = StoredObject(
            attempt.store, attempt.object_name, known.size, known.mime, known.sha256, known.md5, version="v1"
        )
        aim = f"stop:{target.team_id}" if target.team_id else f"bytes:{target.project_id}:{known.sha256}"
        reply = Reply(201, {"object_name": attempt.object_name, "store": attempt.store, "status": "uploaded"})
        facts = ImageFacts("image/jpeg", 40, 30)
        commit = Commit(attempt, aim, stored, facts, reply, photo_url="s3://there")
        answer = self.parts.ledger.commit(commit)
        if isinstance(answer, Twin):
            looked = {"gone" if bytes_are_gone else "seen": answer.attempt_id}
            answer = self.parts.ledger.commit(replace(commit, **looked))
        assert not isinstance(answer, Twin)
        return answer

    def condemn(self, name: str, loss: Loss) -> bool:
        return self.parts.ledger.condemn(self.held[name].id, loss)

    def allot(self, upload: str) -> str | None:
        token = self.tokens[upload]
        attempt = self.parts.parking.allot(self.held[f"{upload}/1"].upload_id, token, HORIZON)
        return self.keep(upload, attempt) if attempt else None

    def promise(self, name: str, retry_in: float = 60.0) -> bool:
        attempt = self.held[name]
        stored = StoredObject(StoreName.S3, attempt.object_name, 7, version="v7")
        return self.parts.parking.promise(attempt, stored, {"image": {"mime": "image/jpeg"}}, retry_in)

    def claim_due(self, limit: int = 1, only: str | None = None) -> list[str]:
        """The due uploads by their new attempts, with the places of their bytes."""
        one = [self.held[f"{only}/1"].upload_id] if only else None
        found = self.parts.parking.claim_due(limit=limit, lease_seconds=120, reap_after=HORIZON, only=one)
        told = []
        for due in found:
            name = self.keep(f"{due.intention.door}:{due.intention.idem_key}", due.attempt)
            self.tokens[name.rpartition("/")[0]] = due.lease_token
            told.append(f"{name} {due.target_store} {due.tries} {due.parked_name[-2:]} {due.parked_version}")
        return told

    def abandon(self, limit: int = 50, only: str | None = None) -> tuple[int, int]:
        return self.parts.recovery.abandon(limit, self.held[f"{only}/1"].upload_id if only else None)

    def take_condemned(self) -> set[str]:
        names = {attempt.id: name for name, attempt in self.held.items()}
        return {names[taken.id] for taken in self.parts.recovery.take_condemned(50, PAUSE)}

    def saw_absent(self, name: str) -> str | None:
        return self.parts.recovery.saw_absent(self.held[name].id, PAUSE)

    def read(self, name: str) -> Upload | None:
        return self.parts.photos.find_by_object(self.held[name].object_name)

    def name_of(self, object_name: object) -> str:
        return next((name for name, attempt in self.held.items() if attempt.object_name == object_name), "?")


def loss(*, failure_class: str = "transient", final: bool = False, **more: Any) -> Loss:
    """A reason to give up; a final one is what everybody is told."""
    reply = Reply(422, {"code": "store_refused", "message": "no"}) if final else None
    return Loss("permanent" if final else failure_class, "test", "because", reply, **more)
