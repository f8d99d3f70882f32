"""Only a compact JWS, in its one spelling, gets as far as the crypto."""

import time
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Unauthenticated
from shared.tokens.shape import MAX_CHARACTERS, MAX_DEPTH, base64url, parse


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


HEADER = b64(b'{"alg":"HS256"}')
PAYLOAD = b64(b'{"sub":"a"}')
SIGNATURE = b64(b"\x00" * 32)
GOOD = f"{HEADER}.{PAYLOAD}.{SIGNATURE}"


def with_payload(raw: bytes) -> str:
    return f"{HEADER}.{b64(raw)}.{SIGNATURE}"


def test_a_compact_token_comes_apart():
    jws = parse(GOOD)

    assert (jws.header, jws.payload) == ({"alg": "HS256"}, {"sub": "a"})
    assert (jws.signing_input, jws.signature) == (f"{HEADER}.{PAYLOAD}".encode(), b"\x00" * 32)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        f"{HEADER}.{PAYLOAD}.",
        f"{HEADER}..{SIGNATURE}",
        f".{PAYLOAD}.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}",
        f"{GOOD}.{SIGNATURE}",
        f"{GOOD}.{SIGNATURE}.{SIGNATURE}",
        f"{GOOD}=",
        f"{HEADER}==.{PAYLOAD}.{SIGNATURE}",
        f"{GOOD}\n",
        f"\n{GOOD}",
        f"{HEADER}\n.{PAYLOAD}.{SIGNATURE}",
        f"{GOOD} ",
        f"{HEADER}+.{PAYLOAD}.{SIGNATURE}",
        f"{HEADER}/.{PAYLOAD}.{SIGNATURE}",
        f"{HEADER}.{PAYLOAD}.é",
        f"{HEADER}.{PAYLOAD}.\u0661\u0662\u0663",  # digits to \w, but not to base64
        f"{HEADER}.{PAYLOAD}.A",
        f"{HEADER}.{PAYLOAD}.AB",
        '{"payload":"e30","signatures":[{"protected":"e30","signature":"AA"}]}',
    ],
)
def test_text_that_is_not_a_compact_token_is_refused(token):
    with pytest.raises(Unauthenticated) as refused:
        parse(token)

    assert refused.value.facts == {"reason": "token_malformed"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"1",
        b"{",
        b"{}{}",
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":1,"\\u0061":1}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b"\xff{}",
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\n"}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}",
        b'{"a":' + b"[" * 5900,
        b'{"a":' * 1100 + b"1" + b"}" * 1100,
        b'{"a":"' + b"]" * 40 + b'","b":' + b"[" * 1200 + b"]" * 1200 + b"}",
    ],
)
def test_a_part_that_is_not_one_plain_json_object_is_refused(raw):
    for token in (with_payload(raw), f"{b64(raw)}.{PAYLOAD}.{SIGNATURE}"):
        with pytest.raises(Unauthenticated):
            parse(token)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":' + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1) + b"}",
        b'{"a":"' + b"[{" * 500 + b'"}',
        b'{"a":"\\"' + b"[" * 50 + b'"}',
        b'{"a":[' + b",".join([b"{}"] * 200) + b"]}",
    ],
)
def test_depth_counts_nesting_and_not_brackets(raw):
    assert "a" in parse(with_payload(raw)).payload


@pytest.mark.parametrize("part", ["AB", "AAB", "A"])
def test_a_twin_spelling_of_the_same_bytes_is_refused(part):
    with pytest.raises(ValueError):
        base64url(part)


@given(st.binary(min_size=1))
def test_every_byte_string_has_one_spelling(raw):
    assert base64url(b64(raw)) == raw


def test_a_token_over_the_limit_is_refused_by_its_length():
    fits = with_payload(b'{"a":"' + b"x" * 6000 + b'"}')

    assert len(fits) <= MAX_CHARACTERS
    assert parse(fits)
    with pytest.raises(Unauthenticated) as refused:
        parse("a" * (MAX_CHARACTERS + 1))
    assert refused.value.facts == {"reason": "token_too_long"}


@pytest.mark.parametrize(
    "junk",
    [
        "a" * 1_000_000,
        "." * 1_000_000,
        "a." * 500_000,
        "é" * 1_000_000,
        "a" * MAX_CHARACTERS,
        "a." * (MAX_CHARACTERS // 2),
        with_payload(b'{"a":' + b"[" * 5900),
        with_payload(b'"' + b'\\"' * 2950),
        with_payload(b'{"a":"' + b"\\\\" * 2950),
        with_payload(b"[" * 5900 + b'"' * 3),
    ],
)
def test_junk_costs_less_than_five_milliseconds(junk):
    spent = []
    for _ in range(5):
        begun = time.thread_time()
        with pytest.raises(Unauthenticated):
            parse(junk)
        spent.append(time.thread_time() - begun)

    assert min(spent) < 0.005


@given(st.text(max_size=60) | st.text(alphabet="ab=.{}-_ \n", max_size=60))
def test_no_text_breaks_the_parser(text):
    with pytest.raises(Unauthenticated):
        parse(text)
