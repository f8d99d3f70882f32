"""A reason travels as a slug and comes back as the right error."""

import pytest

from shared.errors import Unauthenticated, Unavailable
from shared.tokens.reasons import Reason, refusal, refusal_named


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_survives_the_way_from_the_authorizer_to_the_edge(reason):
    error = refusal_named(reason.value)

    assert (type(error), error.message) == (type(refusal(reason)), refusal(reason).message)
    assert error.facts["reason"] == reason.value


def test_only_missing_keys_are_our_fault():
    ours = [reason for reason in Reason if isinstance(refusal(reason), Unavailable)]

    assert ours == [Reason.KEYS_UNAVAILABLE]


@pytest.mark.parametrize("slug", [None, "", "nonsense", 1, ["token_expired"]])
def test_an_unknown_slug_counts_as_no_token(slug):
    error = refusal_named(slug)

    assert isinstance(error, Unauthenticated)
    assert error.facts == {"reason": "token_missing"}


def test_the_challenge_names_an_error_only_when_a_token_was_sent():
    assert refusal(Reason.MISSING).headers == {"WWW-Authenticate": "Bearer"}
    assert refusal(Reason.EXPIRED).headers == {"WWW-Authenticate": 'Bearer error="invalid_token"'}
