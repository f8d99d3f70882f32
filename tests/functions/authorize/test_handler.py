"""The authorizer lets every request through, with either an identity or a reason, and never both."""

import hmac
import json
import subprocess
import sys
import time
from base64 import urlsafe_b64encode

import pytest

from functions.authorize import handler
from shared.errors import Misconfigured
from shared.tokens.build import build_verifier
from shared.tokens.jwks import Jwks
from shared.tokens.reasons import Reason
from shared.tokens.verify import Verifier

SECRET = "0123456789abcdef0123456789abcdef"
ORG = "6f1c0d7e-8f0e-4a55-9b0c-0a1b2c3d4e5f"
ENV = {"TOKEN_ISSUER": "https://issuer.example", "TOKEN_AUDIENCE": "keepsake", "TOKEN_SECRET": SECRET}


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(**claims) -> str:
    now = int(time.time())
    who = {"iss": ENV["TOKEN_ISSUER"], "aud": "keepsake", "sub": "user-1", "org": ORG, "scope": "b:1 a:2"}
    payload = {**who, "iat": now, "exp": now + 300, **claims}
    signed = f"{b64(json.dumps({'alg': 'HS256'}).encode())}.{b64(json.dumps(payload).encode())}"
    return f"{signed}.{b64(hmac.digest(SECRET.encode(), signed.encode(), 'sha256'))}"


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return build_verifier(ENV, lambda _: "")


@pytest.fixture
def ask(verifier):
    def ask(headers, query=None, verifier=verifier):
        event = {"version": "2.0", "type": "REQUEST", "headers": headers, "queryStringParameters": query}
        return handler.lambda_handler(event, None, verifier)

    return ask


def refused(reason: Reason) -> dict[str, object]:
    return {"isAuthorized": True, "context": {"refused": reason.value}}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEARER"])
@pytest.mark.parametrize("name", ["authorization", "Authorization"])
def test_a_good_token_becomes_an_identity(ask, scheme, name):
    answer = ask({name: f"{scheme} {token()}"})

    assert answer == {
        "isAuthorized": True,
        "context": {"actor_id": "user-1", "org_id": ORG, "scopes": "a:2 b:1"},
    }


@pytest.mark.parametrize("headers", [None, {}, {"x-authorization": "Bearer x"}, {"cookie": "authorization=x"}])
def test_no_header_is_no_token(ask, headers):
    assert ask(headers) == refused(Reason.MISSING)


def test_a_token_in_the_query_string_is_never_read(ask):
    query = {"token": token(), "access_token": token(), "Authorization": f"Bearer {token()}"}

    assert ask({}, query) == refused(Reason.MISSING)


def test_two_headers_are_refused_even_when_both_are_good(ask):
    good = f"Bearer {token()}"

    for value in (f"{good},{good}", f"{good}, {good}", f"{good},", f"Basic eDp5,{good}", ","):
        assert ask({"authorization": value}) == refused(Reason.SEVERAL)
    assert ask({"authorization": good, "Authorization": good}) == refused(Reason.SEVERAL)


@pytest.mark.parametrize("form", ["{}", "Bearer{}", "Bearer  {}", "Bearer\t{}", " Bearer {}", "Token {}", "Basic {}"])
def test_any_scheme_but_bearer_and_one_space_is_refused(ask, form):
    assert ask({"authorization": form.format(token())}) == refused(Reason.SCHEME)


@pytest.mark.parametrize("value", ["", " ", "Bearer", "Bearer "])
def test_a_header_without_a_token_is_refused(ask, value):
    assert ask({"authorization": value}) == refused(Reason.SCHEME)


@pytest.mark.parametrize("form", ["Bearer {} ", "Bearer {}\n", "Bearer {}=", "Bearer x{} y"])
def test_anything_around_the_token_is_refused(ask, form):
    assert ask({"authorization": form.format(token())}) == refused(Reason.SHAPE)


def test_a_bad_token_carries_its_reason_and_no_identity(ask):
    assert ask({"authorization": f"Bearer {token(exp=1)}"}) == refused(Reason.EXPIRED)
    assert ask({"authorization": f"Bearer {token()[:-4]}AAAA"}) == refused(Reason.SIGNATURE)
    assert ask({"authorization": "Bearer " + "a" * 1_000_000}) == refused(Reason.TOO_LONG)


def test_keys_that_cannot_be_fetched_are_a_reason_and_no_crash(ask):
    nobody = Verifier(Jwks("http://127.0.0.1:9/keys"), ENV["TOKEN_ISSUER"], "keepsake")
    signed = ".".join([b64(b'{"alg":"RS256","kid":"k"}'), *token().split(".")[1:]])

    assert ask({"authorization": f"Bearer {signed}"}, verifier=nobody) == refused(Reason.KEYS_UNAVAILABLE)


def run(script: str, env: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], env=env, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


def test_every_call_leaves_one_line_without_the_token():
    good, bad = token(), token(exp=1)
    script = (
        "import sys; from functions.authorize.handler import lambda_handler\n"
        "for value in sys.argv[1:]: lambda_handler({'headers': {'authorization': value}}, None)"
    )

    out = run(script, ENV, f"Bearer {good}", f"Bearer {bad}", "Basic eDp5")

    lines = [json.loads(line) for line in out.splitlines()]
    assert [(line["message"], line.get("actor_id"), line.get("reason")) for line in lines] == [
        ("authorize.allowed", "user-1", None),
        ("authorize.refused", None, "token_expired"),
        ("authorize.refused", None, "authorization_scheme"),
    ]
    assert not any(part in out for whole in (good, bad) for part in whole.split("."))


def test_the_log_says_why_the_keys_could_not_be_had():
    script = (
        "import sys; from functions.authorize.handler import lambda_handler; "
        "lambda_handler({'headers': {'authorization': sys.argv[1]}}, None)"
    )
    signed = ".".join([b64(b'{"alg":"RS256","kid":"k"}'), *token().split(".")[1:]])
    env = {**ENV, "TOKEN_SECRET": "", "TOKEN_JWKS_URL": "http://127.0.0.1:9/keys"}

    line = json.loads(run(script, env, f"Bearer {signed}"))

    assert (line["reason"], line["detail"]) == ("keys_unavailable", "ConnectionRefusedError")


def test_a_deployment_without_settings_lets_nobody_in(monkeypatch):
    for name in [*ENV, "TOKEN_SECRET_ARN", "TOKEN_JWKS_URL"]:
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(Misconfigured):
        handler.lambda_handler({"headers": {"authorization": f"Bearer {token()}"}}, None)


def test_the_verifier_is_built_once_per_container(monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    handler._verifier.cache_clear()

    try:
        answers = [handler.lambda_handler({"headers": {"authorization": f"Bearer {token()}"}}, None)]
        monkeypatch.delenv("TOKEN_SECRET")
        answers += [handler.lambda_handler({"headers": {"authorization": f"Bearer {token()}"}}, None)]
    finally:
        handler._verifier.cache_clear()

    assert [answer["context"]["actor_id"] for answer in answers] == ["user-1", "user-1"]


def test_importing_the_handler_needs_no_environment_and_nothing_heavy():
    script = (
        "import sys, functions.authorize.handler; "
        "heavy = {'jwt', 'cryptography', 'boto3', 'botocore', 'http.client', 'ssl', 'aws_lambda_powertools'}; "
        "print(heavy & set(sys.modules))"
    )

    assert run(script, {}) == "set()\n"
