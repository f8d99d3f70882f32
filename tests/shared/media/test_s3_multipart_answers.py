"""What S3 says of an upload in parts becomes what must follow, also when it says it late, or twice."""

from datetime import UTC, datetime

import pytest

from shared.aws.credentials import Credentials
from shared.aws.http import Answer, HttpClient
from shared.aws.reach import Reach
from shared.errors import (
    BadRequest,
    OutcomeUnknown,
    ProviderDown,
    StoreBusy,
    StoreUnavailable,
    Unprocessable,
    UploadExpired,
)
from shared.media.s3 import S3Store
from tests.shared.aws.scripted import Server, hangs_up, says

XML = b'<?xml version="1.0" encoding="UTF-8"?>'
THERE = Answer(200, {"content-length": "3"}, b"")
ABSENT = Answer(404, {}, b"")
DONE = Answer(200, {}, XML + b"\n\n  <CompleteMultipartUploadResult><Key>n</Key></CompleteMultipartUploadResult>")


class Wire:
    """Says one thing after the other, and keeps what was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def request(self, method, url, **options):
        self.asked.append((method, url.partition("amazonaws.com")[2], options))
        return self.answers.pop(0)


def store_over(http, endpoint_url=None):
    return S3Store(
        "photos",
        Reach(
            region="eu-west-1",
            credentials=Credentials("AKIA", "hush"),
            http=http,
            clock=lambda: datetime(2030, 1, 31, tzinfo=UTC),
            endpoint_url=endpoint_url,
        ),
    )


def error(status, code):
    return Answer(status, {}, XML + f"  <Error><Code>{code}</Code></Error>".encode())


def complete(*answers, parts=((1, '"e"'),)):
    wire = Wire(*answers)
    try:
        store_over(wire).complete_multipart("n", "u", parts)
    finally:
        assert wire.answers == []
    return wire.asked


def test_a_completion_is_one_request_that_writes_a_name_once():
    ((method, path, options),) = complete(DONE, parts=[(2, "b"), (1, '"a"')])

    assert (method, path, options["headers"]["if-none-match"]) == ("POST", "/n?uploadId=u", "*")
    assert options["body"] == (
        b'<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        b'<Part><PartNumber>1</PartNumber><ETag>"a"</ETag></Part>'
        b"<Part><PartNumber>2</PartNumber><ETag>b</ETag></Part></CompleteMultipartUpload>"
    )


@pytest.mark.parametrize("status", [400, 200])
@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("InvalidPart", "list the parts"),
        ("InvalidPartOrder", "name each part once"),
        ("EntityTooSmall", "at least 5 MiB"),
        ("MalformedXML", "by its number"),
    ],
)
def test_bad_parts_are_refused_with_what_to_do(status, code, advice):
    with pytest.raises(Unprocessable, match=advice):
        complete(error(status, code))


@pytest.mark.parametrize(
    "no", [error(404, "NoSuchUpload"), error(412, "PreconditionFailed"), error(200, "NoSuchUpload")]
)
def test_an_object_that_is_there_already_is_a_success_and_otherwise_the_upload_is_gone(no):
    assert [method for method, _, _ in complete(no, THERE)] == ["POST", "HEAD"]

    with pytest.raises(UploadExpired, match="begin a new upload"):
        complete(no, ABSENT)


def test_only_the_store_itself_can_say_that_the_object_is_there():
    with pytest.raises(ProviderDown):
        complete(error(404, "NoSuchUpload"), error(403, "AccessDenied"))
    with pytest.raises(ProviderDown):
        complete(error(404, "NoSuchBucket"))


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (error(200, "InternalError"), OutcomeUnknown),
        (error(200, "SomethingNew"), OutcomeUnknown),
        (error(200, "SlowDown"), StoreBusy),
        (error(200, "ServiceUnavailable"), StoreUnavailable),
        (error(200, "ConditionalRequestConflict"), StoreUnavailable),
        (Answer(200, {}, XML + b"   "), OutcomeUnknown),
        (Answer(200, {}, b""), OutcomeUnknown),
    ],
)
def test_a_200_is_believed_only_with_its_result(late, expected):
    with pytest.raises(expected) as caught:
        complete(late)

    assert type(caught.value) is expected


def test_a_completion_whose_answer_was_lost_is_settled_by_asking_again():
    lost = [hangs_up]
    forgotten = says(b"HTTP/1.1 404 No\r\nContent-Length: 32\r\n\r\n<Error><Code>NoSuchUpload</Code>")
    there = says(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
    server, http = Server(lost, [forgotten, there]), HttpClient()
    store = store_over(http, server.origin)

    with pytest.raises(OutcomeUnknown):
        store.complete_multipart("n", "u", [(1, "e")])
    store.complete_multipart("n", "u", [(1, "e")])

    http.close()
    server.end()
    assert [request.split(b" ")[0] for request in server.requests] == [b"POST", b"POST", b"HEAD"]


@pytest.mark.parametrize("parts", [[], [(1, "a"), (1, "b")], [(1, "")], [(1, "a\nb")], [(1, "\ud800")], [(1, "é")]])
def test_parts_that_cannot_be_are_refused_before_s3_is_asked(parts):
    with pytest.raises(BadRequest):
        complete(parts=parts)


def test_no_text_in_an_etag_gets_out_of_it():
    ((_, _, options),) = complete(DONE, parts=[(1, "</ETag><Part>")])

    assert b"<ETag>&lt;/ETag&gt;&lt;Part&gt;</ETag>" in options["body"]


def test_an_upload_that_s3_does_not_name_must_be_begun_again():
    with pytest.raises(OutcomeUnknown, match="begin again"):
        store_over(Wire(Answer(200, {}, b"<x/>"))).begin_multipart("n", "image/png")


def test_what_is_unfinished_is_aborted_before_versions_are_looked_for():
    """The other way round, an upload completed in between would stay."""
    listed = (
        b'<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Upload><Key>n</Key><UploadId>u1</UploadId></Upload></R>'
    )
    wire = Wire(Answer(200, {}, listed), error(404, "NoSuchUpload"), Answer(200, {}, b"<R/>"))

    assert store_over(wire).delete("n") is True
    assert [(method, path) for method, path, _ in wire.asked] == [
        ("GET", "/?uploads=&prefix=n"),
        ("DELETE", "/n?uploadId=u1"),
        ("GET", "/?versions=&prefix=n"),
    ]


@pytest.mark.parametrize("call", ["parts", "complete_multipart", "abort_multipart"])
def test_without_an_id_no_call_is_made_about_the_object_itself(call):
    wire = Wire()
    more = [[(1, "e")]] if call == "complete_multipart" else []

    with pytest.raises(BadRequest):
        getattr(store_over(wire), call)("n", "", *more)

    assert wire.asked == []
