"""One photo by the form door, over real parts: stored once, told once, and told the same again."""

import threading
from uuid import uuid4

import pytest

from local import seed
from tests.shared.edge.forms import body, file, text
from tests.support.behind import Behind
from tests.support.client import STORED, jpeg, wait_until
from tests.support.form import KIND, PATHS, form, send, send_raw


@pytest.fixture
def behind(client) -> Behind:
    return Behind(client)


def stop(client, number=0) -> dict[str, str]:
    return {"team_id": client.stack.team_id, "location_id": client.stack.location_ids[number]}


@pytest.mark.parametrize("path", PATHS)
def test_a_hunt_photo_is_stored_and_completes_its_stop(client, behind, path):
    photo = jpeg()

    answer = send(client, photo, stop(client) | {"hunt_name": "Old town hunt"}, path=path)

    told = answer.json
    (asset,) = behind.assets(told["upload_id"])
    assert answer.status == 201
    assert (told["status"], told["asset_id"] != "") == ("uploaded", True)
    assert asset["bytes"] == len(photo)
    assert asset["context"]["hunt_name"] == "Old town hunt"
    assert client.ask("GET", told["url"], token=None).data == photo
    assert set(told["hunt_progress"]) == {"team_id", "location_id", "photo_url", "done", "completed_at"}
    progress = "SELECT photo_id::text, photo_url, done FROM hunt_progress WHERE team_id = %s AND location_id = %s"
    assert client.rows(progress, *stop(client).values()) == [(told["photo_id"], told["url"], True)]


def test_the_status_url_tells_of_the_photo(client):
    told = send(client, jpeg()).json

    shown = client.ask("GET", told["status_url"])

    assert (shown.status, shown.json["status"] in STORED) == (200, True)
    assert shown.json["photo_id"] == told["photo_id"]


def test_a_project_photo_is_shown_from_the_stores_origin_with_the_type_of_its_bytes(client):
    photo = jpeg()

    told = send(client, photo, file_name="x.html").json
    shown = client.ask("GET", told["url"], token=None)

    # It is for display, so it is no attachment; no script of it could run where the API or the console is.
    assert shown.data == photo
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert "Content-Disposition" not in shown.headers
    assert not told["url"].startswith(client.stack.api)
    assert told["s3_url"].startswith(f"s3://{client.stack.bucket}/")


def test_the_news_of_a_photo_is_told_once(client):
    told = send(client, jpeg(), stop(client)).json

    query = (
        "SELECT count(*) FROM outbox WHERE topic = 'photo.committed' AND payload->>'photo_id' = %s"
        " AND published_at IS NOT NULL"
    )
    wait_until(lambda: client.rows(query, told["photo_id"]) == [(1,)])


def test_the_same_request_again_is_the_same_answer_and_says_so(client, behind):
    photo, key = jpeg(), str(uuid4())

    first, second = (send(client, photo, stop(client), key=key) for _ in range(2))

    assert (first.status, second.status) == (201, 201)
    assert first.json == second.json
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(behind.assets(first.json["upload_id"])) == 1


def test_another_boundary_and_another_order_of_fields_are_the_same_request(client):
    photo, key = jpeg(), str(uuid4())
    fields = [text("project_id", client.stack.project_id), text("session_id", "s")]
    other = "another-boundary"

    first = send_raw(client, body(file(photo), *fields), key=key)
    second = send_raw(
        client,
        body(*reversed(fields), file(photo, name="photo", file_name="other.jpg"), boundary=other),
        key=f'"{key}"',
        kind=f'multipart/form-data; boundary="{other}"',
    )

    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.json["photo_id"] == second.json["photo_id"]


def test_the_same_key_for_other_bytes_or_another_target_is_refused(client):
    photo, key = jpeg(), str(uuid4())
    send(client, photo, stop(client), key=key)

    answers = [
        send(client, jpeg(), stop(client), key=key),
        send(client, photo, stop(client, 1), key=key),
        send(client, photo, key=key),
    ]

    assert [(a.status, a.json["code"]) for a in answers] == [(422, "idempotency_key_reused")] * 3
    assert client.rows("SELECT count(*) FROM uploads WHERE idem_key = %s", key) == [(1,)]


def test_while_the_first_request_runs_the_second_is_told_to_wait_and_the_store_is_asked_once(client, behind):
    photo, key, answers = jpeg(), str(uuid4()), []
    running = "SELECT count(*) FROM uploads WHERE idem_key = %s"
    behind.control("DELETE", "calls")

    with behind.failing("slow", seconds=4, times=1, operation="upload"):
        first = threading.Thread(target=lambda: answers.append(send(client, photo, stop(client), key=key)))
        first.start()
        wait_until(lambda: client.rows(running, key) == [(1,)])
        second = send(client, photo, stop(client), key=key)
        first.join()

    assert (second.status, second.json["code"]) == (409, "idempotency_in_progress")
    assert int(second.headers["Retry-After"]) in {1, 2}
    assert answers[0].status == 201
    assert behind.calls()["upload"] == 1


def test_the_same_key_of_another_organisation_or_another_person_is_another_request(client):
    photo, key = jpeg(), str(uuid4())
    token, project = client.organisation()
    colleague = client.token(seed.ADMIN, seed.ORG_ID)

    answers = [
        send(client, photo, key=key),
        send(client, photo, {"project_id": project}, key=key, token=token),
        send(client, jpeg(), key=key, token=colleague),
    ]

    assert [answer.status for answer in answers] == [201, 201, 201]
    assert len({answer.json["photo_id"] for answer in answers}) == 3
    assert not any("Idempotency-Replayed" in answer.headers for answer in answers)


def test_a_newer_photo_takes_the_place_of_the_older_which_is_cleared_away(client, behind):
    older = send(client, jpeg(), stop(client, 2)).json

    newer = send(client, jpeg(), stop(client, 2)).json
    behind.reap(older["upload_id"])

    progress = "SELECT photo_id::text, previous_photo_id::text FROM hunt_progress WHERE location_id = %s"
    assert client.rows(progress, stop(client, 2)["location_id"]) == [(newer["photo_id"], older["photo_id"])]
    assert (behind.assets(older["upload_id"]), len(behind.assets(newer["upload_id"]))) == ([], 1)
    assert behind.attempts(older["upload_id"]) == [("cloudinary", "reaped")]


def test_the_same_bytes_again_under_another_key_are_the_same_photo_and_stored_once(client, behind):
    photo = jpeg()
    first = send(client, photo).json

    second = send(client, photo).json
    behind.reap(second["upload_id"])

    assert (second["duplicate"], second["photo_id"]) == (True, first["photo_id"])
    assert client.ask("GET", second["url"], token=None).data == photo
    assert (len(behind.objects(first["upload_id"])), behind.objects(second["upload_id"])) == (1, [])


def test_a_photo_of_exactly_the_limit_comes_through_the_gateway(client):
    answer = send(client, jpeg().ljust(4_500_000, b"\0"))

    assert (answer.status, answer.json["file_size"]) == (201, 4_500_000)


def test_a_larger_photo_is_shown_the_direct_door_which_takes_it(client):
    photo = jpeg().ljust(4_500_001, b"\0")

    refused = send(client, photo)
    grant = client.ask("POST", refused.json["upload_url_endpoint"], json_body=client.request_for(photo))
    put = client.put(grant.json, photo)

    assert (refused.status, refused.json["code"], refused.json["max_bytes"]) == (413, "payload_too_large", 4_500_000)
    assert "POST /api/v1/photos/upload-url" in refused.json["detail"]
    assert (grant.status, put.status) == (201, 200)


def test_a_photo_of_more_than_a_megabyte_is_completed_by_the_direct_door(client):
    photo = jpeg().ljust(4_500_001, b"\0")
    grant = client.upload_url(photo).json
    client.put(grant, photo)

    assert client.complete(grant["photo_id"]).status == 200


def test_what_no_event_can_hold_is_refused_by_the_gateway_itself(client):
    answer = send(client, jpeg().ljust(5_000_000, b"\0"))

    assert answer.status == 413


def test_a_body_in_chunks_is_measured_by_what_came(client):
    content = form(jpeg(), {"project_id": client.stack.project_id})
    headers = {"Content-Type": KIND, "Idempotency-Key": str(uuid4())}

    answer = client.ask("POST", PATHS[0], body=iter([content[:700], content[700:]]), headers=headers)

    assert answer.status == 201
