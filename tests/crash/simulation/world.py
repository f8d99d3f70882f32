"""One simulated world: clock, ledger, stores and clients; and what was promised to whom."""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

from shared.photos import Caller, Declared, Door, Intention, Role, StoredObject, StoreName, Target, UploadState
from tests.crash.simulation import memory_recovery as recovery
from tests.crash.simulation.climate import PEACE, Climate
from tests.crash.simulation.fake_deps import SimDeps
from tests.crash.simulation.fake_stores import FakeBucket
from tests.crash.simulation.invariants import Watch
from tests.crash.simulation.memory_claims import Claims, Tenants
from tests.crash.simulation.memory_commits import Commits
from tests.crash.simulation.memory_photos import Photos, moment
from tests.crash.simulation.memory_store import Content, Shelf
from tests.crash.simulation.rules import Rules
from tests.crash.simulation.scheduler import Scheduler
from tests.crash.simulation.tables import Tables, UploadRow

if TYPE_CHECKING:
    from shared.deps import Deps

ORG = UUID(int=1)
MEMBER = Caller("member", ORG)
IN_S3, IN_CLOUDINARY = Target(project_id=UUID(int=2)), Target(project_id=UUID(int=3))
STOP = Target(team_id=UUID(int=4), location_id=UUID(int=5))
TARGETS = {IN_S3: StoreName.S3, IN_CLOUDINARY: StoreName.CLOUDINARY, STOP: StoreName.CLOUDINARY}


@dataclass(frozen=True, slots=True)
class Wish:
    """What one client wants stored, under one key."""

    key: str
    door: Door
    target: Target
    content: Content
    tells_digest: bool = True
    sends: Content | None = None

    @property
    def intention(self) -> Intention:
        known = self.content
        declared = Declared("a.jpg", known.size, known.mime, known.sha256 if self.tells_digest else None)
        return Intention(self.door, self.key, self.target, declared, {"md5": known.md5})


class World:
    """All parts of one run. Nothing in it reads the machine's clock, nor draws lots but from its own."""

    def __init__(self, seed: int, rules: Rules, climate: Climate = PEACE, *, watches: bool = True) -> None:
        self.rng = random.Random(seed)
        self.rules, self.climate = rules, climate
        self.tables = Tables(strict=rules.strict)
        self.watch = Watch(self)
        self.scheduler = Scheduler(self.watch.check if watches else _nobody, self.rng)
        clock = self.clock
        self.tenants = Tenants({(ORG, MEMBER.actor_id): Role.MEMBER}, {(ORG, t): s for t, s in TARGETS.items()})
        self.claims = Claims(self.tables, self.tenants, rules, clock, "sim")
        self.commits = Commits(self.tables, rules, clock, self.new_id)
        self.parking = recovery.Parking(self.tables, self.claims, clock, self.new_id)
        self.recovery = recovery.Recovery(self.tables, rules, clock)
        self.outbox = recovery.Outbox(self.tables, clock)
        self.photos = Photos(self.tables, self.tenants, clock)
        self.s3, self.cloudinary = Shelf(StoreName.S3), Shelf(StoreName.CLOUDINARY)
        self.wishes: dict[str, Wish] = {}
        self.hints: list[str] = []
        self.alarms: list[tuple[float, UUID]] = []
        self.bells = 0
        self.told: dict[UUID, int] = {}
        self.bucket = FakeBucket(self, self.s3)
        self.deps = cast("Deps", SimDeps(self))
        self._ids = 1_000

    def clock(self) -> float:
        return self.scheduler.now

    def moment(self) -> datetime:
        return moment(self.scheduler.now)

    def new_id(self) -> UUID:
        self._ids += 1
        return UUID(int=self._ids)

    def shelf(self, name: StoreName) -> Shelf:
        return self.s3 if name is StoreName.S3 else self.cloudinary

    def shelves(self) -> tuple[Shelf, Shelf]:
        return self.s3, self.cloudinary

    def sends_again(self) -> bool:
        return self.rng.random() < self.climate.sends_again

    def garbles(self) -> bool:
        return not self.scheduler.is_straight and self.rng.random() < self.climate.garbles

    def put(self, shelf: Shelf, name: str, sent: Content, *, digested: bool = True) -> StoredObject:
        """An object appears; our bucket tells of each that is new."""
        is_new = name not in shelf.held
        stored = shelf.put(name, sent, digested=digested)
        if is_new and shelf.name is StoreName.S3:
            self.hints.append(name)
        return stored

    def alias(self, name: str) -> str:
        """An object's name, as a trace tells it: which wish, which attempt."""
        attempt = self.tables.by_name[name]
        return f"{attempt.upload.idem_key}/{attempt.number}"

    def row_of(self, wish: Wish) -> UploadRow | None:
        return self.tables.by_key.get((ORG, MEMBER.actor_id, wish.door, wish.key))

    def wish_of(self, row: UploadRow) -> Wish:
        return self.wishes[row.idem_key]

    def deadlines(self, after: float) -> list[float]:
        """When something is due by itself, whoever is alive."""
        found = [attempt.next_look_at for attempt in self.tables.attempts.values()]
        for upload in self.tables.uploads.values():
            if upload.state is UploadState.OPEN:
                found += [upload.lease_until, upload.next_retry_at]
        found += [row.available_at for row in self.tables.outbox.values() if row.is_open]
        found += [late.lands_before for late in self.scheduler.late]
        return [at for at in found if at is not None and at > after]


def _nobody() -> None:
    return
