"""Strict JSON: what is ambiguous, endless or unstorable is refused with a 400 that says why."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.edge.json_body import DEEPEST, parse_json
from shared.errors import BadRequest

REFUSED = {
    "nothing at all": (b"", "not valid JSON"),
    "half an object": (b'{"a": ', "line 1, column"),
    "bytes that are not UTF-8": (b'{"a": "\xff"}', "UTF-8"),
    "a depth of 100,000": (b"[" * 100_000 + b"]" * 100_000, "nested deeper"),
    "a depth just over the limit": (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "nested deeper"),
    "the same key twice": (b'{"a": 1, "a": 2}', "same key twice"),
    "the same key twice, further in": (b'{"b": [{"a": 1, "a": 1}]}', "same key twice"),
    "NaN": (b'{"a": NaN}', "NaN is not JSON"),
    "Infinity": (b'{"a": -Infinity}', "Infinity is not JSON"),
    "a number that overflows": (b'{"a": 1e999}', "too large"),
    "a number of 100,000 digits": (b'{"a": ' + b"9" * 100_000 + b"}", "100000 digits"),
    "a NUL in a text": (b'{"a": "x\\u0000y"}', "NUL"),
    "a NUL in a key": (b'{"x\\u0000y": 1}', "NUL"),
    "half of a surrogate pair": (b'{"a": "\\ud800"}', "surrogate"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(what):
    body, why = REFUSED[what]

    with pytest.raises(BadRequest, match=why):
        parse_json(body)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63)
        | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
        max_leaves=20,
    )
)
def test_what_json_can_say_comes_through_unchanged(value):
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary())
def test_no_bytes_whatever_raise_anything_else(body):
    with suppress(BadRequest):
        parse_json(body)
