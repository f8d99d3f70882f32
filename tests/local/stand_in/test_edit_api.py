"""Changes to an asset that is already there."""

import pytest
from cloudinary import uploader


@pytest.fixture
def asset(server, picture):
    return uploader.upload(picture(), public_id="dev/one", tags=["red"], context={"a": "1"}, timeout=5)


def test_destroying_twice_succeeds_twice_and_says_so(asset, control):
    first = uploader.destroy("dev/one", invalidate=True, timeout=5)
    second = uploader.destroy("dev/one", invalidate=True, timeout=5)

    assert (first["result"], second["result"]) == ("ok", "not found")
    assert control.assets() == []


def test_destroy_looks_only_at_its_own_kind(asset, control):
    assert uploader.destroy("dev/one", resource_type="raw", timeout=5)["result"] == "not found"
    assert uploader.destroy("dev/one", type="private", timeout=5)["result"] == "not found"
    assert len(control.assets()) == 1


def test_destroy_needs_a_name(server):
    reply = uploader.destroy("", return_error=True, timeout=5)

    assert reply["error"]["message"] == "Missing required parameter - public_id"


def test_explicit_replaces_the_labels_it_is_given(asset, control):
    reply = uploader.explicit("dev/one", type="upload", tags=["blue"], timeout=5)

    assert reply["etag"] == asset["etag"]
    assert control.assets()[0]["tags"] == ["blue"]
    assert control.assets()[0]["context"] == {"a": "1"}


def test_explicit_does_not_know_what_is_not_there(server):
    reply = uploader.explicit("none", type="upload", return_error=True, timeout=5)

    assert (reply["error"]["http_code"], reply["error"]["message"]) == (404, "Resource not found - none")


def test_a_renamed_asset_has_only_its_new_name(asset, control, shelf):
    reply = uploader.rename("dev/one", "dev/two", timeout=5)

    assert reply["public_id"] == "dev/two"
    assert [each["public_id"] for each in control.assets()] == ["dev/two"]
    assert len(list(shelf.iterdir())) == 2


def test_rename_does_not_take_a_name_in_use(asset, control, picture):
    uploader.upload(picture(2), public_id="dev/two", timeout=5)

    refused = uploader.rename("dev/one", "dev/two", return_error=True, timeout=5)
    done = uploader.rename("dev/one", "dev/two", overwrite=True, timeout=5)

    assert refused["error"]["message"] == "to_public_id (dev/two) already exists"
    assert done["etag"] == asset["etag"]
    assert len(control.assets()) == 1


def test_rename_refuses_forbidden_names_and_unknown_assets(asset):
    forbidden = uploader.rename("dev/one", "a?b", return_error=True, timeout=5)
    unknown = uploader.rename("none", "other", return_error=True, timeout=5)

    assert (forbidden["error"]["http_code"], unknown["error"]["http_code"]) == (400, 404)


def test_tags_can_be_added_removed_and_replaced(asset, control):
    def now():
        return control.assets()[0]["tags"]

    uploader.add_tag("blue,green", ["dev/one"], timeout=5)
    assert now() == ["red", "blue", "green"]

    uploader.remove_tag("red", ["dev/one"], timeout=5)
    assert now() == ["blue", "green"]

    uploader.replace_tag("white", ["dev/one"], timeout=5)
    assert now() == ["white"]

    uploader.remove_all_tags(["dev/one"], timeout=5)
    assert now() == []


def test_an_exclusive_tag_leaves_every_other_asset(asset, control, picture):
    uploader.upload(picture(2), public_id="dev/two", timeout=5)

    uploader.add_tag("red", ["dev/two"], exclusive=True, timeout=5)

    assert [each["tags"] for each in control.assets()] == [[], ["red"]]


def test_only_the_assets_that_exist_are_named_in_the_answer(asset):
    reply = uploader.add_tag("blue", ["dev/one", "none"], timeout=5)

    assert reply["public_ids"] == ["dev/one"]


def test_context_can_be_added_and_removed(asset, control):
    uploader.add_context({"b": "2|3"}, ["dev/one"], timeout=5)
    assert control.assets()[0]["context"] == {"a": "1", "b": "2|3"}

    uploader.remove_all_context(["dev/one"], timeout=5)
    assert control.assets()[0]["context"] == {}


@pytest.mark.parametrize("call", [uploader.call_tags_api, uploader.call_context_api])
def test_an_unknown_command_is_refused(asset, call):
    reply = call("a=b", "twist", ["dev/one"], return_error=True, timeout=5)

    assert reply["error"]["message"] == "Invalid command - twist"
