"""Credentials come from the runtime, complete or not at all."""

from datetime import UTC, datetime

import pytest

from shared.aws.credentials import Credentials, region_from_env
from shared.errors import Misconfigured

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)
PAIR = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "hush"}


def test_a_role_session_is_read_whole():
    env = PAIR | {"AWS_SESSION_TOKEN": "token", "AWS_CREDENTIAL_EXPIRATION": "2030-01-31T12:00:00Z"}

    read = Credentials.from_env(env)

    assert read == Credentials("AKIA", "hush", "token", NOON)


def test_an_empty_token_is_no_token():
    assert Credentials.from_env(PAIR | {"AWS_SESSION_TOKEN": ""}).token is None


def test_everything_that_is_missing_is_named_at_once():
    with pytest.raises(Misconfigured, match="AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"):
        Credentials.from_env({"AWS_ACCESS_KEY_ID": ""})


def test_an_unreadable_end_says_what_was_expected():
    with pytest.raises(Misconfigured, match="'soon'; expected ISO 8601"):
        Credentials.from_env(PAIR | {"AWS_CREDENTIAL_EXPIRATION": "soon"})


def test_an_end_without_a_zone_is_utc():
    read = Credentials.from_env(PAIR | {"AWS_CREDENTIAL_EXPIRATION": "2030-01-31T12:00:00"})

    assert read.seconds_left(NOON.replace(hour=11)) == 3600


def test_nobody_knows_how_long_plain_keys_live():
    assert Credentials("AKIA", "hush").seconds_left(NOON) is None


def test_no_secret_shows_when_credentials_are_printed():
    shown = repr(Credentials("AKIA", "hush", "token"))

    assert "hush" not in shown
    assert "token=" not in shown


def test_the_region_is_the_one_lambda_sets_or_the_default():
    assert region_from_env({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-2"}) == "eu-west-1"
    assert region_from_env({"AWS_DEFAULT_REGION": "us-east-2"}) == "us-east-2"


def test_a_missing_region_is_named():
    with pytest.raises(Misconfigured, match="AWS_REGION"):
        region_from_env({})
