"""However a body is cut into pieces, and whatever bytes it carries, the same form comes out of it."""

import base64
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.edge.multipart import MalformedMultipart, parse_form, read_form
from shared.edge.multipart_body import STRETCH, Base64Body, stretches
from shared.edge.multipart_parts import Parts
from tests.shared.edge.forms import BOUNDARY, body, file, form, sent, text

LIMIT = 1_000_000
MARK = BOUNDARY.encode()
DELIMITER = b"\r\n--" + MARK

FRAGMENTS = st.sampled_from([b"\r\n", b"\r", b"\n", b"--", MARK, DELIMITER[:-1], b"\r\n--", b"\xff\xd8", b"\0", b"="])
CONTENTS = st.lists(FRAGMENTS | st.binary(max_size=20), min_size=1, max_size=40).map(b"".join)
NAMES = st.text(
    st.characters(exclude_characters='"\\%\x7f', exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64
)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200)


@given(CONTENTS, st.dictionaries(NAMES, TEXTS, max_size=5), st.integers(0, 5), NAMES)
def test_what_a_client_fills_in_comes_out_unchanged(content, fields, place, file_name):
    assume(content and DELIMITER not in content + b"\r\n")
    assume(not {"file", "photo"} & set(fields) and not any(DELIMITER.decode() in text for text in fields.values()))
    parts = [text(name, value) for name, value in fields.items()]
    parts.insert(min(place, len(parts)), file(content, file_name=file_name))

    found = parse_form(form(*parts), max_file_bytes=LIMIT)

    assert (bytes(found.file.content), found.fields, found.file.file_name) == (content, fields, file_name)


def cut(content, length):
    whole = Base64Body(base64.b64encode(content).decode())
    return read_form(Parts(("file",), len(content), LIMIT), MARK, stretches(whole, MARK, length))


@pytest.mark.parametrize("length", [1, 2, 3, 7, 31, 64, 1000])
def test_the_pieces_do_not_change_the_form(length):
    content = (b"\r\n" * 40 + DELIMITER[:-1] + b"\r\r\n-" + DELIMITER[2:] + b"\xff\x00") * 3
    sent_body = b"hello\r\n" + body(text("a", "1"), file(content), text("b", "2" * 50)) + b"bye"

    found = cut(sent_body, length)

    assert (bytes(found.file.content), found.fields) == (content, {"a": "1", "b": "2" * 50})


@pytest.mark.parametrize("off", range(-40, 4))
def test_a_delimiter_may_lie_across_two_pieces(off):
    content = b"\r\n" * (STRETCH // 2) + b"x" * (off + 40)
    before = body(file(b"x")).index(b"\r\n\r\n") + 4
    content = content[: STRETCH + off - before]

    found = parse_form(form(file(content), text("a", "b")), max_file_bytes=LIMIT)

    assert (bytes(found.file.content), found.fields) == (content, {"a": "b"})


@given(st.integers(1, 400), st.binary(max_size=60))
def test_a_form_that_is_cut_anywhere_is_never_taken(missing, tail):
    whole = body(text("a", "1"), file(b"\xff\xd8" * 80))[:-2]
    spoilt = whole[: len(whole) - missing] + tail
    assume(b"--" not in tail)
    assume(not spoilt.startswith(whole))

    with pytest.raises(MalformedMultipart):
        parse_form(sent(spoilt), max_file_bytes=LIMIT)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: good + "=",
        lambda good: good[:-1],
        lambda good: good[:400] + "!" + good[401:],
        lambda good: good[:400] + "ä" + good[401:],
        lambda good: good[:400] + "\n" + good[401:],
        lambda good: good[:400] + "QQ==" + good[404:],
        lambda good: good[: STRETCH // 3 * 4 - 4] + "QQ==" + good[STRETCH // 3 * 4 :],
        lambda good: "====",
        lambda good: good + "====",
        lambda good: good + "QQ==",
    ],
)
def test_what_is_not_base64_is_refused(spoil):
    good = form(file(b"x" * 2 * STRETCH + b"12"))
    spoiled = replace(good, raw_body=spoil(good.raw_body.rstrip("=") + "=" * (-len(good.raw_body.rstrip("=")) % 4)))

    with pytest.raises(MalformedMultipart, match="base64"):
        parse_form(spoiled, max_file_bytes=LIMIT)
