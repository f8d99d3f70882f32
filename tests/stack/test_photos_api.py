"""The photos API of a running stack: listed, read, finished by the detection service, and deleted for good."""

import time
from uuid import UUID, uuid4

import jwt

from local import tokens
from local.home import secrets_of
from tests.support.client import jpeg, wait_until


def put(client, photo, **options):
    """Upload one photo by the direct door."""
    grant = client.upload_url(photo, **options).json
    client.put(grant, photo)
    client.complete(grant["photo_id"], token=options.get("token", ""))
    return grant["photo_id"]


def listed(client, query="", **options):
    return client.ask("GET", f"/api/v1/photos{query}", **options)


def robot(client, token):
    """The token of a detection service in the organisation of another token."""
    org = jwt.decode(token, options={"verify_signature": False})["org"]
    client.rows("INSERT INTO memberships (org_id, actor_id, role) VALUES (%s, 'robot', 'service')", UUID(org))
    now = int(time.time())
    claims = {"iss": tokens.ISSUER, "aud": tokens.AUDIENCE, "sub": "robot", "org": org, "scope": "photos:status"}
    secret = secrets_of(client.stack.home).token_secret
    return jwt.encode(claims | {"iat": now, "exp": now + 600}, secret, algorithm="HS256")


def test_a_list_shows_an_organisations_photos_page_by_page(client):
    token, project = client.organisation()
    photo = jpeg()
    stored = put(client, photo, token=token, project_id=project)
    waiting = client.upload_url(jpeg(), token=token, project_id=project).json["photo_id"]

    first = listed(client, "?limit=1", token=token)
    second = listed(client, f"?limit=1&cursor={first.json['next_cursor']}", token=token)

    assert [one["photo_id"] for one in first.json["photos"]] == [waiting]
    assert [one["photo_id"] for one in second.json["photos"]] == [stored]
    assert second.json["next_cursor"] is None
    assert client.ask("GET", second.json["photos"][0]["url"], token=None).data == photo


def test_filters_survive_the_gateway(client):
    token, project = client.organisation()
    stored = put(client, jpeg(), token=token, project_id=project)

    wait_until(lambda: client.photo(stored, token=token).json["status"] == "completed")

    hit = listed(client, f"?project_id={project}&status=completed&from=2020-01-01T00:00:00%2B02:00", token=token)
    missed = listed(client, "?status=failed", token=token)
    twice = listed(client, "?status=failed&status=uploaded", token=token)

    assert [one["photo_id"] for one in hit.json["photos"]] == [stored]
    assert missed.json == {"photos": [], "next_cursor": None}
    assert (twice.status, twice.json["code"]) == (400, "validation_failed")


def test_a_cursor_of_another_organisation_is_refused(client):
    token, project = client.organisation()
    for _ in range(2):
        client.upload_url(jpeg(), token=token, project_id=project)
    cursor = listed(client, "?limit=1", token=token).json["next_cursor"]
    other, _ = client.organisation()

    answer = listed(client, f"?limit=1&cursor={cursor}", token=other)

    assert (answer.status, answer.json["code"]) == (400, "cursor_invalid")


def test_exif_can_be_read_by_itself(client):
    from local.sample import draw

    stored = put(client, draw() + uuid4().bytes)

    answer = client.ask("GET", f"/api/v1/photos/{stored}/exif")

    assert answer.json["exif_data"]["camera_make"] == "Keepsake"
    assert (answer.json["width"], answer.json["height"]) == (1600, 1200)


def test_a_deleted_photo_is_gone_for_everybody_and_its_bytes_follow(client):
    token, project = client.organisation()
    photo, key = jpeg(), str(uuid4())
    stored = put(client, photo, token=token, project_id=project, key=key)

    deleted = client.ask("DELETE", f"/api/v1/photos/{stored}", token=token)
    again = client.upload_url(photo, token=token, project_id=project, key=key)
    anew = client.upload_url(photo, token=token, project_id=project)

    assert deleted.status == 200
    assert (again.status, again.json["code"]) == (410, "gone")
    assert anew.status == 201
    assert client.photo(stored, token=token).json["deleted_at"] == deleted.json["deleted_at"]
    assert client.complete(stored, token=token).status == 410
    states = "SELECT state FROM attempts WHERE upload_id = %s"
    assert client.rows(states, stored) in ([("condemned",)], [("reaped",)])


def test_the_detection_service_finishes_a_photo_and_nobody_else_does(client):
    token, project = client.organisation()
    stored = put(client, jpeg(), token=token, project_id=project)

    def report(by, status):
        return client.ask("PATCH", f"/api/v1/photos/{stored}/status", token=by, json_body={"status": status})

    refused = report(token, "completed")
    service = robot(client, token)
    done, back = report(service, "completed"), report(service, "processing")

    assert (refused.status, done.status, back.status) == (403, 200, 409)
    assert client.photo(stored, token=token).json["completed_at"] == done.json["since"]
