"""A shared secret must be long enough, and must be a secret."""

import pytest

from shared.errors import Misconfigured
from shared.tokens.keys import SharedSecret


@pytest.mark.parametrize("secret", ["", "x" * 31, "é" * 15])
def test_a_secret_below_32_bytes_is_refused(secret):
    with pytest.raises(Misconfigured, match="at least 32"):
        SharedSecret(secret)


@pytest.mark.parametrize("secret", ["x" * 32, "é" * 16, "{" * 40])
def test_a_secret_of_32_bytes_is_accepted(secret):
    assert SharedSecret(secret).algorithms == {"HS256"}


def test_a_public_key_is_no_secret(issuer):
    for published in (issuer.rsa_pem.decode(), issuer.jwk_set().decode(), "ssh-rsa " + "A" * 64):
        with pytest.raises(Misconfigured, match="asymmetric") as refused:
            SharedSecret(published)

        assert published not in str(refused.value)
