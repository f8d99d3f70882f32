"""All seams of `shared.deps` together, as the use cases are given them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from shared.errors import AppError, Unavailable
from shared.photos import News, RatePolicy, StoreName
from tests.crash.simulation.fake_database import Ledger, Outbox, Parking, Photos, Recovery
from tests.crash.simulation.fake_stores import FakeStore, probe
from tests.crash.simulation.faults_of_calls import Call

if TYPE_CHECKING:
    from tests.crash.simulation.world import World

QUEUE_SAYS_NO: tuple[Callable[[], AppError], ...] = (Unavailable,)


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers an operator may choose."""

    rate: RatePolicy
    max_bytes: int = 1 << 26
    max_form_bytes: int = 1 << 22
    min_bytes: int = 1
    url_seconds: int = 900
    accepted_types: frozenset[str] = frozenset({"image/jpeg"})
    retry_delay_ms: int = 0


@dataclass(frozen=True, slots=True)
class Queues:
    """The bell, the alarm and the publisher: each message may be refused, lost sight of, or told twice."""

    world: "World"

    def ring(self) -> None:
        def effect() -> None:
            self.world.bells += 1

        self._send("bell", effect)

    def ring_at(self, upload_id: UUID, seconds: float) -> None:
        due = (self.world.clock() + seconds, upload_id)
        self._send("alarm", lambda: self.world.alarms.append(due))

    def tell(self, news: Sequence[News]) -> Mapping[int, str]:
        def effect() -> dict[int, str]:
            refused = {item.id: "busy" for item in news if self.world.garbles()}
            for item in news:
                if item.id not in refused:
                    photo = UUID(str(item.payload["photo_id"]))
                    self.world.told[photo] = self.world.told.get(photo, 0) + 1
            return refused

        answer = self._send("tell", effect)
        assert isinstance(answer, dict)
        return answer

    def _send(self, label: str, effect: Callable[[], object]) -> object:
        return self.world.scheduler.call(Call(label, effect, refusals=QUEUE_SAYS_NO, unknown=Unavailable))


class SimDeps:
    """The parts of `Deps`, made once for a world: who calls is known to the scheduler."""

    public_url = ""
    probe = staticmethod(probe)

    def __init__(self, world: "World") -> None:
        self._world = world
        self.ledger, self.parking = Ledger(world), Parking(world)
        self.recovery, self.outbox, self.photos = Recovery(world), Outbox(world), Photos(world)
        self.bell = self.alarm = self.publisher = Queues(world)
        self.direct_store = world.bucket
        self.limits = Limits(RatePolicy("uploads", world.climate.capacity, 10.0 / 60))

    def act_for(self, org_id: UUID | None) -> None:
        """There is one organisation, and no wall."""

    def sleep(self, seconds: float) -> None:
        """Pauses change nothing here: every call is one already."""

    @cached_property
    def _stores(self) -> dict[StoreName, FakeStore]:
        return {shelf.name: FakeStore(self._world, shelf) for shelf in self._world.shelves()}

    def store(self, name: StoreName) -> FakeStore:
        return self._stores[name]
