"""A try that its user gives up leaves nothing, and takes nothing away that was there."""

import pytest

from shared.errors import StoreUnavailable
from tests.functions.uppy.uppy import PROJECT
from tests.support.client import jpeg


def test_an_aborted_try_is_gone_and_the_key_may_begin_another(uppy):
    meta = {**PROJECT, "idempotency_key": "again"}
    begun = uppy.begin(meta).json
    uppy.send(begun, b"one part")

    first, second = uppy.step("DELETE", begun), uppy.step("DELETE", begun)
    signed = uppy.step("GET", begun, "/1")
    _, done = uppy.upload(jpeg(), meta=meta)

    assert (first.status, first.json, second.status, second.json) == (200, {}, 200, {})
    assert uppy.deps.direct_store.open_multiparts(begun["key"]) == []
    assert (signed.status, signed.json["code"]) == (410, "upload_expired")
    assert done.status == 200
    assert uppy.attempts() == ["condemned", "committed"]


def test_why_an_aborted_upload_stopped_is_shown(uppy):
    uppy.step("DELETE", uppy.begin().json)

    assert uppy.rows("SELECT state, failure_class, failure_type, lease_until FROM uploads") == [
        ("open", "transient", "aborted", None)
    ]


def test_aborting_what_is_complete_takes_nothing_away(uppy, monkeypatch):
    begun, _ = uppy.upload(jpeg())
    monkeypatch.setattr(type(uppy.deps.direct_store), "abort_multipart", lambda *_: pytest.fail("it is committed"))

    answer = uppy.step("DELETE", begun)

    assert (answer.status, answer.json) == (200, {})
    assert uppy.attempts() == ["committed"]
    assert uppy.deps.direct_store.look(begun["key"])


def test_parts_that_cannot_be_aborted_now_are_left_to_the_reaper(uppy, monkeypatch):
    begun = uppy.begin().json
    monkeypatch.setattr(
        type(uppy.deps.direct_store), "abort_multipart", lambda *_: (_ for _ in ()).throw(StoreUnavailable())
    )

    assert uppy.step("DELETE", begun).status == 200
    assert uppy.attempts() == ["condemned"]
