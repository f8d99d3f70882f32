"""How much of a place each policy lets through."""

import pytest

from shared.photos.gps import GpsPolicy, shown

PLACE = {"latitude": 52.516275, "longitude": -13.377704, "altitude_m": 34.5}
EXIF = {"iso": 100, "gps_coordinates": PLACE}
COARSE = {"latitude": 52.52, "longitude": -13.38}
SHOWN = {
    GpsPolicy.KEEP: EXIF,
    GpsPolicy.COARSEN: {"iso": 100, "gps_coordinates": COARSE},
    GpsPolicy.STRIP: {"iso": 100},
}


@pytest.mark.parametrize("policy", GpsPolicy)
def test_a_place_is_shown_as_the_organisation_wants_it(policy):
    assert shown(EXIF, policy) == SHOWN[policy]
    assert EXIF["gps_coordinates"]["latitude"] == 52.516275


@pytest.mark.parametrize("policy", GpsPolicy)
@pytest.mark.parametrize("exif", [{}, {"iso": 100}])
def test_without_a_place_there_is_nothing_to_hide(policy, exif):
    assert shown(exif, policy) == exif


@pytest.mark.parametrize("policy", [GpsPolicy.COARSEN, GpsPolicy.STRIP])
def test_a_place_in_a_shape_that_nobody_knows_is_hidden(policy):
    assert shown({"gps_coordinates": "52.516275, 13.377704"}, policy) == {}


def test_the_policies_are_those_of_the_ledger(sql_of):
    (check,) = sql_of.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'organizations_gps_policy_check'"
    ).fetchone()

    assert all(f"'{policy}'" in check for policy in GpsPolicy)
