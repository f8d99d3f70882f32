"""One photo by the direct door, over real parts, and what happens when clients do not behave."""

from uuid import uuid4

import pytest

from tests.support.client import STORED, jpeg, wait_until


def test_a_photo_goes_in_and_is_shown_with_its_size_and_exif(client):
    from local.sample import draw

    photo = draw() + uuid4().bytes
    grant = client.upload_url(photo).json

    put = client.put(grant, photo)
    done = client.complete(grant["photo_id"])
    shown = client.photo(grant["photo_id"])

    assert (put.status, done.status, shown.status) == (200, 200, 200)
    assert shown.json["status"] in STORED
    assert (shown.json["width"], shown.json["height"]) == (1600, 1200)
    assert shown.json["exif_data"]["camera_make"] == "Keepsake"
    assert shown.json["file_size"] == len(photo)
    assert client.ask("GET", shown.json["url"], token=None).data == photo


def test_the_grant_says_all_that_a_client_needs(client):
    answer = client.upload_url(jpeg())

    assert answer.status == 201
    assert set(answer.json) == {
        "photo_id",
        "upload_id",
        "upload_url",
        "headers",
        "expires_in_seconds",
        "expires_at",
        "s3_url",
        "status_url",
        "complete_url",
    }
    assert answer.json["expires_in_seconds"] == 900
    assert answer.json["status_url"] == f"{client.stack.api}/api/v1/photos/{answer.json['photo_id']}"


def test_a_client_that_never_completes_ends_the_same_by_the_stores_own_event(client):
    photo = jpeg()
    grant = client.upload_url(photo).json

    client.put(grant, photo)

    wait_until(lambda: client.has(grant["photo_id"]))
    assert client.rows("SELECT count(*) FROM photos WHERE id = %s", grant["photo_id"]) == [(1,)]


def test_completing_twice_gives_the_same_reply(client):
    photo = jpeg()
    grant = client.upload_url(photo).json
    client.put(grant, photo)

    first, second = client.complete(grant["photo_id"]), client.complete(grant["photo_id"])

    fresh = ("url",)
    assert {k: v for k, v in first.json.items() if k not in fresh} == {
        k: v for k, v in second.json.items() if k not in fresh
    }
    assert second.headers["Idempotency-Replayed"] == "true"
    told = "SELECT count(*) FROM outbox WHERE topic = 'photo.committed' AND payload->>'photo_id' = %s"
    assert client.rows(told, grant["photo_id"]) == [(1,)]


def test_completing_before_the_bytes_came_changes_nothing_and_says_when_to_come_back(client):
    photo = jpeg()
    grant = client.upload_url(photo).json

    early = client.complete(grant["photo_id"])
    client.put(grant, photo)
    later = client.complete(grant["photo_id"])

    assert (early.status, early.json["code"], early.json["retryable"]) == (409, "upload_not_ready", True)
    assert early.headers["Retry-After"] == "2"
    assert later.status == 200


def test_completing_after_the_url_ran_out_is_gone(client):
    grant = client.upload_url(jpeg()).json
    client.rows("UPDATE uploads SET lease_until = now() - interval '1 second' WHERE id = %s", grant["upload_id"])

    answer = client.complete(grant["photo_id"])

    assert (answer.status, answer.json["code"]) == (410, "upload_expired")


def test_bytes_put_in_time_are_kept_even_when_the_client_completes_late(client):
    photo = jpeg()
    grant = client.upload_url(photo, sha256=None).json
    client.put(grant, photo)
    client.rows("UPDATE uploads SET lease_until = now() - interval '1 second' WHERE id = %s", grant["upload_id"])

    assert client.complete(grant["photo_id"]).status == 200


def test_the_same_key_gets_a_fresh_url_for_the_same_photo(client):
    photo, key = jpeg(), str(uuid4())

    first, second = client.upload_url(photo, key=key).json, client.upload_url(photo, key=f'"{key}"').json

    assert first["photo_id"] == second["photo_id"]
    assert first["upload_url"] != second["upload_url"]


def test_the_same_key_after_the_end_gets_the_photo_and_no_url(client):
    photo, key = jpeg(), str(uuid4())
    grant = client.upload_url(photo, key=key).json
    client.put(grant, photo)
    client.complete(grant["photo_id"])

    again = client.upload_url(photo, key=key)

    assert again.status == 200
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.json["upload_url"], again.json["photo_id"]) == (None, grant["photo_id"])


def test_bytes_put_to_an_older_url_of_the_same_key_count_too(client):
    photo, key = jpeg(), str(uuid4())
    older = client.upload_url(photo, key=key).json
    client.upload_url(photo, key=key)

    client.put(older, photo)

    assert client.complete(older["photo_id"]).status == 200


def test_the_same_bytes_again_are_the_same_photo(client):
    photo = jpeg()
    first = client.upload_url(photo).json
    client.put(first, photo)
    client.complete(first["photo_id"])
    # Who does not tell the digest beforehand sends the bytes, and is told afterwards.
    second = client.upload_url(photo, sha256=None).json
    client.put(second, photo)

    answer = client.complete(second["photo_id"])

    assert answer.json["duplicate"] is True
    assert answer.json["photo_id"] == first["photo_id"]
    assert client.photo(second["photo_id"]).json["photo_id"] == first["photo_id"]
    assert client.ask("GET", answer.json["url"], token=None).data == photo


def test_the_same_bytes_of_another_organisation_are_another_photo(client):
    photo = jpeg()
    mine = client.upload_url(photo).json
    client.put(mine, photo)
    client.complete(mine["photo_id"])
    token, project = client.organisation()
    theirs = client.upload_url(photo, token=token, project_id=project).json
    client.put(theirs, photo)

    answer = client.complete(theirs["photo_id"], token=token)

    assert answer.json["duplicate"] is False
    assert answer.json["photo_id"] != mine["photo_id"]


@pytest.mark.parametrize(
    ("content", "mime", "code"),
    [
        (b"just a text, and long enough to be accepted as a file. " * 40, "image/jpeg", "unprocessable_image"),
        ("png", "image/jpeg", "type_mismatch"),
    ],
)
def test_bytes_that_are_not_what_was_declared_end_the_upload_and_say_why(client, content, mime, code):
    content = _png() if content == "png" else content + uuid4().bytes
    grant = client.upload_url(content, mime_type=mime).json
    client.put(grant, content)

    first, second = client.complete(grant["photo_id"]), client.complete(grant["photo_id"])

    assert (first.json["code"], second.json["code"]) == (code, code)
    assert (first.status, second.status) == (422, 422)
    assert client.status_of(grant["photo_id"]) == "permanently_failed"
    states = "SELECT state FROM attempts WHERE upload_id = %s"
    assert client.rows(states, grant["upload_id"]) == [("condemned",)]


def test_simple_clients_are_served_in_their_own_shape(client):
    photo = jpeg()
    asked = client.request_for(photo)
    query = (
        f"project_id={asked['project_id']}&filename=a.jpg&size={len(photo)}&mimeType=image/jpeg"
        f"&checksum={asked['sha256']}"
    )

    grant = client.ask("GET", f"/api/upload-url?{query}").json
    client.ask("PUT", grant["uploadUrl"], body=photo, headers=grant["headers"], token=None)
    body = {
        "assetId": grant["assetId"],
        "blobUrl": "https://evil.example/x",
        "filename": "a.jpg",
        "size": len(photo),
        "mimeType": "image/jpeg",
        "checksum": asked["sha256"],
    }
    done = client.ask("POST", "/api/upload-complete", json_body=body)

    assert done.json["success"] is True
    assert done.json["asset"]["id"] == grant["assetId"]
    assert (done.json["asset"]["isDuplicate"], done.json["asset"]["needsProcessing"]) == (False, True)
    assert "evil" not in done.json["asset"]["blobUrl"]


def _png():
    import io

    from PIL import Image

    kept = io.BytesIO()
    Image.effect_noise((80, 60), 90).convert("RGB").save(kept, "PNG")
    return kept.getvalue()
