"""Over real parts: whoever uploads a photo sees it completed, with its renditions and searchable, within seconds."""

import io

import pytest
from PIL import Image

from local.aws import Aws
from tests.support.client import jpeg, wait_until
from tests.support.form import send


def by_form(client, photo):
    return send(client, photo).json["photo_id"]


def by_form_to_cloudinary(client, photo):
    stop = {"team_id": client.stack.team_id, "location_id": client.stack.location_ids[0]}
    return send(client, photo, stop).json["photo_id"]


def directly(client, photo):
    grant = client.upload_url(photo).json
    client.put(grant, photo)
    client.complete(grant["photo_id"])
    return grant["photo_id"]


@pytest.mark.parametrize("upload", [by_form, directly, by_form_to_cloudinary])
def test_a_photo_becomes_completed_with_renditions_and_an_embedding(client, upload):
    photo = jpeg((900, 600))

    photo_id = upload(client, photo)
    shown = client.processed(photo_id)

    assert (shown["status"], shown["width"], shown["height"]) == ("completed", 900, 600)
    assert shown["placeholder"]
    sizes = {}
    for kind in ("display", "thumb"):
        got = client.ask("GET", shown[f"{kind}_url"], token=None)
        assert (got.status, got.headers["Content-Type"]) == (200, "image/webp")
        sizes[kind] = Image.open(io.BytesIO(got.data)).size
    assert sizes == {"display": (900, 600), "thumb": (400, 267)}
    assert client.rows("SELECT state FROM stages WHERE photo_id = %s", photo_id) == 2 * [("done",)]


def test_a_photo_that_cannot_be_decoded_fails_alone_and_says_why(client):
    """Its head is an image, and so it got in; its rest is not."""
    whole = jpeg((900, 600))
    # The frame's header stays; the picture itself is another's.
    broken = whole[: len(whole) // 2]
    good = jpeg()

    bad_id, good_id = directly(client, broken), directly(client, good)

    wait_until(lambda: client.status_of(bad_id) == "permanently_failed")
    wait_until(lambda: client.status_of(good_id) == "completed")
    query = "SELECT error_type FROM stages WHERE photo_id = %s AND stage = 'process'"
    assert client.rows(query, bad_id) == [("unprocessable_image",)]


def test_our_own_renditions_ring_nobody(client):
    """Else each of them would start the finaliser, to find that nobody has uploaded it."""
    photo_id = by_form(client, jpeg())
    client.processed(photo_id)
    # What came after them was heard.
    wait_until(lambda: client.status_of(directly(client, jpeg())) == "completed")

    logs = Aws(client.stack.s3_endpoint).client("logs")
    (group,) = [
        each["logGroupName"]
        for each in logs.describe_log_groups()["logGroups"]
        if "UploadCompleteFunction" in each["logGroupName"]
    ]
    events = logs.filter_log_events(logGroupName=group)["events"]

    assert events
    assert not [each for each in events if "derived/" in each["message"]]
