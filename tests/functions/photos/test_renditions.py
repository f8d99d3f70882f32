"""How a photo shows what was made of it, and where it was taken, to whom its organisation wants."""

import json

import pytest

MADE = {"display": {"name": "derived/d.webp"}, "thumb": {"name": "derived/t.webp"}}
EXIF = {"iso": 100, "gps_coordinates": {"latitude": 52.516275, "longitude": 13.377704}}


@pytest.fixture
def photo(stored, sql_of):
    made = stored.photo("a")
    sql_of.execute("UPDATE photos SET exif = %s WHERE id = %s", (json.dumps(EXIF), made))
    return made


def test_before_it_is_processed_there_is_nothing_to_show_but_the_original(api, photo):
    shown = api.get(f"/{photo}").json

    assert not {"display_url", "thumb_url", "placeholder", "animated"} & set(shown)
    assert shown["searchable"] is False


def test_what_was_made_of_it_is_shown_by_links_that_are_fresh(api, photo, sql_of):
    sql_of.execute(
        "UPDATE photos SET renditions = %s, placeholder = 'abc', animated = true WHERE id = %s",
        (json.dumps(MADE), photo),
    )
    sql_of.execute(
        "INSERT INTO embeddings (photo_id, org_id, model, embedding) SELECT id, org_id, 'm', %s::vector FROM photos",
        (str([1.0] + 1023 * [0.0]),),
    )

    shown = api.get(f"/{photo}").json

    assert (shown["placeholder"], shown["animated"], shown["searchable"]) == ("abc", True, True)
    for kind in MADE:
        assert MADE[kind]["name"] in shown[f"{kind}_url"]
        assert "X-Amz-Signature=" in shown[f"{kind}_url"]


PLACES = {
    "keep": EXIF["gps_coordinates"],
    "coarsen": {"latitude": 52.52, "longitude": 13.38},
    "strip": None,
}


@pytest.mark.parametrize("policy", PLACES)
@pytest.mark.parametrize("path", ["", "/exif"])
def test_a_place_is_shown_as_the_organisation_wants_it(api, photo, sql_of, policy, path):
    sql_of.execute("UPDATE organizations SET gps_policy = %s", (policy,))

    assert api.get(f"/{photo}{path}").json["exif_data"].get("gps_coordinates") == PLACES[policy]
    assert sql_of.execute("SELECT exif FROM photos").fetchone() == (EXIF,)
