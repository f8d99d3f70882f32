"""What a client says of a photo is kept beside it at the store, and can never pass for anything else."""

import re

import pytest

from tests.functions.upload.door import STOP
from tests.support.client import jpeg

SAID = {
    "hunt_name": "Old town hunt",
    "organization_name": "Demo",
    "location_title": "Market hall clock",
    "session_id": "s-1",
    "team_name": "The Magpies",
    "completed_at": "2026-05-17T11:41:00+02:00",
}


def stored(door, fields, **options):
    """The one asset that came of it, and what was answered."""
    answer = door.send(jpeg(), STOP | fields, **options)
    assert answer.status == 201
    (asset,) = door.parts.cloud.held().values()
    return asset, answer.json


def test_everything_known_of_a_photo_is_its_context(door):
    asset, told = stored(door, SAID, key="my-key-1")

    assert dict(asset.context) == SAID | STOP | {
        "completed_at": "2026-05-17T09:41:00+00:00",
        "idempotency_key": "my-key-1",
        "upload_id": told["upload_id"],
        "org_id": asset.public_id.split("/")[1],
    }
    assert set(asset.tags) == {"keepsake", "key:my-key-1"}


def test_the_moment_a_stop_was_completed_is_the_clients(door):
    _, told = stored(door, SAID)

    assert told["hunt_progress"]["completed_at"].startswith("2026-05-17T09:41:00")


TRICKS = [
    "a|hunt_name=evil",
    "a=b|c=d",
    "ends in \\",
    "\\|team_id=evil",
    "a&public_id=evil&x=",
    "tag,another",
    "日本 🎈",
]


@pytest.mark.parametrize("said", TRICKS)
def test_no_text_of_a_client_becomes_another_pair_or_another_parameter(door, said):
    asset, told = stored(door, {"hunt_name": said, "team_name": "The Magpies"})

    context = dict(asset.context)
    assert context["hunt_name"] == said.replace("\\", "/")
    assert (context["team_name"], context["team_id"]) == ("The Magpies", STOP["team_id"])
    assert asset.public_id.split("/")[2] == told["upload_id"]


def test_a_key_with_every_sign_stays_one_tag(door):
    key = "k|=&?#%<>\\/:;+*'()~ k"

    asset, _ = stored(door, {}, key=key)

    assert set(asset.tags) == {"keepsake", f"key:{key}".replace("\\", "/")}


def test_the_longest_text_is_kept_and_a_longer_one_refused(door):
    asset, _ = stored(door, {"hunt_name": "ä" * 255})

    assert dict(asset.context)["hunt_name"] == "ä" * 255
    assert door.send(jpeg(), STOP | {"hunt_name": "ä" * 256}).status == 400


@pytest.mark.parametrize("name", ["v123/x.jpg", "a?b&c#d%e<f>.jpg", " ", "x" * 255, "../../x", ".htaccess"])
def test_the_name_at_the_store_is_made_of_our_ids_alone(door, name):
    door.send(jpeg(), STOP, file_name=name)

    for public_id in door.parts.cloud.held():
        assert re.fullmatch(r"dev/[0-9a-f-]{36}/[0-9a-f-]{36}/1", public_id)
