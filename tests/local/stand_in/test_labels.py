"""Tags and context, as they travel."""

import pytest
from cloudinary import uploader

from local.stand_in.labels import parse_context, parse_tags
from local.stand_in_parts.replies import Refused


@pytest.mark.parametrize(
    "value", ["a|b", "a=b", "||==", "plain", "a\\b", "C:\\x\\y", "ünï & <b>", "=|", "%26", "line\nbreak"]
)
def test_a_context_value_comes_back_as_it_was_sent(server, control, picture, value):
    uploader.upload(picture(), public_id="one", context={"first": value, "last": "z"}, timeout=5)

    assert control.assets()[0]["context"] == {"first": value, "last": "z"}


def test_a_value_that_ends_in_a_backslash_swallows_the_next_pair(server, control, picture):
    """So does the real service: the SDK does not escape backslashes."""
    uploader.upload(picture(), public_id="one", context={"a": "x\\", "b": "y"}, timeout=5)

    assert control.assets()[0]["context"] == {"a": "x|b=y"}


def test_an_equals_sign_in_a_key_splits_it(server, control, picture):
    """So does the real service: the SDK does not escape keys."""
    uploader.upload(picture(), public_id="one", context={"a=b": "c"}, timeout=5)

    assert control.assets()[0]["context"] == {"a": "b=c"}


def test_the_reply_shows_the_context_under_custom(server, picture):
    reply = uploader.upload(picture(), public_id="one", context={"key": "k1"}, timeout=5)

    assert reply["context"] == {"custom": {"key": "k1"}}


def test_a_pair_without_an_equals_sign_is_refused():
    with pytest.raises(Refused, match="not of the form key=value"):
        parse_context("a=1|b")


def test_tags_are_split_at_commas_trimmed_and_kept_once(server, control, picture):
    uploader.upload(picture(), public_id="one", tags=["red", " blue ", "a,b", "red"], timeout=5)

    assert control.assets()[0]["tags"] == ["red", "blue", "a", "b"]


def test_a_tag_has_at_most_255_characters():
    assert parse_tags("x" * 255) == ("x" * 255,)

    with pytest.raises(Refused, match="256 characters"):
        parse_tags("x" * 256)


def test_an_asset_has_at_most_a_thousand_tags():
    with pytest.raises(Refused, match="Too many tags"):
        parse_tags(",".join(map(str, range(1001))))
