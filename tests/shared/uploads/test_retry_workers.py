"""Many workers at once, of which some die: everything that was due is done, and nothing twice."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue

import pytest

from shared.faults import Point, set_hook
from shared.photos import StoreName
from shared.resilience.budget import Budget
from shared.uploads.retry_run import run_due
from tests.crash.simulation.silence import silence
from tests.shared.uploads.parked import FakeDeps

PLENTY = Budget.seconds(10_000)
ROWS, LIVES = 800, 120


def test_eight_workers_of_which_one_in_twenty_dies_do_everything_once(deps, parked, hands):
    """What a dead worker held comes back when its lease is over, for whoever is next; nobody does it twice."""
    parked.many(ROWS)
    puts = deps.stores[StoreName.CLOUDINARY].puts

    with hands(dying=0.05) as crew:
        done = crew.work(LIVES)
    parked.sql.execute("UPDATE uploads SET lease_until = now() WHERE lease_until IS NOT NULL")
    abandoned, _ = deps.recovery.abandon(ROWS)
    with hands(dying=0) as others:
        done += others.work(8)

    committed = "SELECT count(*), count(DISTINCT upload_id) FROM attempts WHERE state = 'committed'"
    assert parked.states() == {"committed": ROWS}
    assert parked.sql.execute(committed).fetchone() == (ROWS, ROWS)
    assert (done, abandoned) == (ROWS, crew.deaths)
    assert crew.deaths > ROWS / 50
    assert len(puts) == len(set(puts)) == ROWS


@pytest.fixture
def hands(deps, database_url):
    """Eight workers over one database, each with a connection of its own; some of them die after a claim."""

    @contextmanager
    def crew(dying: float):
        with Crew([FakeDeps(database_url, deps.stores) for _ in range(8)], dying) as made:
            yield made

    return crew


class Died(BaseException):
    """A worker is gone without a word."""


class Crew:
    """Whoever dies is followed by another, until everybody has lived."""

    def __init__(self, workers: list[FakeDeps], dying: float) -> None:
        self.deaths = 0
        self._workers, self._dying, self._chance = workers, dying, random.Random(7)
        self._free = SimpleQueue()
        for worker in workers:
            self._free.put(worker)

    def work(self, lives: int) -> int:
        with silence(), ThreadPoolExecutor(len(self._workers)) as pool:
            return sum(pool.map(self._live, range(lives)))

    def _live(self, _: int) -> int:
        worker = self._free.get()
        committed = _Counting(worker.ledger)
        worker.ledger = committed
        try:
            run_due(worker, PLENTY)
        except Died:
            pass
        finally:
            worker.ledger = committed.ledger
            self._free.put(worker)
        return committed.count

    def __enter__(self):
        set_hook(self._pass)
        return self

    def __exit__(self, *_):
        set_hook(None)
        for worker in self._workers:
            worker.database.close()

    def _pass(self, name):
        if name is Point.RETRY_CLAIMED and self._chance.random() < self._dying:
            self.deaths += 1
            raise Died


class _Counting:
    """A ledger that counts what it committed."""

    def __init__(self, ledger):
        self.ledger, self.count = ledger, 0

    def commit(self, commit):
        self.count += 1
        return self.ledger.commit(commit)

    def __getattr__(self, name):
        return getattr(self.ledger, name)
