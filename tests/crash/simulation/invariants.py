"""The promises I1 to I14, checked after every effect, and once more when all is at rest."""

from typing import TYPE_CHECKING

from shared.errors import AppError
from shared.photos import AttemptState, Reply, UploadState
from tests.crash.simulation.violations import Violation

if TYPE_CHECKING:
    from uuid import UUID

    from tests.crash.simulation.tables import AttemptRow, PhotoRow, UploadRow
    from tests.crash.simulation.world import Wish, World

# What a client with the right content, rights and target can never be told.
ABSURD = frozenset({"idempotency_key_reused", "forbidden", "not_found", "internal", "bad_request", "misconfigured"})
DELETABLE = frozenset({AttemptState.CONDEMNED, AttemptState.REAPED})
STORED, PARKED = frozenset({200, 201}), 202


class Watch:
    """Remembers what clients were told, and compares it with what is."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._told: dict[str, Reply] = {}
        self._promised: set[str] = set()
        self._had: set[str] = set()
        self._seqs: dict[tuple[UUID | None, UUID | None], int] = {}

    def answered(self, wish: "Wish", reply: Reply) -> None:
        """A client heard this."""
        row = self._world.row_of(wish)
        if row is None:
            raise Violation("I3", f"{wish.key} was answered, and has no row")
        if reply.status == PARKED:
            self._promised.add(wish.key)
        elif reply.status in STORED:
            before = self._told.setdefault(wish.key, reply)
            if before != reply:
                raise Violation("I5", f"{wish.key} was answered {before}, and then {reply}")
        else:
            raise Violation("reply", f"{wish.key} was answered {reply}")
        self.check()

    def has_already(self, wish: "Wish", photo_id: "UUID") -> None:
        """A client heard that the target has this photo: it need not send the bytes."""
        photo = self._world.tables.photos.get(photo_id)
        if photo is None or photo.target != wish.target or photo.sha256 != wish.content.sha256:
            raise Violation("I3", f"{wish.key} was told of photo {photo_id}, which is none of its bytes")
        self._had.add(wish.key)
        self.check()

    def refused(self, wish: "Wish", error: AppError) -> None:
        """A client heard that."""
        if error.code in ABSURD:
            raise Violation("refusal", f"{wish.key} was told {error.code}: {error.message}")

    def is_answered(self, wish: "Wish") -> None:
        """With faults off, who asks again is told how it ended: stored, or refused for good."""
        row = self._world.row_of(wish)
        if wish.key not in self._told.keys() | self._had and (row is None or row.state is not UploadState.FAILED):
            raise Violation("I10", f"STUCK: {wish.key} cannot be stored, though nothing fails any more")

    def is_kept_for_a_person(self, attempt: "AttemptRow") -> bool:
        """Parked bytes outlive their last try: a person may want to try again with them."""
        return attempt.upload.state is UploadState.FAILED and attempt.upload.parked_key == attempt.object_name

    def delete(self, name: str) -> None:
        """Only a condemned name may be deleted."""
        attempt = self._world.tables.by_name[name]
        if self._world.rules.strict and attempt.state not in DELETABLE:
            raise Violation("I7", f"{name} is deleted, and its attempt is {attempt.state}")

    def check(self) -> None:
        """What must hold in every state."""
        tables = self._world.tables
        for photo in tables.photos.values():
            if photo.attempt is not None:
                self._holds(photo)
        for key in self._told:
            self._is_kept(key)
        for key in self._promised:
            self._is_parked(key)
        for stop, row in tables.stops.items():
            if row.seq < self._seqs.get(stop, 0):
                raise Violation("I9", f"stop {stop} went back from {self._seqs[stop]} to {row.seq}")
            self._seqs[stop] = row.seq
        self._count_tokens()

    def check_at_rest(self) -> None:
        """What must hold when nobody moves any more."""
        self.check()
        self._no_orphans()
        self._no_doubles()
        for photo in self._world.tables.photos.values():
            if photo.attempt and not photo.attempt.object_name.startswith(f"sim/{photo.org_id}/"):
                raise Violation("I11", f"{photo.attempt.object_name} is not in the space of {photo.org_id}")
            if not self._world.told.get(photo.id):
                raise Violation("I12", f"nobody was told of photo {photo.id}")

    def _holds(self, photo: "PhotoRow") -> None:
        attempt = photo.attempt
        assert attempt is not None
        if self._world.rules.strict and attempt.state is not AttemptState.COMMITTED:
            raise Violation("I13", f"photo {photo.id} points at {attempt.object_name}, which is {attempt.state}")
        there = self._world.shelf(attempt.store).held.get(attempt.object_name)
        wish = self._world.wish_of(attempt.upload)
        if there is None:
            raise Violation("I1", f"LOST: the photo of {wish.key} points at {attempt.object_name}: nothing is there")
        if there.content is not wish.content:
            raise Violation("I1", f"LOST: {attempt.object_name} holds other bytes than {wish.key} sent")

    def _is_kept(self, key: str) -> None:
        row = self._row(key)
        photo = self._world.tables.photos.get(row.photo_id) if row.photo_id else None
        if row.state is not UploadState.COMMITTED or photo is None:
            raise Violation("I3", f"LOST: {key} was acknowledged, and is {row.state}")
        if photo.attempt is None and photo.replaced_by is None:
            raise Violation("I3", f"LOST: {key} was acknowledged, and its photo is gone")

    def _is_parked(self, key: str) -> None:
        row = self._row(key)
        if row.state is not UploadState.OPEN:
            return
        name = row.parked_key
        place = self._world.tables.by_name.get(name) if name else None
        there = self._world.s3.held.get(name) if name else None
        if place is None or place.state is not AttemptState.INTENT or there is None:
            raise Violation("I3", f"LOST: {key} was promised (202), and its parked bytes at {name} are not kept")

    def _row(self, key: str) -> "UploadRow":
        row = self._world.row_of(self._world.wishes[key])
        if row is None:
            raise Violation("I3", f"the row of {key} is gone")
        return row

    def _count_tokens(self) -> None:
        world = self._world
        most = world.climate.capacity + world.deps.limits.rate.per_second * world.clock()
        if world.claims.granted > most + 1e-6:
            raise Violation("I14", f"{world.claims.granted} tokens were granted, of at most {most}")

    def _no_orphans(self) -> None:
        for shelf in self._world.shelves():
            for name in shelf.held:
                attempt = self._world.tables.by_name[name]
                if attempt.state is not AttemptState.COMMITTED and not self.is_kept_for_a_person(attempt):
                    raise Violation("I2", f"ORPHAN: {shelf.name} holds {name}, and its attempt is {attempt.state}")

    def _no_doubles(self) -> None:
        seen: dict[tuple[object, str], str] = {}
        for photo in self._world.tables.photos.values():
            if photo.attempt is None or photo.target.project_id is None:
                continue
            wish = self._world.wish_of(photo.attempt.upload)
            if not wish.tells_digest:
                continue
            other = seen.setdefault((photo.target, wish.content.sha256), wish.key)
            if other != wish.key:
                raise Violation("G2", f"TWICE: {other} and {wish.key} are the same photo of one project")
