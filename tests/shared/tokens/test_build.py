"""The settings make exactly one kind of verifier, or say what is missing."""

import subprocess
import sys

import pytest

from shared.errors import Misconfigured
from shared.tokens.build import build_verifier
from shared.tokens.jwks import Jwks
from shared.tokens.keys import SharedSecret

WHO = {"TOKEN_ISSUER": "https://issuer.example", "TOKEN_AUDIENCE": "keepsake"}
SECRET = "0123456789abcdef0123456789abcdef"
URL = "https://issuer.example/keys"


def no_secret(arn):
    raise AssertionError("no secret may be fetched")


def test_a_secret_in_the_environment_is_used_as_it_is(issuer):
    verifier = build_verifier({**WHO, "TOKEN_SECRET": SECRET, "TOKEN_SECRET_ARN": "arn:x"}, no_secret)

    assert isinstance(verifier._keys, SharedSecret)


def test_a_deployed_function_gets_its_secret_by_arn():
    asked = []

    verifier = build_verifier({**WHO, "TOKEN_SECRET_ARN": "arn:x"}, lambda arn: asked.append(arn) or SECRET)

    assert asked == ["arn:x"]
    assert isinstance(verifier._keys, SharedSecret)


def test_a_url_makes_a_verifier_of_published_keys():
    blank = {"TOKEN_SECRET": "", "TOKEN_SECRET_ARN": ""}

    assert isinstance(build_verifier({**WHO, **blank, "TOKEN_JWKS_URL": URL}, no_secret)._keys, Jwks)


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"TOKEN_SECRET": "", "TOKEN_JWKS_URL": ""},
        {"TOKEN_SECRET": SECRET, "TOKEN_JWKS_URL": URL},
        {"TOKEN_SECRET_ARN": "arn:x", "TOKEN_JWKS_URL": URL},
    ],
)
def test_neither_or_both_kinds_of_keys_is_refused_by_naming_both(env):
    with pytest.raises(Misconfigured) as refused:
        build_verifier({**WHO, **env}, lambda _: SECRET)

    assert "TOKEN_SECRET" in str(refused.value)
    assert "TOKEN_JWKS_URL" in str(refused.value)
    assert SECRET not in str(refused.value)


def test_everything_that_is_missing_is_named_at_once():
    with pytest.raises(Misconfigured) as refused:
        build_verifier({"TOKEN_ISSUER": ""}, no_secret)

    for name in ("TOKEN_ISSUER", "TOKEN_AUDIENCE", "TOKEN_SECRET", "TOKEN_JWKS_URL"):
        assert name in str(refused.value)


@pytest.mark.parametrize("env", [{"TOKEN_SECRET": "short"}, {"TOKEN_JWKS_URL": "http://issuer.example/keys"}])
def test_a_weak_setting_is_refused(env):
    with pytest.raises(Misconfigured):
        build_verifier({**WHO, **env}, no_secret)


def test_a_shared_secret_needs_nothing_heavy():
    script = (
        "import sys; from shared.tokens.build import build_verifier; "
        f"build_verifier({ {**WHO, 'TOKEN_SECRET': SECRET}!r}, None); "
        "heavy = {'jwt', 'cryptography', 'boto3', 'botocore', 'http.client', 'ssl'}; "
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )

    done = subprocess.run([sys.executable, "-c", script], env={}, capture_output=True, text=True, check=False)

    assert done.stderr == ""
