"""Whether the promise survives a store whose word cannot be had, or trusted, while processes die as well."""

import pytest

from shared.faults import Point
from tests.crash.oracle import check, come_to_rest
from tests.crash.scenarios import (
    CLAIM,
    GARBLED,
    LOST,
    ONE_TRY_OF_A_JOB,
    PARKED,
    form_to,
    holder_died,
    parked,
)
from tests.support.client import wait_until

pytestmark = pytest.mark.xdist_group("crash")

MANY_CALLS = (30_000,)
SILENT = ("lose_reply", "apply_late", "502_html", "slow")
LYING = ("truncate", "other_asset")
DEATHS = (None, Point.CONDEMN_BEFORE, Point.CONDEMN_AFTER, Point.PARK_ALLOTTED, Point.PARK_PROMISED)


WOES = [
    pytest.param(fault, death, id=f"{fault}-{death or 'nobody-dies'}")
    for fault in SILENT + LYING
    # Each of these waits for a second until it has lost its patience.
    for death in (DEATHS[:2] if fault == "slow" else DEATHS)
]


def points_under(fault):
    return (*CLAIM, *(GARBLED if fault in LYING else LOST), *PARKED)


def let_it_land(house, place, fault):
    """What was on its way all the time arrives now, after recovery has looked."""
    house.pass_time()
    house.recover()
    before = set(house.assets(place))
    house.gate.set()
    if fault == "apply_late":
        wait_until(lambda: set(house.assets(place)) - before)


@pytest.mark.parametrize(("fault", "death"), WOES)
def test_neither_a_lost_word_of_the_store_nor_a_death_after_it_loses_a_photo(house, fault, death):
    scene = form_to("project", "cloudinary")(house)
    house.cloudinary.arm(fault, operation="upload", times=1)
    at = death and points_under(fault).index(death)

    outcome = scene.play(house, stop_at=at)
    let_it_land(house, scene.place, fault)
    scene.client.insist()
    come_to_rest(house)
    scene.client.ask()

    assert outcome.points == list(points_under(fault))[: at and at + 1]
    check(house, scene.place, scene.client)


@pytest.mark.parametrize("fault", ["lose_reply", "apply_late", "other_asset"])
def test_a_late_or_foreign_object_never_takes_the_place_of_the_committed_one(house, fault):
    """The client is back, and has its 201, before the first attempt's object lands."""
    scene = form_to("stop", "cloudinary")(house)
    house.cloudinary.arm(fault, operation="upload", times=1)

    scene.play(house, stop_at=points_under(fault).index(Point.CONDEMN_BEFORE))
    scene.client.insist()
    let_it_land(house, scene.place, fault)
    come_to_rest(house)
    scene.client.ask()

    check(house, scene.place, scene.client)


@pytest.mark.parametrize("fault", ["lose_reply", "truncate", "other_asset"])
def test_a_retry_whose_store_lies_is_resumed_by_the_next(house, fault):
    scene = parked(house)
    house.cloudinary.arm(fault, operation="upload", times=1)

    scene.play(house, remaining=ONE_TRY_OF_A_JOB, stop_at=2 + (fault in LYING))
    come_to_rest(house)
    scene.client.ask()

    check(house, scene.place, scene.client)


@pytest.mark.parametrize("fault", ["lose_reply", "apply_late"])
def test_what_is_sent_again_within_one_request_stays_one_object(house, fault):
    """The same bytes under the same name: what lands twice, or late, is what is there."""
    scene = form_to("project", "cloudinary")(house)
    house.cloudinary.arm(fault, operation="upload", times=1)

    scene.play(house, remaining=MANY_CALLS)
    house.gate.set()
    come_to_rest(house)
    scene.client.ask()

    assert [answer.status for answer in scene.client.answers] == [201, 201]
    check(house, scene.place, scene.client)


@pytest.mark.parametrize("fault", ["lose_reply", "apply_late", "500", "401"])
def test_a_delete_whose_answer_is_lost_is_looked_after(house, fault):
    scene = holder_died(house)
    house.cloudinary.arm(fault, operation="destroy", times=2)

    scene.play(house)
    house.gate.set()
    scene.client.insist()
    come_to_rest(house)
    scene.client.ask()

    check(house, scene.place, scene.client)
