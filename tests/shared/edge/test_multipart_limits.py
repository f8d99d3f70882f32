"""A hostile form costs little: little time, little memory, and never an answer of 500."""

import gc
import random
import sys
import time
import tracemalloc
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.edge.multipart import MalformedMultipart, parse_form
from shared.errors import AppError, PayloadTooLarge
from tests.shared.edge.forms import BOUNDARY, body, file, form, part, sent, text

SIZE = 4_400_000
FILE = file()
ANSWERS = {"read", 400, 413, 415, 422}


def named(number, *headers, value=b"x"):
    return part(f'name="f{number}"', value, *headers)


FULL = {
    "32 parts": body(FILE, *(named(n) for n in range(31))),
    "16 headers": body(file(b"x", *(f"X-{n}: 1" for n in range(15)))),
    "4 KiB of headers": body(file(b"x", "X: " + "x" * 4_000)),
    "a text of 4 KiB": body(FILE, text("a", "x" * 4_096)),
    "64 KiB of texts": body(FILE, *(named(n, value=b"x" * 4_096) for n in range(16))),
    "a preamble of 1 KiB": b"x" * 1_022 + b"\r\n" + body(FILE),
    "an epilogue of 1 KiB": body(FILE)[:-2] + b"x" * 1_024,
    "a name of 64 characters": body(FILE, text("ä" * 64, "x")),
}


@pytest.mark.parametrize("what", FULL)
def test_what_just_fits_is_read(what):
    assert parse_form(sent(FULL[what]), max_file_bytes=SIZE).file.size


TOO_MUCH = {
    "33 parts": body(FILE, *(named(n) for n in range(32))),
    "10,000 parts": body(*(named(n) for n in range(10_000))),
    "17 headers": body(file(b"x", *(f"X-{n}: 1" for n in range(16)))),
    "100,000 headers": body(file(b"x", *(f"X-{n}: 1" for n in range(100_000)))),
    "headers of more than 4 KiB": body(file(b"x", "X: " + "x" * 2_100, "Y: " + "ä" * 1_000)),
    "a header of 4 MB": body(file(b"x", "X: " + "x" * 4_000_000)),
    "4 MB of header without an end": body(b"X: " + b"x" * 4_000_000),
    "options that tempt a pattern to go back": body(
        *(part(f'name="f{n}"' + ';a="\\' * 800, b"x", 'X: ;a="\\') for n in range(32))
    ),
    "a text of more than 4 KiB": body(FILE, text("a", "x" * 4_097)),
    "a text of 4 MB": body(FILE, text("a", "x" * 4_000_000)),
    "more than 64 KiB of texts": body(FILE, *(named(n, value=b"x" * 4_096) for n in range(16)), text("a", "x")),
    "a preamble of more than 1 KiB": b"x" * 1_023 + b"\r\n" + body(FILE),
    "a preamble of 4 MB": b"\r\n--" * 1_000_000 + body(FILE),
    "an epilogue of more than 1 KiB": body(FILE)[:-2] + b"x" * 1_025,
    "an epilogue of 4 MB": body(FILE) + b"\r\n--" * 1_000_000,
    "an epilogue of 4 MB that closes again": body(FILE) + b"x" * 4_000_000 + body(FILE),
    "an epilogue that closes again in the same piece": body(FILE) + b"x" * 2_000 + b"\r\n" + body(FILE),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_too_much_is_refused_before_it_costs_anything(what):
    request = sent(TOO_MUCH[what])

    with measured() as most, pytest.raises(MalformedMultipart):
        parse_form(request, max_file_bytes=4_500_000)

    assert most.seconds < 0.1
    assert most.bytes < 1.1 * max(len(TOO_MUCH[what]), 500_000)


class Most:
    bytes, seconds = 0, 0.0


@contextmanager
def measured():
    """The processor's time, and the most memory that was taken at once beyond what was there before."""
    most = Most()
    gc.collect()
    tracemalloc.start()
    started = time.process_time()
    try:
        yield most
    finally:
        most.seconds = time.process_time() - started
        most.bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()


PHOTOS = {
    "random bytes": random.Random(1).randbytes(SIZE),
    "CRLFs": b"\r\n" * (SIZE // 2),
    "what looks like a boundary": (b"\r\n--" + BOUNDARY[:-1].encode()) * (SIZE // 30),
}


@pytest.mark.parametrize("what", PHOTOS)
def test_a_photo_is_in_memory_once_beside_the_event(what):
    request = form(file(PHOTOS[what]))

    with measured() as most:
        found = parse_form(request, max_file_bytes=4_500_000)

    assert found.file.size == len(PHOTOS[what])
    assert most.bytes <= 1.1 * found.file.size


def calls(request):
    """How many functions it takes, those of C included."""
    count = 0

    def counted(_frame, event, _arg):
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(counted)
    try:
        parse_form(request, max_file_bytes=4_500_000)
    finally:
        sys.setprofile(None)
    return count


def test_a_photo_is_read_in_large_steps():
    assert calls(form(file(PHOTOS["random bytes"]))) < SIZE / 1_000


@pytest.mark.parametrize("what", ["CRLFs", "what looks like a boundary"])
def test_no_content_makes_the_parser_take_smaller_steps(what):
    usual = calls(form(file(PHOTOS["random bytes"])))

    assert calls(form(file(PHOTOS[what]))) <= 1.5 * usual


def test_a_file_that_is_too_large_stops_the_reading():
    request = form(file(PHOTOS["random bytes"]))

    with measured() as most, pytest.raises(PayloadTooLarge):
        parse_form(request, max_file_bytes=100_000)

    assert most.bytes < 500_000


def verdict(request):
    try:
        parse_form(request, max_file_bytes=SIZE)
    except AppError as error:
        return error.status
    return "read"


@pytest.mark.parametrize("end", [b"", b"\r\n--%b--"], ids=["as it is", "with an end"])
def test_every_file_of_the_corpus_gets_a_quick_verdict(corpus, end):
    for path in sorted((corpus / "fuzz-multipart").iterdir()):
        content = path.read_bytes()
        boundary = content[2:].split(b"\n")[0].strip()
        closed = content + end.replace(b"%b", boundary)
        request = sent(closed, content_type=f'multipart/form-data; boundary="{boundary.decode("latin-1")}"')
        started = time.process_time()

        status = verdict(request)

        assert status in ANSWERS, path.name
        assert time.process_time() - started < 1, path.name


@given(
    st.lists(
        st.sampled_from([FILE, text("a", "b"), b"\r\n", b"--", BOUNDARY.encode(), b"\n", b"; ", b'"', b": ", b"\r"])
        | st.binary(max_size=8),
        max_size=20,
    ).map(b"".join),
    st.booleans(),
)
def test_any_bytes_get_a_form_or_a_refusal(middle, framed):
    status = verdict(sent(body(middle) if framed else middle))

    assert status in ANSWERS


@given(st.text(max_size=60))
def test_any_content_type_gets_an_answer(options):
    assert verdict(sent(body(FILE), content_type=f"multipart/form-data; boundary={BOUNDARY}" + options)) in ANSWERS
