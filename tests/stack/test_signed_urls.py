"""One URL is one exact object, once: proved against an S3 that verifies what was signed."""

import hashlib

import pytest

from tests.support.client import jpeg


@pytest.fixture
def photo():
    return jpeg()


@pytest.fixture
def grant(client, photo):
    return client.upload_url(photo).json


def test_a_second_use_is_refused(client, grant, photo):
    first, second = client.put(grant, photo), client.put(grant, photo)

    assert (first.status, second.status) == (200, 412)


def test_other_bytes_of_the_same_length_are_refused(client, grant, photo):
    other = bytes([photo[0]]) + bytes(len(photo) - 1)

    assert client.put(grant, other).status == 400


def test_a_file_of_another_length_is_refused(client, grant, photo):
    assert client.put(grant, photo + b"x").status == 403


def test_another_type_is_refused(client, grant, photo):
    assert client.put(grant, photo, **{"Content-Type": "text/html"}).status == 403


def test_another_checksum_than_the_signed_one_is_refused(client, grant, photo):
    assert client.put(grant, photo, **{"x-amz-checksum-sha256": "A" * 43 + "="}).status == 403


def test_an_overwrite_cannot_be_smuggled_in_by_leaving_out_the_condition(client, grant, photo):
    without = {k: v for k, v in grant["headers"].items() if k != "If-None-Match"}

    assert client.ask("PUT", grant["upload_url"], body=photo, headers=without, token=None).status == 403


def test_after_its_time_a_url_is_refused(client, photo, grant):
    expired = grant["upload_url"].replace("X-Amz-Date=2026", "X-Amz-Date=2025")

    assert client.ask("PUT", expired, body=photo, headers=grant["headers"], token=None).status == 403


def test_another_name_is_refused(client, grant, photo):
    elsewhere = grant["upload_url"].replace("/1?", "/2?")

    assert client.ask("PUT", elsewhere, body=photo, headers=grant["headers"], token=None).status == 403


def test_what_was_refused_left_nothing_behind(client, grant, photo):
    client.put(grant, photo + b"x")
    client.put(grant, bytes(len(photo)))

    assert client.complete(grant["photo_id"]).json["code"] == "upload_not_ready"


def test_without_a_declared_checksum_the_length_and_type_still_bind(client):
    photo = jpeg()
    grant = client.upload_url(photo, sha256=None).json

    assert "x-amz-checksum-sha256" not in grant["headers"]
    assert client.put(grant, photo[:-1]).status == 403
    assert client.put(grant, photo).status == 200
    assert client.complete(grant["photo_id"]).status == 200


def test_what_the_store_holds_is_what_the_client_sent(client, grant, photo):
    client.put(grant, photo)
    client.complete(grant["photo_id"])

    shown = client.photo(grant["photo_id"]).json

    assert shown["sha256"] == hashlib.sha256(photo).hexdigest()
