"""Only strong keys that are meant for signatures are used from a published set."""

import json
from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from shared.tokens.jwk import usable_keys


def used(*jwks: object) -> dict[str, str]:
    keys = usable_keys(json.dumps({"keys": jwks}).encode())
    return {kid: key.algorithm for kid, key in keys.items()}


def number(value: int) -> str:
    return urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "members", [{}, {"use": "sig"}, {"alg": "RS256"}, {"key_ops": ["verify"]}, {"use": "sig", "x5t": "AA"}]
)
def test_a_key_for_signatures_is_used(issuer, members):
    assert used(issuer.rsa_jwk(**members)) == {"rs256": "RS256"}


@pytest.mark.parametrize(
    "members",
    [
        {"use": "enc"},
        {"use": None},
        {"use": ["sig"]},
        {"key_ops": []},
        {"key_ops": ["sign"]},
        {"key_ops": ["encrypt", "wrapKey"]},
        {"key_ops": "verify"},
        {"use": "sig", "key_ops": ["encrypt"]},
        {"alg": "RS512"},
        {"alg": "PS256"},
        {"alg": "ES256"},
        {"alg": "HS256"},
        {"alg": None},
        {"kid": "../../dev/null"},
        {"kid": ""},
        {"kid": 1},
        {"kid": None},
        {"kty": "EC"},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "OKP"},
        {"kty": None},
        {"d": "AQAB"},
        {"n": "AQAB"},
        {"n": None},
        {"n": 5},
        {"n": "A" * 6000 + "AQ"},
        {"e": "AA"},
        {"e": "Ag"},
        {"e": "AQAB="},
    ],
)
def test_any_other_rsa_key_is_ignored(issuer, members):
    assert used(issuer.rsa_jwk(**members)) == {}


@pytest.mark.parametrize("members", [{"crv": "P-384"}, {"crv": None}, {"x": "AQAB"}, {"y": None}, {"x": ...}])
def test_any_other_elliptic_key_is_ignored(issuer, members):
    jwk = {name: value for name, value in issuer.ec_jwk(**members).items() if value is not ...}

    assert used(jwk) == {}


def test_rsa_keys_start_at_2048_bits():
    weak = rsa.generate_private_key(65537, key_size=1024).public_key().public_numbers()  # noqa: S505 - the point

    assert used({"kty": "RSA", "kid": "weak", "n": number(weak.n), "e": number(weak.e)}) == {}


@pytest.mark.parametrize(("bits", "expected"), [(8192, {"rs256": "RS256"}), (8193, {})])
def test_rsa_keys_end_where_checking_gets_expensive(issuer, bits, expected):
    assert used(issuer.rsa_jwk(n=number((1 << (bits - 1)) + 1))) == expected


def test_a_p384_key_is_ignored():
    numbers = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()

    jwk = {"kty": "EC", "kid": "p384", "crv": "P-384", "x": number(numbers.x), "y": number(numbers.y)}

    assert used(jwk) == {}


def test_one_odd_key_does_not_hide_the_others(issuer):
    odd = [None, 1, "key", [], {}, {"kid": "x"}, {"kty": "oct", "kid": "rs256", "k": "AA"}]

    assert used(*odd, issuer.rsa_jwk(), issuer.ec_jwk()) == {"rs256": "RS256", "es256": "ES256"}


def test_of_two_keys_with_one_name_the_first_counts(issuer):
    assert used(issuer.rsa_jwk(kid="same"), issuer.ec_jwk(kid="same")) == {"same": "RS256"}


@pytest.mark.parametrize("size", [0, 1, 63, 65, 128])
def test_an_elliptic_signature_has_64_bytes(issuer, size):
    key = usable_keys(issuer.jwk_set())["es256"]

    assert not key.prove(b"data", b"\x01" * size)


def test_a_signature_in_der_is_not_a_jws_signature(issuer):
    key = usable_keys(issuer.jwk_set())["es256"]
    der = issuer.ec_key.sign(b"data", ec.ECDSA(SHA256()))

    assert not key.prove(b"data", der)


def test_a_signature_with_a_spare_zero_is_another_spelling_and_refused(issuer):
    key = usable_keys(issuer.jwk_set())["es256"]
    r, s = decode_dss_signature(issuer.ec_key.sign(b"data", ec.ECDSA(SHA256())))

    assert key.prove(b"data", r.to_bytes(32) + s.to_bytes(32))
    assert not key.prove(b"data", r.to_bytes(32) + s.to_bytes(33))


@pytest.mark.parametrize("half", [b"\x00" * 32, b"\xff" * 32])
def test_numbers_outside_the_curve_prove_nothing(issuer, half):
    key = usable_keys(issuer.jwk_set())["es256"]

    assert not key.prove(b"data", half + half)
