"""Published keys are fetched when needed, kept, and never asked for at a stranger's pace."""

import json

import pytest

from shared.errors import Unauthenticated, Unavailable
from shared.tokens.jwks import MAX_AGE, REFETCH_PAUSE, RETRY_PAUSE


def refused(verifier, token, error=Unauthenticated):
    with pytest.raises(error) as raised:
        verifier.verify(token)
    return raised.value.facts


def test_nothing_is_fetched_before_the_first_token(jwks_verifier, key_server):
    assert jwks_verifier
    assert key_server.fetches == []


def test_the_keys_are_fetched_once_for_many_tokens(jwks_verifier, issuer, key_server):
    for alg in ("RS256", "ES256") * 10:
        jwks_verifier.verify(issuer.token(alg))

    assert key_server.fetches == ["/keys?v=1"]


def test_a_flood_of_unknown_kids_costs_one_fetch_in_five_minutes(jwks_verifier, issuer, key_server, clock):
    jwks_verifier.verify(issuer.token("RS256"))
    clock.now += REFETCH_PAUSE

    reasons = {refused(jwks_verifier, issuer.token("ES256", {"kid": f"k{n}"}))["reason"] for n in range(200)}

    assert reasons == {"key_unknown"}
    assert len(key_server.fetches) == 2


def test_a_flood_on_a_cold_container_costs_one_fetch(jwks_verifier, issuer, key_server, clock):
    for n in range(20):
        refused(jwks_verifier, issuer.token("ES256", {"kid": f"k{n}"}))
        clock.now += RETRY_PAUSE

    assert len(key_server.fetches) == 1


def test_a_new_key_is_found_once_the_pause_is_over(jwks_verifier, issuer, key_server, clock):
    jwks_verifier.verify(issuer.token("RS256"))
    key_server.document = json.dumps({"keys": [issuer.rsa_jwk(kid="new")]}).encode()
    rotated = issuer.token("RS256", {"kid": "new"})

    clock.now += REFETCH_PAUSE - 1
    assert refused(jwks_verifier, rotated)["reason"] == "key_unknown"
    clock.now += 1

    assert jwks_verifier.verify(rotated)


def test_a_withdrawn_key_is_forgotten_within_the_hour(jwks_verifier, issuer, key_server, clock):
    jwks_verifier.verify(issuer.token("RS256"))
    key_server.document = json.dumps({"keys": [issuer.ec_jwk()]}).encode()
    clock.now += MAX_AGE

    facts = refused(jwks_verifier, issuer.token("RS256", claims={"exp": int(clock.now) + 60}))

    assert facts["reason"] == "key_unknown"


def test_known_keys_stay_good_while_the_issuer_is_down(jwks_verifier, issuer, key_server, clock):
    jwks_verifier.verify(issuer.token("RS256"))
    key_server.status = 503
    clock.now += MAX_AGE

    assert jwks_verifier.verify(issuer.token("RS256", claims={"exp": int(clock.now) + 60}))
    assert len(key_server.fetches) == 2


def test_an_unknown_kid_is_in_doubt_while_the_issuer_is_down(jwks_verifier, issuer, key_server, clock):
    jwks_verifier.verify(issuer.token("RS256"))
    key_server.status = 503
    clock.now += REFETCH_PAUSE

    for _ in range(5):
        facts = refused(jwks_verifier, issuer.token("RS256", {"kid": "new"}), Unavailable)
        assert facts == {"reason": "keys_unavailable", "detail": "status 503"}

    assert len(key_server.fetches) == 2


def test_without_any_keys_we_ask_again_after_a_short_pause(jwks_verifier, issuer, key_server, clock):
    key_server.status = 500

    for _ in range(5):
        refused(jwks_verifier, issuer.token("RS256"), Unavailable)
    assert len(key_server.fetches) == 1
    key_server.status = 200
    clock.now += RETRY_PAUSE

    assert jwks_verifier.verify(issuer.token("RS256"))
    assert refused(jwks_verifier, issuer.token("RS256", {"kid": "other"}))["reason"] == "key_unknown"


@pytest.mark.parametrize(
    "document", [b"", b"<html>", b"\xff\xfe\xfd", b"[]", b"{}", b'"keys"', b'{"keys":5}', b"[" * 100_000]
)
def test_a_document_that_is_not_a_key_set_is_no_answer(jwks_verifier, issuer, key_server, document):
    key_server.document = document

    facts = refused(jwks_verifier, issuer.token("RS256"), Unavailable)

    assert facts["detail"] == "not a JWK set"


def test_a_token_without_a_kid_is_refused_without_asking(jwks_verifier, issuer, key_server):
    assert refused(jwks_verifier, issuer.token("RS256", {"kid": ...}))["reason"] == "key_unknown"
    assert key_server.fetches == []


def test_a_key_meant_for_encryption_proves_nothing(jwks_verifier, issuer, key_server):
    key_server.document = json.dumps({"keys": [issuer.rsa_jwk(use="enc")]}).encode()

    assert refused(jwks_verifier, issuer.token("RS256"))["reason"] == "key_unknown"
