"""Every failure has exactly one class, and the table can be read."""

import runpy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.failures import CLASSES, RULES, classify, diagnose

EXPIRED = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
DENIED = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


@pytest.mark.parametrize(
    ("origin", "status", "body", "expected"),
    [
        ("provider", 429, "", "transient"),
        ("provider", 502, "", "transient"),
        ("provider", 503, "", "transient"),
        ("provider", 504, "", "transient"),
        ("provider", None, "The read operation timed out", "transient"),
        ("provider", None, "network_timeout", "transient"),
        ("provider", 500, "", "ambiguous"),
        ("provider", None, "download_failed", "ambiguous"),
        ("provider", None, "unknown_error", "ambiguous"),
        ("provider", 404, "", "permanent"),
        ("provider", 403, "", "permanent"),
        ("provider", 415, "", "permanent"),
        ("provider", 413, "", "permanent"),
        ("provider", None, "not_an_image", "permanent"),
        ("provider", 401, "", "outage"),
        ("provider", 403, "monthly quota exceeded", "outage"),
        ("provider", None, "breaker_open", "outage"),
        ("s3", 403, EXPIRED, "transient"),
        ("s3", 403, DENIED, "outage"),
        ("s3", 503, "<Code>SlowDown</Code>", "transient"),
        ("s3", 500, "<Code>InternalError</Code>", "ambiguous"),
        ("s3", 409, "<Code>ConditionalRequestConflict</Code>", "transient"),
        ("s3", 412, "<Code>PreconditionFailed</Code>", "permanent"),
        ("s3", 400, "<Code>BadDigest</Code>", "permanent"),
        ("s3", 400, "<Code>ExpiredToken</Code>", "outage"),
        ("s3", 404, "<Code>NoSuchBucket</Code>", "outage"),
        ("s3", 404, "<Code>NoSuchKey</Code>", "permanent"),
        ("s3", None, "no_answer", "ambiguous"),
        ("s3", None, "not_sent", "transient"),
        ("cloudinary", 420, "Rate Limit Exceeded", "transient"),
        ("cloudinary", 400, "File size too large. Got 99. Maximum is 10.", "permanent"),
        ("cloudinary", 400, "Invalid image file", "permanent"),
        ("cloudinary", 400, "Error in loading https://x - 403 Forbidden", "ambiguous"),
        ("cloudinary", 401, "Invalid Signature", "outage"),
        ("cloudinary", 403, "disabled account", "outage"),
        ("postgres", None, "40001", "transient"),
        ("postgres", None, "08006", "transient"),
        ("postgres", None, "57P03", "transient"),
        ("postgres", None, "28P01", "outage"),
        ("postgres", None, "42P01", "outage"),
        ("postgres", None, "23514", "permanent"),
        ("postgres", None, "22P05", "permanent"),
        ("sqs", 400, "RequestThrottled", "transient"),
        ("sqs", 400, "QueueDoesNotExist", "outage"),
        ("sns", 400, "Throttled", "transient"),
        ("events", 400, "ThrottlingException", "transient"),
        ("secrets", 400, "ThrottlingException", "transient"),
        ("secrets", 400, "ResourceNotFoundException", "outage"),
        ("bedrock", 429, "ThrottlingException: Too many requests", "transient"),
        ("bedrock", 429, "ModelNotReadyException: Model is not ready", "transient"),
        ("bedrock", 408, "ModelTimeoutException: Model has timed out", "transient"),
        ("bedrock", 503, "ServiceUnavailableException: ", "transient"),
        ("bedrock", 500, "InternalServerException: ", "ambiguous"),
        ("bedrock", 424, "ModelErrorException: ", "ambiguous"),
        ("bedrock", 400, "ValidationException: Input image is not valid", "permanent"),
        ("bedrock", 400, "ValidationException: Operation not allowed", "outage"),
        ("bedrock", 400, "ValidationException: Your account is not authorized to invoke this", "outage"),
        ("bedrock", 400, "ValidationException: The provided model identifier is invalid.", "outage"),
        ("bedrock", 400, "ServiceQuotaExceededException: ", "outage"),
        ("bedrock", 400, "ExpiredTokenException: ", "outage"),
        ("bedrock", 403, "AccessDeniedException: ", "outage"),
        ("bedrock", 404, "ResourceNotFoundException: ", "outage"),
    ],
)
def test_a_failure_is_of_the_class_that_says_what_follows(origin, status, body, expected):
    assert classify(origin, status, body) == expected


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_type_that_was_noted_before_keeps_its_class(name):
    assert diagnose("provider", None, name).type == name


@given(st.text(max_size=10), st.none() | st.integers(100, 599), st.text(max_size=40))
def test_there_is_no_failure_without_a_class(origin, status, body):
    assert classify(origin, status, body) in {"transient", "ambiguous", "permanent", "outage"}


def test_every_rule_has_a_type_of_a_known_class():
    assert {rule.type for rule in RULES} <= set(CLASSES)


def test_the_table_prints_with_one_aligned_line_for_every_rule(capsys):
    runpy.run_module("shared.failures", run_name="__main__")

    printed = capsys.readouterr().out.splitlines()
    column = printed[0].index("class")
    assert len(printed) == len(RULES) + 1
    assert {line[column:].split()[0] for line in printed[1:]} == set(CLASSES.values())
