"""What an operator may choose, and what comes of it."""

import pytest

from shared.errors import Misconfigured
from shared.settings import LimitSettings


@pytest.mark.parametrize(
    ("env", "capacity", "per_minute"),
    [
        ({}, 100, 10),
        ({"RATE_PROFILE": "burst"}, 100, 10),
        ({"RATE_PROFILE": "steady"}, 100, 100),
        ({"RATE_PROFILE": "steady", "RATE_CAPACITY": "30"}, 30, 30),
        ({"RATE_PER_MINUTE": "55"}, 100, 55),
    ],
)
def test_a_profile_says_how_fast_a_user_may_be(env, capacity, per_minute):
    rate = LimitSettings.from_env(env).rate

    assert (rate.capacity, round(rate.per_second * 60, 6)) == (capacity, per_minute)


@pytest.mark.parametrize("env", [{"RATE_PROFILE": "endless"}, {"MAX_BYTES": "0"}, {"URL_SECONDS": "7200"}])
def test_what_makes_no_sense_is_refused_by_its_name(env):
    with pytest.raises(Misconfigured, match=next(iter(env))):
        LimitSettings.from_env(env)


def test_a_list_of_types_is_a_list():
    assert LimitSettings.from_env({"ACCEPTED_TYPES": "image/png, image/webp"}).accepted_types == {
        "image/png",
        "image/webp",
    }
