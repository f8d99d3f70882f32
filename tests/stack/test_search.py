"""Searching photos in a running stack: by words, by likeness, and having what failed processed again."""

from uuid import uuid4

from tests.support.client import jpeg, wait_until


def put(client, token, project, name="photo.jpg"):
    photo = jpeg()
    grant = client.upload_url(photo, token=token, project_id=project, file_name=name).json
    client.put(grant, photo)
    client.complete(grant["photo_id"], token=token)
    return grant["photo_id"]


def search(client, query, token):
    return client.ask("GET", f"/api/v1/photos/search?{query}", token=token)


def ids(answer):
    return [photo["photo_id"] for photo in answer.json["photos"]]


def test_photos_are_found_by_their_words_through_the_gateway(client):
    token, project = client.organisation()
    door = put(client, token, project, "Red_Door.jpg")
    house = put(client, token, project, "red house.jpg")

    first = search(client, "q=red&limit=1", token)
    second = search(client, f"q=red&limit=1&cursor={first.json['next_cursor']}", token)

    assert ids(first) + ids(second) == [house, door]
    assert ids(search(client, "q=Red+door", token)) == [door]
    assert search(client, "q=%27%20%26%20%7C%20%3A*", token).json == {"photos": [], "next_cursor": None}
    other, _ = client.organisation()
    assert ids(search(client, "q=red", other)) == []


def test_photos_are_found_by_what_they_look_like(client):
    token, project = client.organisation()
    one, near, far = (put(client, token, project) for _ in range(3))
    for photo, second in ((one, 0), (near, 0.1), (far, 0.5)):
        client.processed(photo, token=token)
        vector = str([1.0, second, *[0.0] * 1022])
        client.rows("UPDATE embeddings SET model = 'test', embedding = %s WHERE photo_id = %s", vector, photo)

    answer = search(client, f"similar_to={one}", token)

    assert ids(answer) == [near, far]
    assert answer.json["photos"][0]["distance"] < answer.json["photos"][1]["distance"]
    assert search(client, f"similar_to={uuid4()}", token).status == 404
    assert search(client, "limit=5", token).status == 400


def test_what_failed_for_good_is_processed_again_when_somebody_says_so(client):
    token, project = client.organisation()
    photo = put(client, token, project)
    path = f"/api/v1/photos/{photo}/retry-processing"
    client.processed(photo, token=token)
    broken = "state = 'failed', due_at = NULL, ended_at = now(), error_type = 'broken'"
    client.rows(f"UPDATE stages SET {broken} WHERE photo_id = %s", photo)
    client.rows("UPDATE photos SET stage = 'failed' WHERE id = %s", photo)

    answer = client.ask("POST", path, token=token)

    assert answer.status == 202
    assert "process" in answer.json["retrying"]
    assert answer.headers["Location"].endswith(f"/api/v1/photos/{photo}")
    wait_until(lambda: client.photo(photo, token=token).json["status"] == "completed")
