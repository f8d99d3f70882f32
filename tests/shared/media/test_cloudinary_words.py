"""No text can pass for another: every pair and every tag comes back, whatever stands in the one before it."""

import unicodedata

import pytest
from cloudinary.utils import encode_context
from hypothesis import given
from hypothesis import strategies as st

from local.stand_in.labels import parse_context, parse_tags
from local.stand_in.public_ids import check_public_id
from shared.errors import Misconfigured
from shared.media.cloudinary_words import KEYS, context_of, public_id, tags_of

NASTY = st.text(alphabet=st.one_of(st.sampled_from("\\|=,&%\0\n\r\t\x1b aé\ud800\u2028"), st.characters()))
LABELS = st.dictionaries(st.sampled_from(sorted(KEYS)), NASTY)


@given(LABELS)
def test_every_pair_comes_back_whatever_stands_in_the_others(labels):
    sent = context_of(labels)

    assert parse_context(encode_context(sent)) == sent
    for key, value in labels.items():
        assert context_of({key: value}).get(key) == sent.get(key)


@given(LABELS)
def test_a_value_is_one_line_of_text_that_fits(labels):
    for value in context_of(labels).values():
        assert 0 < len(value) <= 255
        assert value == value.strip()
        assert unicodedata.is_normalized("NFC", value)
        assert value.encode()
        assert not set(value) & {*map(chr, range(32)), "\\"}


@given(st.lists(NASTY, max_size=5), LABELS)
def test_every_tag_comes_back_as_one(tags, labels):
    sent = tags_of(tags, labels)

    assert list(parse_tags(",".join(sent))) == sent


@pytest.mark.parametrize("plain", ["Team 7", "a|b", "a=b", "Größe & Co <1>", "%26", "🙂"])
def test_plain_text_is_kept_as_it_is(plain):
    assert context_of({"team_name": plain}) == {"team_name": plain}


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("x\\", "x/"),
        ("a\0b\nc", "a b c"),
        ("e\u0301", "é"),
        ("  x ", "x"),
        ("y" * 300, "y" * 255),
        ("y" * 254 + " z", "y" * 254),
        ("\ud800z", "z"),
    ],
)
def test_what_cannot_be_sent_is_replaced(given_text, kept):
    assert context_of({"team_name": given_text}) == {"team_name": kept}


def test_nothing_is_not_written_down():
    assert context_of({"team_name": "", "hunt_name": "\0"}) == {}


def test_an_unknown_key_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="a=b"):
        context_of({"a=b": "c"})


def test_a_photo_is_tagged_as_ours_and_with_the_key_of_its_upload():
    assert tags_of((), {"idempotency_key": "k,1"}) == ["keepsake", "key:k 1"]
    assert tags_of(["keepsake", "stop"], {}) == ["keepsake", "stop"]


def test_a_tag_has_at_most_255_characters():
    (_, tag) = tags_of((), {"idempotency_key": "k" * 255})

    assert tag == "key:" + "k" * 251


@pytest.mark.parametrize("name", ["dev/0b2c/9f3e/1", "prod-eu_2/a/b/12", "v/a/b/1", "v2x/a/b/1", "a/b/c/v1"])
def test_our_names_are_taken_as_they_are(name):
    assert public_id(name) == name == check_public_id(name)


@pytest.mark.parametrize(
    "name",
    [*"?&#\\%<>+ é", "", "/a", "a/", "a//b", "../a", "v2/a/b/1", "a/v10/1", "a/1\n", "x" * 256],
)
def test_a_name_that_cloudinary_would_refuse_or_change_is_never_sent(name):
    with pytest.raises(Misconfigured, match="stage"):
        public_id(name)
