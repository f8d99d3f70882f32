"""Whether Titan is asked as documented, and every answer becomes the right decision."""

import json
import time
from base64 import b64decode

import pytest

from shared.errors import Misconfigured, ProviderDown, Unavailable
from shared.imaging.pixels import as_jpeg
from shared.search.bedrock import Bedrock
from shared.search.errors import EmbedderBusy, EmbedderFailed, EmbedderUnavailable, EmbeddingRefused
from shared.search.titan import TitanEmbedder
from tests.shared.search.bedrock_stub import CREDENTIALS, PATH
from tests.shared.search.pictures import saved, scene
from tests.support.ports import free_ports

SECONDS = 5.0
PHOTO = saved(scene(1), "WEBP")


def test_a_picture_is_sent_as_jpeg_with_the_length_that_we_store(stub, titan):
    titan.of_image(PHOTO, SECONDS)

    [(path, _, asked)] = stub.heard
    assert path == PATH
    assert asked.keys() == {"inputImage", "embeddingConfig"}
    assert asked["embeddingConfig"] == {"outputEmbeddingLength": 1024}
    assert b64decode(asked["inputImage"], validate=True) == as_jpeg(PHOTO)


def test_words_are_sent_as_they_are(stub, titan):
    titan.of_text("eine rote Tür", SECONDS)

    [(path, _, asked)] = stub.heard
    assert path == PATH
    assert asked == {"inputText": "eine rote Tür", "embeddingConfig": {"outputEmbeddingLength": 1024}}


def test_the_request_is_signed_for_bedrock_by_our_role(stub, monkeypatch):
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "someone-elses")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone-elses")

    TitanEmbedder(stub.bedrock(), as_jpeg).of_text("a door", SECONDS)

    [(_, headers, _)] = stub.heard
    assert headers["Authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={CREDENTIALS.access_key}/")
    assert "/us-east-1/bedrock/aws4_request" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == CREDENTIALS.token
    assert headers["Content-Type"] == headers["Accept"] == "application/json"


@pytest.mark.parametrize(
    ("said", "expected", "kind"),
    [
        ((429, "ThrottlingException", "Too many requests"), EmbedderBusy, "rate_limited"),
        ((429, "ModelNotReadyException", "Model is not ready"), EmbedderUnavailable, "service_unavailable"),
        ((408, "ModelTimeoutException", "Model timed out"), EmbedderUnavailable, "network_timeout"),
        ((503, "ServiceUnavailableException", "Try again"), EmbedderUnavailable, "service_unavailable"),
        ((500, "InternalServerException", "Oops"), EmbedderFailed, "server_error"),
        ((424, "ModelErrorException", "Oops"), EmbedderFailed, "server_error"),
        ((400, "ValidationException", "Input image is not valid"), EmbeddingRefused, "refused"),
        ((400, "ValidationException", "Operation not allowed"), ProviderDown, "auth_error"),
        ((400, "ValidationException", "The provided model identifier is invalid."), ProviderDown, "misconfigured"),
        ((400, "ServiceQuotaExceededException", "Too many"), ProviderDown, "quota_gone"),
        ((403, "AccessDeniedException", "No access to the model"), ProviderDown, "auth_error"),
        ((403, "ExpiredTokenException", "The token has expired"), ProviderDown, "auth_error"),
        ((404, "ResourceNotFoundException", "Could not resolve"), ProviderDown, "misconfigured"),
    ],
)
def test_every_no_becomes_the_decision_that_it_calls_for(stub, titan, said, expected, kind):
    status, code, message = said
    stub.refuse(status, code, message)

    with pytest.raises(expected) as raised:
        titan.of_image(PHOTO, SECONDS)

    assert type(raised.value) is expected
    assert raised.value.facts["failure_type"] == kind
    assert raised.value.facts["reason"] == f"{status} {code}: {message}"
    assert len(stub.heard) == 1


def test_a_refusal_that_is_not_json_is_judged_by_its_status(stub, titan):
    stub.status, stub.body = 503, b"<html>overloaded</html>"

    with pytest.raises(EmbedderUnavailable):
        titan.of_image(PHOTO, SECONDS)


@pytest.mark.parametrize(("headers", "wait"), [({}, 2), ({"Retry_After": "17"}, 17), ({"Retry_After": "soon"}, 2)])
def test_how_long_to_stay_away_is_as_told(stub, titan, headers, wait):
    stub.refuse(429, "ThrottlingException", **headers)

    with pytest.raises(EmbedderBusy) as raised:
        titan.of_image(PHOTO, SECONDS)

    assert raised.value.retry_after == wait


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"message": "no luck"}',
        b'{"embedding": null}',
        json.dumps({"embedding": ["a"] * 1024}).encode(),
        json.dumps({"embedding": [0.1] * 384}).encode(),
        json.dumps({"embedding": [0.0] * 1024}).encode(),
        json.dumps({"embedding": [float("nan")] * 1024}).encode(),
    ],
)
def test_a_success_without_a_usable_vector_is_none(stub, titan, body):
    stub.body = body

    with pytest.raises(EmbedderFailed) as raised:
        titan.of_image(PHOTO, SECONDS)

    assert raised.value.facts["failure_type"] == "other_content"


def test_where_nobody_listens_nothing_was_sent():
    nobody = Bedrock("us-east-1", CREDENTIALS, f"http://127.0.0.1:{free_ports(1)}")

    with pytest.raises(EmbedderUnavailable) as raised:
        TitanEmbedder(nobody, as_jpeg).of_image(PHOTO, SECONDS)

    assert raised.value.facts["failure_type"] == "not_sent"


def test_an_answer_that_breaks_off_is_no_answer(stub, titan):
    stub.breaks_after = 100

    with pytest.raises(EmbedderUnavailable) as raised:
        titan.of_image(PHOTO, SECONDS)

    assert raised.value.facts["failure_type"] == "no_answer"


def test_who_never_answers_is_asked_once_and_left_in_time(stub, titan):
    stub.awake.clear()

    began = time.monotonic()
    with pytest.raises(EmbedderUnavailable) as raised:
        titan.of_image(PHOTO, 1.0)

    # Generous to a busy machine; botocore's own limit would be a minute.
    assert time.monotonic() - began < 20
    assert raised.value.facts["failure_type"] == "no_answer"
    assert len(stub.heard) == 1


def test_without_a_second_left_nothing_is_asked(stub, titan):
    with pytest.raises(Unavailable, match="second"):
        titan.of_image(PHOTO, 0.9)

    assert stub.heard == []


def test_a_machine_whose_own_settings_are_broken_is_told_so(stub, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")

    with pytest.raises(Misconfigured, match="AWS_PROFILE"):
        TitanEmbedder(stub.bedrock(), as_jpeg).of_image(PHOTO, SECONDS)


def test_neither_a_proxy_nor_an_endpoint_of_the_machine_is_believed(stub, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_ports(1)}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    TitanEmbedder(stub.bedrock(), as_jpeg).of_text("a door", SECONDS)
    real = Bedrock("us-east-1", CREDENTIALS)._client(SECONDS)

    assert len(stub.heard) == 1
    assert real.meta.endpoint_url == "https://bedrock-runtime.us-east-1.amazonaws.com"


def test_a_client_is_made_once_for_a_timeout(stub):
    bedrock = stub.bedrock()

    first, again, other = (bedrock._client(seconds) for seconds in (5.0, 5.9, 3.2))

    assert first is again
    assert first is not other
