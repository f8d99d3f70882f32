"""Secrets come from Secrets Manager, or the deployment is said to lack them."""

import uuid

import pytest

from shared.aws.secrets import fetch_secret
from shared.errors import Misconfigured, Unavailable
from tests.support.one_answer import one_answer


@pytest.fixture(scope="module")
def reader(assume):
    return assume("secretsmanager:GetSecretValue")


@pytest.fixture
def env(aws, reader):
    return _env(aws, reader)


def _env(aws, credentials):
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": credentials.token,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": aws.endpoint,
    }


@pytest.fixture
def stored(aws):
    def store(**value):
        return aws.client("secretsmanager").create_secret(Name=f"s-{uuid.uuid4().hex}", **value)["ARN"]

    return store


def test_a_secret_is_read(env, stored):
    arn = stored(SecretString="postgres://of/ours?ü")

    assert fetch_secret(arn, env) == "postgres://of/ours?ü"


def test_the_arn_knows_its_region_better_than_the_function(env, stored):
    arn = stored(SecretString="x")

    assert fetch_secret(arn, env | {"AWS_REGION": "eu-west-1"}) == "x"


def test_a_secret_that_is_not_there_is_a_fault_of_the_deployment(env):
    arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:nobody-made-this"

    with pytest.raises(Misconfigured, match="ResourceNotFoundException") as caught:
        fetch_secret(arn, env)

    assert caught.value.facts["secret"] == arn
    assert arn not in caught.value.message


def test_a_forged_signature_gets_nothing(env, stored):
    arn = stored(SecretString="x")

    with pytest.raises(Misconfigured, match="cannot be read"):
        fetch_secret(arn, env | {"AWS_SECRET_ACCESS_KEY": "forged"})


def test_a_role_without_the_right_is_told_which_one(aws, assume, stored):
    arn = stored(SecretString="x")

    with pytest.raises(Misconfigured, match="AccessDenied") as caught:
        fetch_secret(arn, _env(aws, assume()))

    assert "secretsmanager:GetSecretValue" in str(caught.value.facts["check"])


def test_a_secret_without_text_says_how_to_store_it(env, stored):
    with pytest.raises(Misconfigured, match="SecretString"):
        fetch_secret(stored(SecretBinary=b"\x00"), env)


def test_an_unreachable_service_may_be_asked_again(env):
    with pytest.raises(Unavailable):
        fetch_secret("arn:aws:secretsmanager:us-east-1:0:secret:x", env | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})


def test_a_throttled_service_may_be_asked_again(env):
    with one_answer() as service:
        service.say({"__type": "ThrottlingException", "message": "slow down"}, status=400)

        with pytest.raises(Unavailable, match="right now"):
            fetch_secret("arn:aws:secretsmanager:us-east-1:0:secret:x", env | {"AWS_ENDPOINT_URL": service.url})
