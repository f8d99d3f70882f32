"""How bad a simulated world is: what fails how often, how fast time runs, how many want something."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Climate:
    """All chances are for one occasion: a call, a step, a put."""

    name: str
    wishes: tuple[int, ...] = (1, 2, 2, 3)
    tries: tuple[int, ...] = (1, 2, 2, 3)
    steps: int = 200
    capacity: int = 1_000
    call_fails: float = 0.1
    store_fails: float = 0.1
    garbles: float = 0.0
    sends_again: float = 0.3
    dies: float = 0.01
    lands: float = 0.02
    arrives: float = 0.08
    time_passes: float = 0.03
    leaps: float = 0.3
    worker_starts: float = 0.06
    ends: float = 0.05


PEACE: Final = Climate("peace", call_fails=0.0, store_fails=0.0, dies=0.0, time_passes=0.02, leaps=0.1)
CLIMATES: Final = (
    Climate("calm", call_fails=0.0, store_fails=0.0, dies=0.01),
    Climate("fair", call_fails=0.05, store_fails=0.05),
    Climate("fair but slow", call_fails=0.05, store_fails=0.1, time_passes=0.1, leaps=0.5),
    Climate("stormy", call_fails=0.15, store_fails=0.3, garbles=0.05, dies=0.02),
    Climate("wild", call_fails=0.3, store_fails=0.4, garbles=0.1, dies=0.03, time_passes=0.06),
    Climate("rush", wishes=(3, 4), tries=(2, 3), call_fails=0.08, arrives=0.3, capacity=4),
    # The store is down for hours: uploads are parked, tried again, and given up.
    Climate(
        "siege", wishes=(1, 2), tries=(1, 2), steps=500, call_fails=0.02, store_fails=0.97, dies=0.002,
        time_passes=0.12, leaps=1.0, worker_starts=0.08, ends=0.0,
    ),
)  # fmt: skip
