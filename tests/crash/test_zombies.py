"""Whether a process that sleeps longer than its lease, and then goes on, can hurt those who took its work over."""

from dataclasses import replace

import pytest

from tests.crash.oracle import check, come_to_rest
from tests.crash.scenarios import SCENARIOS

pytestmark = pytest.mark.xdist_group("crash")

WAYS = ("form-stop-again", "form-parking", "direct", "retry", "recover-dead", "process", "embed")
NAPS = [
    pytest.param(scenario, at, id=f"{scenario.name}-{point}")
    for scenario in SCENARIOS
    if scenario.name in WAYS
    for at, point in enumerate(scenario.points)
]


@pytest.mark.parametrize(("scenario", "at"), NAPS)
def test_a_zombie_hurts_nobody_who_took_its_work_over(house, scenario, at):
    scene = scenario.set_up(house)
    zombie = house.functions.fresh(house.env)

    asleep = zombie.call(replace(scene.call, stop_at=at, waits=True)).is_waiting
    house.calm()
    house.pass_time()
    house.recover()
    house.retry()
    house.work()
    scene.client.insist()
    zombie.go_on()
    scene.hear(zombie.end())
    zombie.close()
    come_to_rest(house)
    scene.client.ask()

    assert asleep
    check(house, scene.place, *scene.clients)
