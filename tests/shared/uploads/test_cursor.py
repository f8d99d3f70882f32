"""A cursor opens the list it came from, and nothing else."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.uploads.cursor import CursorInvalid, decode, encode

HERE = datetime(2026, 5, 17, 9, 41, 0, 123456, tzinfo=UTC), uuid4()
LIST = ("org", "project", "None")


def test_a_cursor_leads_back_to_its_position_to_the_microsecond():
    assert decode(encode(HERE, LIST), LIST) == HERE


@pytest.mark.parametrize("other", [("other", "project", "None"), ("org", "None", "project"), ("org", "project")])
def test_a_cursor_of_another_list_is_refused(other):
    with pytest.raises(CursorInvalid, match="filters"):
        decode(encode(HERE, LIST), other)


def test_not_one_letter_of_a_cursor_may_differ():
    cursor = encode(HERE, LIST)

    for n in range(len(cursor)):
        for letter in {"A", "z", "-"} - {cursor[n]}:
            with pytest.raises(CursorInvalid):
                decode(cursor[:n] + letter + cursor[n + 1 :], LIST)


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 4, 10, 60])
def test_half_a_cursor_is_none(cut):
    with pytest.raises(CursorInvalid):
        decode(encode(HERE, LIST)[:cut], LIST)


def _packed(text):
    return urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


NONSENSE = {
    "nothing in it": _packed(""),
    "a NUL": "\x00",
    "letters of another alphabet": "ключ",
    "half of a surrogate pair": _packed("\ud83d"),
    "a moment without a zone": _packed(f"2026-05-17T09:41:00 {uuid4()} {'0' * 32}"),
    "no moment": _packed(f"yesterday {uuid4()} {'0' * 32}"),
    "no id": _packed(f"2026-05-17T09:41:00+00:00 1 {'0' * 32}"),
    "one word too many": _packed(f"2026-05-17T09:41:00+00:00 {uuid4()} {'0' * 32} x"),
    "padding": encode(HERE, LIST) + "==",
    "a blank": encode(HERE, LIST) + " ",
    "SQL": "1; DROP TABLE photos",
}


@pytest.mark.parametrize("what", NONSENSE)
def test_a_cursor_that_nobody_was_given_is_refused(what):
    with pytest.raises(CursorInvalid):
        decode(NONSENSE[what], LIST)
