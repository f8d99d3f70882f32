"""Whether the promise survives a SIGKILL at every point, on every way, whoever comes back first."""

import pytest

from tests.crash.oracle import check, come_to_rest
from tests.crash.scenarios import SCENARIOS

pytestmark = pytest.mark.xdist_group("crash")

# Where the client holds the bytes, and may be back before recovery is.
CLIENT_FIRST = frozenset({"form-cloudinary", "form-stop-again", "form-parking", "direct", "direct-cloudinary"})


def client_first(house, scene):
    scene.client.insist()
    come_to_rest(house)


def recovery_first(house, scene):
    come_to_rest(house)
    scene.client.insist()
    come_to_rest(house)


KILLS = [
    pytest.param(scenario, at, come_back, id=f"{scenario.name}-{point}-{come_back.__name__}")
    for scenario in SCENARIOS
    for come_back in (recovery_first, client_first)
    if come_back is recovery_first or scenario.name in CLIENT_FIRST
    for at, point in enumerate(scenario.points)
]


@pytest.mark.parametrize(("scenario", "at", "come_back"), KILLS)
def test_a_process_killed_at_any_point_leaves_one_photo_and_nothing_else(house, scenario, at, come_back):
    scene = scenario.set_up(house)

    outcome = scene.play(house, stop_at=at)
    house.calm()
    come_back(house, scene)
    scene.client.ask()

    assert outcome.was_killed
    assert outcome.points == list(scenario.points[: at + 1])
    check(house, scene.place, *scene.clients)
