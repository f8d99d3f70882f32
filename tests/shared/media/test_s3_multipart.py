"""A large object comes together from parts, once: proved against an S3 that verifies signatures."""

import pytest

from shared.errors import BadRequest, Unprocessable, UploadExpired
from shared.media.s3_facts import Part
from tests.support.assets import asset_of

PIECES = (b"\xff\xd8 the first half", b" and the other one \xff\xd9")
PHOTO = b"".join(PIECES)
JPEG = "image/jpeg"
NOBODYS = "no-such-upload"


@pytest.fixture
def sent(store, name, http):
    """An upload whose parts have all arrived, as a client sees it: its id, and what S3 answered."""
    multipart_id = store.begin_multipart(name, JPEG)
    urls = store.presign_parts(name, multipart_id, [1, 2], 900)
    etags = [
        http.request("PUT", url, headers={}, body=piece).headers["etag"]
        for url, piece in zip(urls.values(), PIECES, strict=True)
    ]
    return multipart_id, list(enumerate(etags, 1))


def test_parts_become_one_object_with_a_version_and_no_digest(store, name, sent):
    multipart_id, parts = sent
    assert store.look(name) is None

    store.complete_multipart(name, multipart_id, parts)

    there = store.look(name)
    assert (there.size, there.mime, there.sha256, there.md5) == (len(PHOTO), JPEG, None, None)
    assert store.versions(name) == [there.version]
    assert store.read(name, 0, 1000) == PHOTO
    assert store.open_multiparts(name) == []


def test_parts_are_named_in_any_order_and_with_or_without_quotes(store, name, sent):
    multipart_id, parts = sent

    store.complete_multipart(name, multipart_id, [(number, etag.strip('"')) for number, etag in reversed(parts)])

    assert store.read(name, 0, 1000) == PHOTO


def test_what_s3_holds_can_be_listed(store, name, sent):
    multipart_id, parts = sent

    found = store.parts(name, multipart_id)

    assert found == [Part(number, len(PIECES[number - 1]), etag) for number, etag in parts]


def test_many_parts_are_listed_page_by_page(store, s3, bucket, name, counted):
    multipart_id = store.begin_multipart(name, JPEG)
    for number in (1, 2, 3, 5, 10000):
        s3.upload_part(Bucket=bucket, Key=name, UploadId=multipart_id, PartNumber=number, Body=b"x" * number)

    found = store.parts(name, multipart_id)

    assert [(part.number, part.size) for part in found] == [(n, n) for n in (1, 2, 3, 5, 10000)]
    assert counted.count("list parts") == 3


def test_an_upload_without_parts_lists_none(store, name):
    assert store.parts(name, store.begin_multipart(name, JPEG)) == []


def test_completing_again_is_the_same_success(store, name, sent):
    multipart_id, parts = sent

    for _ in range(2):
        store.complete_multipart(name, multipart_id, parts)

    assert len(store.versions(name)) == 1


def test_completing_what_s3_has_forgotten_is_a_success_when_the_object_is_there(store, name):
    store.put(name, asset_of(PHOTO), 10)

    store.complete_multipart(name, NOBODYS, [(1, "etag")])

    assert len(store.versions(name)) == 1


def test_a_name_is_written_once_whichever_way_came_first(store, name, sent):
    multipart_id, parts = sent
    first = store.put(name, asset_of(b"first"), 10)

    store.complete_multipart(name, multipart_id, parts)

    assert store.versions(name) == [first.version]
    assert store.read(name, 0, 10) == b"first"


def test_an_upload_that_is_gone_must_be_begun_again(store, name, sent):
    multipart_id, parts = sent
    store.abort_multipart(name, multipart_id)

    with pytest.raises(UploadExpired, match="begin a new"):
        store.parts(name, multipart_id)
    with pytest.raises(UploadExpired, match="begin a new"):
        store.complete_multipart(name, multipart_id, parts)


def test_the_upload_of_another_name_is_not_there(store, name, sent):
    multipart_id, parts = sent

    with pytest.raises(UploadExpired):
        store.complete_multipart(f"{name}0", multipart_id, parts)
    with pytest.raises(UploadExpired):
        store.parts(f"{name}0", multipart_id)


@pytest.mark.parametrize("wrong", [[(1, '"0123"')], [(7, '"0123"')]])
def test_a_part_that_s3_does_not_have_is_refused_with_what_to_do(store, name, sent, wrong):
    with pytest.raises(Unprocessable, match="send the others again") as caught:
        store.complete_multipart(name, sent[0], wrong)

    assert caught.value.facts["reason"] == "InvalidPart"
    assert store.look(name) is None


def test_aborting_is_a_success_however_often(store, name, sent):
    for _ in range(2):
        store.abort_multipart(name, sent[0])

    assert store.open_multiparts(name) == []


@pytest.mark.parametrize("number", [0, -1, 10001])
def test_a_part_number_that_s3_does_not_know_is_refused(store, name, number):
    for call in (
        lambda: store.presign_part(name, "u", number, 900),
        lambda: store.presign_parts(name, "u", [1, number], 900),
        lambda: store.complete_multipart(name, "u", [(number, "etag")]),
    ):
        with pytest.raises(BadRequest, match="1 to 10000"):
            call()


@pytest.mark.parametrize("odd", ["a b", "ü", "a+b", "a%2Fb", "~x", "?q=1&r", "a<b>&amp;'c"])
def test_names_of_any_letters_are_one_upload_everywhere(store, name, http, odd):
    name = f"{name}/{odd}"
    multipart_id = store.begin_multipart(name, JPEG)
    put = store.presign_part(name, multipart_id, 1, 900)
    http.request("PUT", put.url, headers={}, body=PHOTO)

    found = store.parts(name, multipart_id)

    assert store.open_multiparts(name) == [multipart_id]
    store.complete_multipart(name, multipart_id, [(part.number, part.etag) for part in found])
    assert store.read(name, 0, 1000) == PHOTO
