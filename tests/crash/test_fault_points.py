"""Whether every named point is where its name says, on every way that a photo can go."""

import pytest

from shared import faults
from shared.faults import Point
from tests.crash.oracle import check, come_to_rest
from tests.crash.scenarios import SCENARIOS

pytestmark = pytest.mark.xdist_group("crash")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_way_passes_its_points_in_order(house, scenario):
    scene = scenario.set_up(house)

    outcome = scene.play(house)
    house.calm()
    scene.client.insist()
    come_to_rest(house)
    scene.client.ask()

    assert outcome.points == list(scenario.points)
    check(house, scene.place, *scene.clients)


def test_all_ways_together_pass_every_point_there_is():
    passed = {point for scenario in SCENARIOS for point in scenario.points}

    assert passed == set(Point)


def test_a_point_that_nobody_listens_to_does_nothing():
    heard = []
    faults.set_hook(heard.append)
    faults.point(Point.COMMIT_BEFORE)
    faults.set_hook(None)

    faults.point(Point.COMMIT_AFTER)

    assert heard == [Point.COMMIT_BEFORE]
