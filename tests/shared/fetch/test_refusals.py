"""What a host's status means is decided by the table of failures, and nothing of its body is told."""

import pytest

from shared.errors import OutcomeUnknown, ProviderDown
from shared.failures import CLASSES
from shared.fetch.refusals import (
    UpstreamBusy,
    UpstreamRefused,
    UpstreamUnavailable,
    UpstreamUnclear,
    UrlNotAllowed,
)
from tests.shared.aws.scripted import says

SAYINGS = [
    (429, b"", UpstreamBusy, "rate_limited"),
    (503, b"", UpstreamUnavailable, "service_unavailable"),
    (502, b"", UpstreamUnavailable, "bad_gateway"),
    (504, b"", UpstreamUnavailable, "gateway_timeout"),
    (408, b"", UpstreamUnavailable, "network_timeout"),
    (404, b"", UpstreamRefused, "not_found"),
    (410, b"", UpstreamRefused, "not_found"),
    (403, b"", UpstreamRefused, "forbidden"),
    (415, b"", UpstreamRefused, "unsupported_type"),
    (413, b"", UpstreamRefused, "file_too_large"),
    (400, b"", UpstreamRefused, "refused"),
    (401, b"", ProviderDown, "auth_error"),
    (402, b"", ProviderDown, "quota_gone"),
    (403, b"monthly quota exceeded", ProviderDown, "quota_gone"),
    (500, b"", UpstreamUnclear, "server_error"),
    (520, b"", UpstreamUnclear, "unknown_error"),
]


def answer(status, body=b"secret", head=b""):
    return says(b"HTTP/1.1 %d x\r\n%sContent-Length: %d\r\n\r\n%s" % (status, head, len(body), body))


@pytest.mark.parametrize("saying", SAYINGS)
def test_a_status_becomes_the_error_that_says_what_must_follow(serve, fetcher, saying):
    status, body, kind, failure_type = saying
    server = serve([answer(status, body)])

    with pytest.raises(kind) as failed:
        fetcher(server).get(server.origin, seconds=5, max_bytes=9)

    assert type(failed.value) is kind
    assert failed.value.facts["failure_type"] == failure_type
    assert failed.value.failure_class == CLASSES[failure_type]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_what_the_host_says_beside_its_status_is_told_to_nobody(serve, fetcher, status):
    server = serve([answer(status)])

    with pytest.raises(Exception) as failed:
        fetcher(server).get(server.origin, seconds=5, max_bytes=9)

    assert str(status) in failed.value.message
    assert "secret" not in f"{failed.value.message}{failed.value.facts}"


@pytest.mark.parametrize("status", [500, 520, 103])
def test_an_order_that_fails_unclearly_may_have_been_carried_out(serve, fetcher, status):
    server = serve([answer(status)])

    with pytest.raises(OutcomeUnknown):
        fetcher(server).post(server.origin, b"x", {}, seconds=5)


@pytest.mark.parametrize(
    ("said", "wait"),
    [(b"7", 7), (b"0", 2), (b"-7", 2), (b"soon", 2), (b"999999", 21600), (b"9" * 5000, 21600), (b"\xb2", 2)],
)
def test_when_to_come_back_is_believed_within_reason(serve, fetcher, said, wait):
    server = serve([answer(429, head=b"Retry-After: %s\r\n" % said)])

    with pytest.raises(UpstreamBusy) as failed:
        fetcher(server).get(server.origin, seconds=5, max_bytes=9)

    assert failed.value.retry_after == wait


def test_another_origin_can_have_its_own_rows_in_the_table(serve, fetcher):
    server = serve([answer(420)])

    with pytest.raises(UpstreamBusy):
        fetcher(server, origin="cloudinary").get(server.origin, seconds=5, max_bytes=9)


def test_a_refusal_that_never_ends_is_not_read_to_its_end(serve, fetcher):
    server = serve([says(b"HTTP/1.1 404 x\r\nConnection: close\r\n\r\n" + b"x" * 300_000)])

    with pytest.raises(UpstreamRefused):
        fetcher(server).get(server.origin, seconds=5, max_bytes=9)


def test_why_a_door_is_closed_is_for_our_log_alone():
    error = UrlNotAllowed("10.0.0.1 is private")

    assert error.why == "10.0.0.1 is private"
    assert "private" not in f"{error.message}{error.facts}{error.headers}{error}"
