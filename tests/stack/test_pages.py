"""Many files at once: a page of upload URLs, and the question which files are there already."""

import hashlib
from uuid import uuid4

import pytest

from tests.support.behind import Behind
from tests.support.client import jpeg

PATH, CHECK = "/api/v1/photos/upload-urls", "/api/v1/photos/check"


def digest(photo):
    return hashlib.sha256(photo).hexdigest()


def file(photo, **changes):
    facts = {
        "client_id": f"file-{uuid4()}",
        "file_name": "a.jpg",
        "file_size": len(photo),
        "mime_type": "image/jpeg",
        "sha256": digest(photo),
    } | changes
    return {name: value for name, value in facts.items() if value is not None}


def ask(client, *files, key=None, token="", **changes):
    body = {"project_id": client.stack.project_id, "files": list(files)} | changes
    headers = {"Idempotency-Key": key} if key else {}
    return client.ask("POST", PATH, json_body=body, headers=headers, token=token)


def stored(client, photo):
    (granted,) = ask(client, file(photo)).json["results"]
    client.put(granted, photo)
    assert client.complete(granted["photo_id"]).status == 200
    return granted


def test_every_file_gets_its_own_answer_in_the_order_of_the_files(client):
    known, fresh = jpeg(), jpeg()
    there = stored(client, known)

    answer = ask(
        client, file(fresh, client_id="a"), file(known, client_id="b"), file(fresh, client_id="c", file_size=3)
    )
    accepted, duplicate, rejected = answer.json["results"]

    assert answer.status == 200
    assert [each["client_id"] for each in answer.json["results"]] == ["a", "b", "c"]
    assert client.put(accepted, fresh).status == 200
    assert client.complete(accepted["photo_id"]).json["photo_id"] == accepted["photo_id"]
    assert (duplicate["action"], duplicate["photo_id"]) == ("duplicate", there["photo_id"])
    assert client.ask("GET", duplicate["url"], token=None).data == known
    assert (rejected["action"], rejected["problem"]["code"]) == ("reject", "validation_failed")
    assert "file_size" in rejected["problem"]["detail"]


def test_a_hundred_urls_cost_one_token_and_tell_what_is_left(client):
    answer = ask(client, *(file(jpeg((8, 8))) for _ in range(100)))

    assert {each["action"] for each in answer.json["results"]} == {"accept"}
    assert len({each["upload_url"] for each in answer.json["results"]}) == 100
    assert answer.headers["RateLimit"].startswith('"uploads";r=99;')
    assert answer.headers["RateLimit-Policy"] == '"uploads";q=100;w=600'


def test_the_same_page_again_names_the_same_uploads(client):
    page, key = [file(jpeg()), file(jpeg())], str(uuid4())

    first, again = ask(client, *page, key=key), ask(client, *page, key=key)

    ids = [[each["photo_id"] for each in answer.json["results"]] for answer in (first, again)]
    assert ids[0] == ids[1]


def test_a_file_that_an_earlier_page_finished_is_told_as_the_photo_it_became(client):
    photo, key = jpeg(), str(uuid4())
    one = file(photo)
    (granted,) = ask(client, one, key=key).json["results"]
    client.put(granted, photo)
    client.complete(granted["photo_id"])

    (again,) = ask(client, one, key=key).json["results"]

    assert (again["action"], again["photo_id"]) == ("duplicate", granted["photo_id"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"files": []}, "at least 1"),
        ({"files": [file(b"x") for _ in range(101)]}, "at most 100"),
        ({"surprise": 1}, "surprise"),
        ({"project_id": None}, "project_id"),
    ],
)
def test_a_page_that_is_no_page_is_refused_whole(client, change, says):
    answer = ask(client, file(jpeg()), **change)

    assert answer.status == 400
    assert says in answer.json["message"]


def test_one_name_for_two_files_is_refused_by_that_name(client):
    answer = ask(client, file(jpeg(), client_id="twice"), file(jpeg(), client_id="twice"))

    assert answer.status == 400
    assert "twice" in answer.json["message"]


def test_a_page_for_somebody_elses_project_is_told_that_there_is_none(client):
    _, theirs = client.organisation()

    answer = ask(client, file(jpeg()), project_id=theirs)

    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_a_page_too_much_is_told_when_to_come_again(client):
    client.rows("UPDATE rate_buckets SET tokens = 0")
    ask(client, file(jpeg()))
    client.rows("UPDATE rate_buckets SET tokens = 0, refilled_at = now()")

    answer = ask(client, file(jpeg()))

    assert (answer.status, answer.json["code"]) == (429, "rate_limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= 6


def test_which_files_are_there_is_told_by_their_hashes(client):
    photo, absent = jpeg(), digest(jpeg())
    there = stored(client, photo)
    asked = {"project_id": client.stack.project_id, "hashes": [absent, digest(photo).upper()]}

    answer = client.ask("POST", CHECK, json_body=asked)

    assert answer.json["results"][0] == {"sha256": absent, "exists": False}
    assert answer.json["results"][1]["photo_id"] == there["photo_id"]


def test_a_thousand_hashes_are_answered_and_one_more_is_refused(client):
    hashes = [f"{n:064x}" for n in range(1_001)]
    body = {"project_id": client.stack.project_id}

    thousand = client.ask("POST", CHECK, json_body=body | {"hashes": hashes[:1_000]})
    more = client.ask("POST", CHECK, json_body=body | {"hashes": hashes})

    assert (thousand.status, len(thousand.json["results"])) == (200, 1_000)
    assert more.status == 400


def test_a_photo_whose_bytes_are_gone_is_not_there_and_the_next_upload_mends_it(client):
    photo, behind = jpeg(), Behind(client)
    there = stored(client, photo)
    (name,) = behind.objects(there["photo_id"])
    s3, bucket = behind.aws.client("s3"), client.stack.bucket
    (version,) = s3.list_object_versions(Bucket=bucket, Prefix=name)["Versions"]
    s3.delete_object(Bucket=bucket, Key=name, VersionId=version["VersionId"])

    asked = {"project_id": client.stack.project_id, "hashes": [digest(photo)]}
    told = client.ask("POST", CHECK, json_body=asked).json["results"]
    (granted,) = ask(client, file(photo)).json["results"]
    client.put(granted, photo)
    mended = client.complete(granted["photo_id"])

    assert told == [{"sha256": digest(photo), "exists": False}]
    assert granted["action"] == "accept"
    assert (mended.json["photo_id"], mended.json["repaired"]) == (there["photo_id"], True)
    assert client.ask("GET", client.photo(there["photo_id"]).json["url"], token=None).data == photo


def test_an_organisation_that_has_used_up_what_it_may_is_told_so_before_a_byte_is_sent(client):
    token, project = client.organisation()
    (org,) = client.rows("SELECT org_id FROM projects WHERE id = %s", project)
    client.rows("INSERT INTO allowances (id, org_id, max_files) VALUES (%s, %s, 1)", org[0], org[0])
    photo = jpeg()
    client.upload_url(photo, token=token, project_id=project)

    answer = client.upload_url(jpeg(), token=token, project_id=project)

    assert (answer.status, answer.json["code"]) == (403, "quota_exceeded")
