"""What S3 answers, or does not, becomes the error that says what must follow."""

from datetime import UTC, datetime

import pytest

from shared.aws.credentials import Credentials
from shared.aws.http import Answer, NoAnswer, NotSent
from shared.aws.reach import Reach
from shared.errors import OutcomeUnknown, ProviderDown, StoreBusy, StoreRefused, StoreUnavailable
from shared.media.s3 import S3Store
from tests.support.assets import asset_of

EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
DIGEST = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="


class Wire:
    """Says one thing to whatever is asked."""

    def __init__(self, outcome):
        self.outcome = outcome
        self.asked = []

    def request(self, method, url, **options):
        self.asked.append((method, url, options))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def store_that_hears(outcome):
    return S3Store(
        "photos",
        Reach(
            region="eu-west-1",
            credentials=Credentials("AKIA", "hush"),
            http=Wire(outcome),
            clock=lambda: datetime(2030, 1, 31, tzinfo=UTC),
        ),
    )


def error(status, code, **headers):
    return Answer(status, headers, f"<Error><Code>{code}</Code></Error>".encode())


READS = [
    pytest.param(lambda store: store.look("n"), id="look"),
    pytest.param(lambda store: store.read("n", 0, 1), id="read"),
    pytest.param(lambda store: store.versions("n"), id="versions"),
    pytest.param(lambda store: store.digest("n", "v", 1), id="digest"),
    pytest.param(lambda store: store.parts("n", "u"), id="parts"),
    pytest.param(lambda store: store.open_multiparts("n"), id="open_multiparts"),
]
WRITES = [
    pytest.param(lambda store: store.put("n", asset_of(b"x"), 10), id="put"),
    pytest.param(lambda store: store.delete("n", "v"), id="delete"),
    pytest.param(lambda store: store.begin_multipart("n", "image/png"), id="begin_multipart"),
    pytest.param(lambda store: store.complete_multipart("n", "u", [(1, "e")]), id="complete_multipart"),
    pytest.param(lambda store: store.abort_multipart("n", "u"), id="abort_multipart"),
]


@pytest.mark.parametrize("call", READS + WRITES)
@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (NotSent("refused"), StoreUnavailable),
        (error(502, "Bad"), StoreUnavailable),
        (error(503, "ServiceUnavailable"), StoreUnavailable),
        (error(503, "SlowDown"), StoreBusy),
        (error(429, "TooManyRequests"), StoreBusy),
        (Answer(403, {}, EXPIRED), StoreUnavailable),
        (error(409, "ConditionalRequestConflict"), StoreUnavailable),
        (error(400, "RequestTimeout"), StoreUnavailable),
        (error(400, "InvalidArgument"), StoreRefused),
        (error(400, "ExpiredToken"), ProviderDown),
        (error(403, "AccessDenied"), ProviderDown),
        (error(403, "SignatureDoesNotMatch"), ProviderDown),
        (error(301, "PermanentRedirect"), ProviderDown),
    ],
)
def test_an_answer_says_whether_to_try_again(call, outcome, expected):
    with pytest.raises(expected) as caught:
        call(store_that_hears(outcome))

    assert type(caught.value) is expected


@pytest.mark.parametrize("outcome", [NoAnswer("cut"), error(500, "InternalError")])
@pytest.mark.parametrize(("calls", "expected"), [(READS, StoreUnavailable), (WRITES, OutcomeUnknown)])
def test_only_what_changes_something_can_have_an_unknown_outcome(outcome, calls, expected):
    for call in calls:
        with pytest.raises(expected) as caught:
            call.values[0](store_that_hears(outcome))
        assert type(caught.value) is expected


def test_a_403_never_passes_for_an_absent_photo():
    """Without s3:ListBucket S3 hides what is absent: to believe it would condemn photos that are there."""
    with pytest.raises(ProviderDown) as caught:
        store_that_hears(Answer(403, {}, b"")).look("n")

    assert "s3:ListBucket" in str(caught.value.facts["check"])


def test_a_bucket_that_is_gone_is_not_an_empty_one():
    with pytest.raises(ProviderDown):
        store_that_hears(error(404, "NoSuchBucket")).versions("n")
    with pytest.raises(ProviderDown):
        store_that_hears(error(404, "NoSuchBucket")).delete("n", "v")


def test_deleting_a_version_that_s3_does_not_know_is_a_success():
    store = store_that_hears(error(404, "NoSuchVersion"))

    store.delete("n", "v")

    assert [method for method, _, _ in store._http.asked] == ["DELETE"]


def test_a_busy_store_names_its_own_wait():
    with pytest.raises(StoreBusy) as caught:
        store_that_hears(error(503, "SlowDown", **{"retry-after": "17"})).look("n")

    assert caught.value.retry_after == 17


def test_an_error_shows_programs_the_reason_and_people_no_detail_of_the_account():
    with pytest.raises(ProviderDown) as caught:
        store_that_hears(error(403, "InvalidAccessKeyId")).look("n")

    assert caught.value.facts["reason"] == "403 InvalidAccessKeyId"
    assert caught.value.facts["failure_type"] == "auth_error"
    assert "photos" not in caught.value.message


def looked_at(**headers):
    answer = Answer(200, {"content-length": "3", **{k.replace("_", "-"): v for k, v in headers.items()}}, b"")
    return store_that_hears(answer).look("n")


def test_a_checksum_of_checksums_is_not_taken_for_one_of_the_bytes():
    assert looked_at(x_amz_checksum_sha256=f"{DIGEST}-2").sha256 is None
    assert looked_at(x_amz_checksum_sha256=DIGEST, x_amz_checksum_type="COMPOSITE").sha256 is None
    assert looked_at(x_amz_checksum_sha256=DIGEST, x_amz_checksum_type="FULL_OBJECT").sha256 is not None


@pytest.mark.parametrize("odd", ["", "AAAA", "not base64"])
def test_a_checksum_that_cannot_be_one_is_none(odd):
    assert looked_at(x_amz_checksum_sha256=odd).sha256 is None


def test_an_etag_is_an_md5_only_where_it_was_made_from_the_plain_bytes():
    plain = '"0123456789abcdef0123456789abcdef"'

    assert looked_at(etag=plain).md5 == plain.strip('"')
    assert looked_at(etag=plain, x_amz_server_side_encryption="AES256").md5 == plain.strip('"')
    assert looked_at(etag=plain, x_amz_server_side_encryption="aws:kms").md5 is None
    assert looked_at(etag='"0123456789abcdef0123456789abcdef-2"').md5 is None


def test_a_put_may_be_sent_again_on_a_dead_connection_because_its_name_is_free_only_once():
    store = store_that_hears(Answer(200, {"etag": '"x"'}, b""))

    store.put("n", asset_of(b"x"), 10)

    ((method, url, options),) = store._http.asked
    assert (method, url) == ("PUT", "https://photos.s3.eu-west-1.amazonaws.com/n")
    assert options["repeatable"]
    assert options["timeout"] == 10
    assert options["headers"]["if-none-match"] == "*"
