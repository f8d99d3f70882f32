"""The progress of photos in a running stack: in numbers, live, by an upload token, and how long everything took."""

from urllib.parse import quote

from tests.support.client import jpeg, wait_until

STATS = "/api/processing-stats"
UPDATES = "/api/sse/processing-updates"


def put(client, token, project):
    photo = jpeg()
    grant = client.upload_url(photo, token=token, project_id=project).json
    client.put(grant, photo)
    assert client.complete(grant["photo_id"], token=token).status in {200, 201, 202}
    return grant["photo_id"]


def last_id(answer):
    return [line for line in answer.data.decode().splitlines() if line.startswith("id: ")][-1].removeprefix("id: ")


def kinds(answer):
    return [line[7:] for line in answer.data.decode().splitlines() if line.startswith("event: ")]


def test_counts_follow_an_upload_from_its_url_to_its_photo(client):
    token, project = client.organisation()
    client.upload_url(jpeg(), token=token, project_id=project)

    before = client.ask("GET", STATS, token=token)
    put(client, token, project)
    after = client.ask("GET", f"{STATS}?project_id={project}", token=token)

    assert (before.status, before.json["stats"]["uploading"], before.json["stats"]["total"]) == (200, 1, 1)
    assert before.headers["Cache-Control"] == "private, max-age=5"
    assert (after.json["stats"]["uploading"], after.json["stats"]["total"]) == (1, 2)


def test_an_event_source_hears_what_happened_since_it_last_asked(client):
    token, project = client.organisation()
    first = client.ask("GET", UPDATES, token=token)
    photo = put(client, token, project)

    second = wait_until(lambda: heard(client, token, last_id(first), photo))

    assert first.status == 200
    assert first.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert first.data.startswith(b"retry: 5000\n\n")
    assert kinds(first) == ["progress"]
    assert kinds(second)[0] == "uploaded"
    assert kinds(second)[-1] == "progress"


def heard(client, token, since, photo):
    answer = client.ask("GET", UPDATES, token=token, headers={"Last-Event-ID": since})
    return answer if photo in answer.data.decode() else None


def test_a_token_in_the_path_needs_no_header(client):
    token, project = client.organisation()
    body = {"project_id": project}
    minted = client.ask("POST", "/api/v1/upload-tokens", json_body=body, token=token).json["token"]
    path = f"/u/{minted}/processing-updates"
    first = client.ask("GET", path, token=None)
    photo = put(client, token, project)

    def told():
        answer = client.ask("GET", f"{path}?last_event_id={quote(last_id(first))}", token=None)
        return answer if photo in answer.data.decode() else None

    assert first.status == 200
    assert kinds(wait_until(told))[0] == "uploaded"
    assert client.ask("GET", f"/u/{minted}x/processing-updates", token=None).status == 401


def test_telemetry_knows_how_long_an_upload_took(client):
    token, project = client.organisation()
    put(client, token, project)

    told = client.ask("GET", "/api/telemetry", token=token).json

    assert told["latency_ms"]["last_hour"]["upload"]["count"] == 1
    assert told["latency_ms"]["last_hour"]["upload"]["p50"] > 0
    assert set(told["queues"]) == {"process", "embed", "parked"}
