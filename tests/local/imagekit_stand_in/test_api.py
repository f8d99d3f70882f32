"""The API and the delivery, as a caller of the vendor's SDK meets them."""

import imagekitio
import pytest
import urllib3

from local.imagekit_stand_in.kit import open_kit
from local.imagekit_stand_in.server import StandInServer
from local.stand_in_parts.server import running
from tests.support.client import jpeg


def test_an_upload_is_answered_with_what_it_became(send, server):
    photo = jpeg()

    made = send(photo, "/prod/org", "7")

    assert (made.file_path, made.name, made.size, made.file_type) == ("/prod/org/7", "7", len(photo), "image")
    assert (made.width, made.height) == (64, 48)
    assert made.url == f"{server.kit.url_endpoint}/prod/org/7"
    assert made.file_id
    assert made.version_info.id


def test_a_name_comes_back_without_what_imagekit_does_not_take(send):
    assert send(folder="a b/c", name="ü 1_x").file_path == "/a_b/c/__1_x"


def test_a_name_is_unique_unless_told_otherwise(send):
    assert send(use_unique_file_name=True).file_path != send(use_unique_file_name=True).file_path


def test_the_same_name_again_is_a_new_version_of_the_same_file(send, sdk):
    first, again = send(b"one"), send(b"other")

    assert first.file_id == again.file_id
    assert first.version_info.id != again.version_info.id
    assert sdk.files.get(first.file_id).size == 5


def test_a_name_that_may_not_be_overwritten_is_refused(send):
    send()

    with pytest.raises(imagekitio.BadRequestError, match="already exists"):
        send(overwrite_file=False)


@pytest.mark.parametrize("tags", [["x" * 501], ["50%"]])
def test_tags_that_imagekit_does_not_take_are_refused(send, tags):
    with pytest.raises(imagekitio.BadRequestError, match="Invalid tags"):
        send(tags=tags)


def test_a_url_that_cannot_be_fetched_is_refused(ask):
    fields = {"file": "http://127.0.0.1:1/x", "fileName": "1"}
    auth = urllib3.make_headers(basic_auth="private_KEY=:")

    answer = ask("POST", "/api/v1/files/upload", fields=fields, headers=auth)

    assert answer.status == 400
    assert "Could not download" in answer.json()["message"]


def test_a_search_finds_the_exact_name_in_the_exact_folder(send, sdk):
    wanted = send(name="1")
    for other in ({"name": "10"}, {"folder": "/a"}, {"folder": "/a/b/c"}):
        send(**other)

    found = sdk.assets.list(path="/a/b", search_query='name = "1"')

    assert [each.file_id for each in found] == [wanted.file_id]
    assert sdk.assets.list(path="/nowhere", search_query='name = "1"') == []
    assert len(sdk.assets.list()) == 4
    assert len(sdk.assets.list(limit=2)) == 2


def test_a_search_that_is_not_played_is_refused_and_not_misunderstood(sdk):
    with pytest.raises(imagekitio.BadRequestError, match="Invalid search query"):
        sdk.assets.list(search_query='size > "1mb"')


def test_details_tell_the_type_of_the_bytes(send, sdk):
    assert sdk.files.get(send(jpeg()).file_id).mime == "image/jpeg"


def test_what_was_deleted_does_not_exist(send, sdk):
    made = send()

    sdk.files.delete(made.file_id)

    for call in (sdk.files.get, sdk.files.delete):
        with pytest.raises(imagekitio.NotFoundError, match="does not exist"):
            call(made.file_id)


def test_an_answer_without_content_has_no_length_either(send, ask):
    auth = urllib3.make_headers(basic_auth="private_KEY=:")

    answer = ask("DELETE", f"/v1/files/{send().file_id}", headers=auth)

    assert (answer.status, answer.headers.get("Content-Length")) == (204, None)


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"authorization": "Basic eDp5"}, 403)])
def test_without_the_key_nothing_is_told(ask, headers, status):
    assert ask("GET", "/v1/files", headers=headers).status == status


def test_only_the_original_is_delivered_as_it_was_uploaded(send, ask):
    send(b"photo")

    assert ask("GET", "/demo/a/b/1?tr=orig-true").data == b"photo"
    assert ask("GET", "/demo/a/b/1").data != b"photo"
    assert ask("GET", "/demo/a/b/1?tr=orig-truer").data != b"photo"
    assert ask("GET", "/demo/a/b/2?tr=orig-true").status == 404


def test_a_copy_is_delivered_until_it_is_purged(send, sdk, ask, server):
    made = send()
    ask("GET", "/demo/a/b/1?tr=orig-true")
    sdk.files.delete(made.file_id)

    assert ask("GET", "/demo/a/b/1?tr=orig-true").status == 200
    sdk.cache.invalidation.create(url=f"{server.kit.url_endpoint}/a/b/1")
    assert ask("GET", "/demo/a/b/1?tr=orig-true").status == 200
    sdk.cache.invalidation.create(url=f"{server.kit.url_endpoint}/a/b/1*")
    assert ask("GET", "/demo/a/b/1?tr=orig-true").status == 404


def test_a_restart_finds_every_file(tmp_path):
    fields = {"file": ("1", b"photo"), "fileName": "1", "useUniqueFileName": "false", "tags": "x,y"}
    with running(StandInServer(open_kit("demo", private_key="k", home=tmp_path))) as first:
        url, auth = f"{first.url}/api/v1/files/upload", urllib3.make_headers(basic_auth="k:")
        urllib3.request("POST", url, fields=fields, headers=auth, retries=False, timeout=5)
        before = first.kit.library.all()

    after = open_kit("demo", private_key="k", home=tmp_path).library

    assert after.all() == before != []
    assert after.content(before[0]) == b"photo"
