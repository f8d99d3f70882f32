"""Twenty thousand worlds, each from one seed: no promise is broken in any, and each would be without its guard."""

import pytest

from tests.crash.simulation.mutations import HARMFUL, NoLease
from tests.crash.simulation.simulate import replay, simulate

CHUNK = 1_000
# Within so many seeds every mutation must be caught; the slowest is caught after about a hundred.
PATIENCE = 600
BROKEN = {"I1", "I2", "I3", "I10"}


@pytest.mark.parametrize("chunk", range(20))
def test_no_promise_is_broken(chunk):
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        violation = simulate(seed)

        assert violation is None, replay(seed)


@pytest.mark.parametrize("mutation", HARMFUL)
def test_without_this_safety_part_a_promise_is_broken(mutation):
    seeds = range(PATIENCE)

    found = next((broken for seed in seeds if (broken := simulate(seed, mutation()))), None)

    assert found is not None, f"{mutation.name}: nothing was lost in {PATIENCE} seeds"
    assert found.name in BROKEN


def test_the_lease_is_a_courtesy_and_no_safety_part():
    """The compare-and-set of the attempt is enough: without any lease, nothing is lost either."""
    for seed in range(PATIENCE):
        assert simulate(seed, NoLease()) is None, replay(seed, NoLease())


@pytest.mark.parametrize("seed", [6, 12])
def test_a_seed_replays_step_by_step(seed):
    told = replay(seed)

    assert told == replay(seed)
    assert "from here on nothing fails" in told
