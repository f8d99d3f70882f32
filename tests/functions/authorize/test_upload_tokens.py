"""A bearer that is an upload token becomes an identity that says so, and never one of a member."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from functions.authorize import handler
from shared.errors import Misconfigured, Unavailable
from shared.photos import Caller, UploadToken
from shared.tokens.reasons import Reason
from shared.tokens.upload_token import UploadTokens
from shared.tokens.upload_token_json import from_context

SECRET = "fedcba9876543210fedcba9876543210"
ORG = UUID("6f1c0d7e-8f0e-4a55-9b0c-0a1b2c3d4e5f")
TOKEN = UploadToken(
    id=UUID(int=1),
    project_id=UUID(int=2),
    operations=frozenset({"upload"}),
    types=frozenset({"image/png"}),
    expires_at=datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1),
)
NAMES = ("UPLOAD_TOKEN_SECRET", "UPLOAD_TOKEN_SECRET_ARN", "TOKEN_ISSUER", "TOKEN_AUDIENCE", "TOKEN_SECRET")


def token(secret=SECRET, **changes) -> str:
    return UploadTokens(secret.encode()).mint(Caller("ann", ORG, upload_token=replace(TOKEN, **changes)))


def ask(text, **parts):
    return handler.lambda_handler({"headers": {"authorization": f"Bearer {text}"}}, None, **parts)


def refused(reason: Reason) -> dict[str, object]:
    return {"isAuthorized": True, "context": {"refused": reason.value}}


@pytest.fixture
def env(monkeypatch):
    """A container that has just started, in a deployment that says nothing yet; without keys for any JWT."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    handler._upload_tokens.cache_clear()
    handler._verifier.cache_clear()
    yield monkeypatch
    handler._upload_tokens.cache_clear()
    handler._verifier.cache_clear()


def test_a_good_one_becomes_an_identity_that_says_what_it_is_good_for(env):
    env.setenv("UPLOAD_TOKEN_SECRET", SECRET)

    context = ask(token())["context"]

    assert from_context(context.pop("upload_token")) == TOKEN
    assert context == {"actor_id": "ann", "org_id": str(ORG), "scopes": ""}


def test_a_bad_one_carries_its_reason_and_no_identity(env):
    env.setenv("UPLOAD_TOKEN_SECRET", SECRET)

    assert ask(token(expires_at=datetime.now(UTC))) == refused(Reason.EXPIRED)
    assert ask(token("x" * 32)) == refused(Reason.SIGNATURE)
    assert ask(f"{token()} ") == refused(Reason.NOT_MINTED)
    assert ask("kst1_") == refused(Reason.NOT_MINTED)


def test_one_with_another_prefix_is_read_as_a_jwt_and_is_none(env):
    for name, value in {"TOKEN_ISSUER": "https://i.example", "TOKEN_AUDIENCE": "k", "TOKEN_SECRET": SECRET}.items():
        env.setenv(name, value)

    assert ask(token().replace("kst1_", "KST1_")) == refused(Reason.SHAPE)


@pytest.mark.parametrize("given", [{}, {"UPLOAD_TOKEN_SECRET": "", "UPLOAD_TOKEN_SECRET_ARN": ""}])
def test_a_deployment_without_a_key_refuses_them_all(env, given):
    for name, value in given.items():
        env.setenv(name, value)

    assert ask(token()) == refused(Reason.UPLOAD_TOKENS_OFF)


def test_the_key_is_fetched_once_and_only_for_them(env):
    asked = []
    env.setenv("UPLOAD_TOKEN_SECRET_ARN", "arn:upload")
    env.setattr(handler, "_fetch_secret", lambda arn: asked.append(arn) or SECRET)

    handler.lambda_handler({"headers": {}}, None)
    before = list(asked)
    answers = [ask(token()), ask(token())]

    assert before == []
    assert asked == ["arn:upload"]
    assert [answer["context"]["actor_id"] for answer in answers] == ["ann", "ann"]


def test_a_key_that_cannot_be_fetched_raises_because_the_gateway_would_keep_an_answer(env):
    def away(_arn):
        raise Unavailable("away")

    env.setenv("UPLOAD_TOKEN_SECRET_ARN", "arn:upload")
    env.setattr(handler, "_fetch_secret", away)

    with pytest.raises(Unavailable):
        ask(token())


def test_a_short_key_lets_nobody_in(env):
    env.setenv("UPLOAD_TOKEN_SECRET", "short")

    with pytest.raises(Misconfigured, match="UPLOAD_TOKEN_SECRET"):
        ask(token())


def test_the_log_names_the_token_by_its_id_and_never_by_its_text():
    good, bad = token(), token("x" * 32)
    script = (
        "import sys; from functions.authorize.handler import lambda_handler\n"
        "for value in sys.argv[1:]: lambda_handler({'headers': {'authorization': 'Bearer ' + value}}, None)"
    )

    run = subprocess.run(
        [sys.executable, "-c", script, good, bad],
        env={"UPLOAD_TOKEN_SECRET": SECRET},
        capture_output=True,
        text=True,
        check=True,
    )

    allowed, denied = map(json.loads, run.stdout.splitlines())
    assert (allowed["message"], allowed["actor_id"], allowed["token_id"]) == (
        "authorize.allowed",
        "ann",
        str(TOKEN.id),
    )
    assert (denied["message"], denied["reason"]) == ("authorize.refused", "signature_invalid")
    assert not any(part in run.stdout for whole in (good, bad) for part in whole.removeprefix("kst1_").split("."))
