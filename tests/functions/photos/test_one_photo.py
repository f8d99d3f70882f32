"""One photo by its id: who sees it, how much of it, and what is said when it is gone or not there yet."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.photos import Loss, Reply, UploadToken
from shared.tokens.upload_token_json import to_context

PLACE = {"latitude": 53.54, "longitude": 9.99}


def bare(answer):
    """An error without what differs from request to request."""
    return {name: value for name, value in answer.json.items() if name not in {"request_id", "instance"}}


def token_for(project, *operations):
    later = datetime.now(UTC) + timedelta(hours=1)
    return to_context(UploadToken(uuid4(), project, frozenset(operations), frozenset({"image/jpeg"}), later))


@pytest.fixture
def taken_somewhere(stored, sql_of):
    """A photo whose camera knew where it was."""
    photo = stored.photo("a")
    exif = json.dumps({"camera_make": "Keepsake", "gps_coordinates": PLACE})
    sql_of.execute("UPDATE photos SET exif = %s, exif_warnings = '{\"iso: no number\"}'", (exif,))
    return photo


def test_a_member_sees_all_of_it(api, taken_somewhere):
    answer = api.get(f"/{taken_somewhere}")

    assert answer.status == 200
    assert answer.json["exif_data"] == {"camera_make": "Keepsake", "gps_coordinates": PLACE}
    assert answer.json["status_url"] == f"https://api.example/api/v1/photos/{taken_somewhere}"
    assert "X-Amz-Signature" in answer.json["url"]


@pytest.mark.parametrize("path", ["/{}", "/{}/exif", ""])
def test_a_viewer_is_not_told_where_it_was_taken(api, taken_somewhere, path):
    answer = api.get(path.format(taken_somewhere), who="viewer")

    assert answer.status == 200
    assert "Keepsake" in json.dumps(answer.json)
    assert "gps" not in json.dumps(answer.json)


def test_exif_by_itself(api, taken_somewhere):
    answer = api.get(f"/{taken_somewhere}/exif")

    assert answer.json == {
        "photo_id": str(taken_somewhere),
        "exif_data": {"camera_make": "Keepsake", "gps_coordinates": PLACE},
        "exif_warnings": ["iso: no number"],
        "width": 40,
        "height": 30,
    }


def test_a_photo_without_exif_says_so_by_empty_ones(api, stored, sql_of):
    photo = stored.photo("a")
    sql_of.execute("UPDATE photos SET exif = '{}'")

    answer = api.get(f"/{photo}/exif")

    assert (answer.json["exif_data"], answer.json["exif_warnings"]) == ({}, [])


def test_what_is_not_stored_yet_has_a_status_and_no_exif(api, stored):
    waiting = stored.pending("a")

    assert api.get(f"/{waiting}").json["status"] == "pending_upload"
    answer = api.get(f"/{waiting}/exif")
    assert (answer.status, answer.json["code"], answer.json["retryable"]) == (409, "upload_not_ready", True)
    assert answer.headers["Retry-After"]


def test_what_failed_for_good_has_a_reason_and_no_exif(api, world):
    claim = world.claim()
    reply = Reply(422, {"code": "store_refused", "message": "no"})
    world.ledger.condemn(claim.attempt.id, Loss("permanent", "store_refused", "not an image", reply))

    shown, exif = api.get(f"/{claim.attempt.upload_id}"), api.get(f"/{claim.attempt.upload_id}/exif")

    assert shown.json["error"]["detail"] == "not an image"
    assert (exif.status, exif.json["code"], exif.json["retryable"]) == (409, "conflict", False)


@pytest.mark.parametrize("path", ["/{}", "/{}/exif"])
def test_another_organisations_and_nobodys_look_alike(api, taken_somewhere, path):
    foreign, nowhere = (api.get(path.format(each), **api.outsider()) for each in (taken_somewhere, uuid4()))

    assert (foreign.status, nowhere.status) == (404, 404)
    assert bare(foreign) == bare(nowhere)


ASKED = {
    "read": ("GET", "/{}", None),
    "its EXIF": ("GET", "/{}/exif", None),
    "delete": ("DELETE", "/{}", None),
    "set a status": ("PATCH", "/{}/status", {"status": "completed"}),
}


@pytest.mark.parametrize("what", ASKED)
@pytest.mark.parametrize("who", ["gone", "nobody"])
def test_whoever_is_no_member_gets_the_same_403_for_every_id(api, taken_somewhere, what, who):
    method, path, body = ASKED[what]

    known, nowhere = (
        api.ask(method, path.format(each), who=who, body=body, scopes="photos:status")
        for each in (taken_somewhere, uuid4())
    )

    assert (known.status, nowhere.status) == (403, 403)
    assert bare(known) == bare(nowhere)
    assert "not a member" in known.json["detail"]


@pytest.mark.parametrize("given", ["x", "1", "..", "a' OR 1=1"])
@pytest.mark.parametrize("what", ASKED)
def test_what_is_no_id_names_nothing(api, what, given):
    method, path, body = ASKED[what]

    assert api.ask(method, path.format(given), body=body).status == 404


@pytest.mark.parametrize("path", ["/{}", "/{}/exif"])
def test_what_was_deleted_is_gone_for_its_own_organisation_and_nowhere_for_others(api, taken_somewhere, path):
    deleted_at = api.ask("DELETE", f"/{taken_somewhere}").json["deleted_at"]

    own = api.get(path.format(taken_somewhere))
    foreign, nowhere = (api.get(path.format(each), **api.outsider()) for each in (taken_somewhere, uuid4()))

    assert (own.status, own.json["code"], own.json["deleted_at"]) == (410, "gone", deleted_at)
    assert "replaced_by" not in own.json
    assert foreign.status == 404
    assert bare(foreign) == bare(nowhere)


def test_a_photo_that_was_replaced_at_its_stop_says_by_which_one(api, stored, world):
    old, new = stored.photo("old", world.to_stop), stored.photo("new", world.to_stop)

    answer = api.get(f"/{old}")

    assert (answer.status, answer.json["code"]) == (410, "gone")
    assert answer.json["replaced_by"] == str(new)
    assert answer.json["status_url"] == f"https://api.example/api/v1/photos/{new}"
    assert api.get(f"/{new}").status == 200


def test_an_upload_token_shows_the_photos_of_its_project_without_their_place(api, taken_somewhere, world):
    answer = api.get(f"/{taken_somewhere}", upload_token=token_for(world.project, "status"))

    assert answer.status == 200
    assert "gps" not in json.dumps(answer.json)


def test_an_upload_token_shows_nothing_of_other_projects_or_stops(api, taken_somewhere, stored, world):
    of_stop = stored.photo("s", world.to_stop)

    answers = [
        api.get(f"/{taken_somewhere}", upload_token=token_for(uuid4(), "status")),
        api.get(f"/{of_stop}", upload_token=token_for(world.project, "status")),
        api.get(f"/{uuid4()}", upload_token=token_for(world.project, "status")),
    ]

    assert [answer.status for answer in answers] == [404, 404, 404]
    assert bare(answers[0]) == bare(answers[1]) == bare(answers[2])


def test_an_upload_token_for_something_else_shows_nothing(api, taken_somewhere, world):
    assert api.get(f"/{taken_somewhere}", upload_token=token_for(world.project, "upload")).status == 403


@pytest.mark.parametrize("what", ["its EXIF", "delete", "set a status"])
def test_an_upload_token_opens_nothing_but_the_status(api, taken_somewhere, world, what):
    method, path, body = ASKED[what]
    token = token_for(world.project, "status", "upload")

    answer = api.ask(method, path.format(taken_somewhere), body=body, upload_token=token, scopes="photos:status")

    assert answer.status == 403
    assert api.get("", upload_token=token).status == 403
