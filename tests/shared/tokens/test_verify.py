"""A token is believed only when its shape, header, signature and every claim are right."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.errors import Unauthenticated
from shared.tokens.verify import Claims

NOW = 1_800_000_000
ORG = "6f1c0d7e-8f0e-4a55-9b0c-0a1b2c3d4e5f"


def reason(verifier, token):
    with pytest.raises(Unauthenticated) as refused:
        verifier.verify(token)
    assert token not in str(refused.value)
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")
    return refused.value.facts["reason"]


def test_a_good_shared_secret_token_says_who_is_calling(secret_verifier, issuer):
    claims = secret_verifier.verify(issuer.token("HS256"))

    assert claims == Claims("user-1", UUID(ORG), frozenset({"photos:write", "photos:read"}), NOW + 600)


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_a_good_token_with_a_published_key_says_who_is_calling(jwks_verifier, issuer, alg):
    claims = jwks_verifier.verify(issuer.token(alg))

    assert (claims.actor_id, claims.org_id) == ("user-1", UUID(ORG))


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "nOnE", "hs256", "HS384", "RS256", "", 1, None, ["HS256"], ...]
)
def test_only_hs256_is_accepted_with_a_shared_secret(secret_verifier, issuer, alg):
    assert reason(secret_verifier, issuer.token(header={"alg": alg})) == "token_algorithm"


@pytest.mark.parametrize("alg", ["none", "nOnE", "HS256", "RS384", "PS256", "ES384", "EdDSA", "rs256"])
def test_only_rs256_and_es256_are_accepted_with_published_keys(jwks_verifier, issuer, alg):
    assert reason(jwks_verifier, issuer.token("RS256", header={"alg": alg})) == "token_algorithm"


@pytest.mark.parametrize(("alg", "kid"), [("RS256", "es256"), ("ES256", "rs256")])
def test_the_algorithm_must_fit_the_key(jwks_verifier, issuer, alg, kid):
    assert reason(jwks_verifier, issuer.token(alg, header={"kid": kid})) == "token_algorithm"


@pytest.mark.parametrize("alg", ["HS256", "RS256", "ES256"])
def test_a_public_key_used_as_an_hmac_secret_forges_nothing(jwks_verifier, issuer, alg):
    public = [
        issuer.rsa_pem,
        issuer.rsa_pem.strip(),
        json.dumps(issuer.rsa_jwk()).encode(),
        json.dumps(issuer.rsa_jwk(use="sig", alg="RS256"), separators=(",", ":")).encode(),
        issuer.jwk_set(),
    ]
    for secret in public:
        forged = issuer.token("HS256", header={"alg": alg, "kid": "rs256"}, secret=secret)

        assert reason(jwks_verifier, forged) in {"token_algorithm", "signature_invalid"}


@pytest.mark.parametrize("alg", ["HS256", "RS256", "ES256"])
def test_a_stripped_borrowed_or_shortened_signature_is_refused(secret_verifier, jwks_verifier, issuer, alg):
    verifier = secret_verifier if alg == "HS256" else jwks_verifier
    signed, _, signature = issuer.token(alg).rpartition(".")
    other = issuer.token(alg, claims={"sub": "user-2"}).rpartition(".")[2]

    assert reason(verifier, f"{signed}.") == "token_malformed"
    assert reason(verifier, signed) == "token_malformed"
    raw = urlsafe_b64decode(signature + "==")
    for cut in range(1, len(raw)):
        shorter = urlsafe_b64encode(raw[:cut]).rstrip(b"=").decode()
        assert reason(verifier, f"{signed}.{shorter}") == "signature_invalid"
    for wrong in (other, signature[:-4], signature + "AAAA", "AAAA", "A" * len(signature)):
        assert reason(verifier, f"{signed}.{wrong}") in {"signature_invalid", "token_malformed"}


@pytest.mark.parametrize(
    "member",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["x"], "x": 1},
        {"b64": False},
        {"b64": True},
        {"b64": False, "crit": ["b64"]},
        {"jku": "http://127.0.0.1:1/keys"},
        {"x5u": "http://127.0.0.1:1/cert"},
        {"jwk": {"kty": "oct", "k": "AA"}},
        {"x5c": ["AA"]},
        {"x5c": None},
    ],
)
def test_a_header_that_brings_its_own_rules_is_refused(secret_verifier, issuer, member):
    assert reason(secret_verifier, issuer.token(header=member)) == "token_header"


@pytest.mark.parametrize(
    "kid",
    [
        "../../dev/null",
        "https://evil.example/key",
        "' OR 1=1 --",
        "a\x00b",
        "a\n",
        "",
        "k" * 129,
        7,
        None,
        ["k"],
        {"k": 1},
    ],
)
def test_a_kid_is_never_more_than_a_short_plain_name(secret_verifier, jwks_verifier, issuer, key_server, kid):
    assert reason(secret_verifier, issuer.token(header={"kid": kid})) == "token_header"
    assert reason(jwks_verifier, issuer.token("RS256", header={"kid": kid})) == "token_header"
    assert key_server.fetches == []


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "AT+JWT", ...])
def test_the_types_of_an_access_token_are_accepted(secret_verifier, issuer, typ):
    assert secret_verifier.verify(issuer.token(header={"typ": typ}))


@pytest.mark.parametrize("typ", ["", "dpop+jwt", "logout+jwt", "id+jwt", "JWT ", "JOSE", 1, None])
def test_any_other_type_is_refused(secret_verifier, issuer, typ):
    assert reason(secret_verifier, issuer.token(header={"typ": typ})) == "not_an_access_token"


def test_a_well_signed_token_with_a_wrong_claim_is_refused(secret_verifier, issuer):
    assert reason(secret_verifier, issuer.token(claims={"exp": NOW - 60})) == "token_expired"
    assert reason(secret_verifier, issuer.token(claims={"aud": "other"})) == "audience_mismatch"


@pytest.mark.parametrize("number", ["1e400", "1.8e9", "1800000600.0", "-0.0", "9" * 4400])
def test_an_exp_written_as_anything_but_a_plain_integer_is_refused(secret_verifier, issuer, number):
    payload = f'{{"iat":{NOW},"exp":{number}}}'.encode()

    token = issuer.sign("HS256", b'{"alg":"HS256"}', payload)

    assert reason(secret_verifier, token) in {"claims_invalid", "token_malformed"}


@st.composite
def mutations(draw, size):
    """One to three edits of a text: a character replaced, put in, or taken out."""
    position = st.integers(0, size - 1)
    characters = st.text(alphabet="ABCabc019-_.=+/ \n", max_size=2)
    return draw(st.lists(st.tuples(position, st.integers(0, 1), characters), min_size=1, max_size=3))


@settings(deadline=None)
@given(st.data())
@pytest.mark.parametrize("alg", ["HS256", "RS256", "ES256"])
def test_no_mutation_of_a_good_token_is_accepted(secret_verifier, verifier_of_all, issuer, alg, data):
    token = mutated = issuer.token(alg)
    for at, width, text in data.draw(mutations(len(token))):
        mutated = mutated[:at] + text + mutated[at + width :]
    assume(mutated != token)

    assert reason(secret_verifier if alg == "HS256" else verifier_of_all, mutated)


@pytest.mark.parametrize("alg", ["HS256", "RS256", "ES256"])
def test_no_single_other_last_character_is_accepted(secret_verifier, verifier_of_all, issuer, alg):
    verifier = secret_verifier if alg == "HS256" else verifier_of_all
    token = issuer.token(alg)

    for last in set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") - {token[-1]}:
        assert reason(verifier, token[:-1] + last) in {"token_malformed", "signature_invalid"}
