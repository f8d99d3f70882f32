"""Does a claim of ten due rows cost the same among a million uploads as among ten thousand? Prints the ratios."""

import sys
from statistics import median
from time import perf_counter
from uuid import uuid4

from shared.db.connection import Database
from shared.db.parking import PostgresParking
from shared.db.stages import PostgresStages
from shared.photos.stages import Stage
from tests.support.crowd import crowd, server

FEW, MANY = 10_000, 1_000_000
ROUNDS, DUE = 9, 10


class Claims:
    """Ten uploads that are parked and due, and ten photos that nobody processes."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self._parking = PostgresParking(self.database, stage="bench", new_id=uuid4)
        self._stages = PostgresStages(self.database, new_id=uuid4)

    def uploads(self) -> float:
        started = perf_counter()
        assert len(self._parking.claim_due(limit=DUE, lease_seconds=60, reap_after=3_600)) == DUE
        return perf_counter() - started

    def stages(self) -> float:
        started = perf_counter()
        assert len(self._stages.take_unhinted(Stage.PROCESS, DUE, 3_600)) == DUE
        return perf_counter() - started


def main() -> None:
    with server() as url:
        few, many = Claims(crowd(url, FEW)), Claims(crowd(url, MANY))
        rounds = [(few.uploads(), many.uploads(), few.stages(), many.stages()) for _ in range(ROUNDS)]
        few.database.close()
        many.database.close()
    of = [median(each) * 1000 for each in zip(*rounds, strict=True)]
    say = sys.stdout.write
    say(f"claim of {DUE} due uploads: {of[0]:.2f} ms at {FEW}, {of[1]:.2f} ms at {MANY}, ratio {of[1] / of[0]:.2f}")
    say(" (goal 1.3)\n")
    say(f"claim of {DUE} due stages: {of[2]:.2f} ms at {FEW}, {of[3]:.2f} ms at {MANY}, ratio {of[3] / of[2]:.2f}\n")


if __name__ == "__main__":
    main()
