"""A multipart upload is begun for what is acceptable, and for nobody else's attempt."""

import pytest

from local import seed
from shared.photos import Loss
from tests.functions.uppy.uppy import PROJECT
from tests.support.client import jpeg

BEGINNINGS = {
    "no body": (None, 400),
    "a list": ([], 400),
    "no name": ({"type": "image/jpeg", "metadata": PROJECT}, 400),
    "an empty name": ({"filename": "", "type": "image/jpeg", "metadata": PROJECT}, 400),
    "no type": ({"filename": "a.jpg", "metadata": PROJECT}, 400),
    "another type": ({"filename": "a.jpg", "type": "text/html", "metadata": PROJECT}, 415),
    "no metadata": ({"filename": "a.jpg", "type": "image/jpeg", "metadata": "x"}, 400),
    "too large": ({"filename": "a.jpg", "type": "image/jpeg", "metadata": {**PROJECT, "size": 10**9}}, 400),
}


@pytest.mark.parametrize("what", BEGINNINGS)
def test_nothing_is_begun_for(uppy, what):
    body, status = BEGINNINGS[what]

    answer = uppy.ask("POST", "/s3/multipart", body=body)

    assert answer.status == status
    assert answer.json["message"]
    assert uppy.rows("SELECT count(*) FROM uploads") == [(0,)]


def test_metadata_may_be_of_any_kind_and_a_header_may_name_the_upload(uppy):
    meta = {**PROJECT, "size": 2000, "relativePath": None, "tags": ["a"], "width": 3.5}

    assert uppy.begin(meta, headers={"idempotency-key": '"mine"'}).status == 200
    assert uppy.rows("SELECT idem_key, size FROM uploads") == [("mine", 2000)]


def test_an_attempt_that_is_given_up_while_s3_is_asked_is_not_begun(uppy, monkeypatch):
    store, ledger = type(uppy.deps.direct_store), uppy.deps.ledger
    real = store.begin_multipart
    names = []

    def slow(self, name, mime):
        names.append(name)
        ((attempt_id,),) = uppy.rows("SELECT id FROM attempts")
        ledger.condemn(attempt_id, Loss("transient", "x", "x"))
        return real(self, name, mime)

    monkeypatch.setattr(store, "begin_multipart", slow)

    answer = uppy.begin()

    assert (answer.status, answer.json["code"]) == (410, "upload_expired")
    assert uppy.deps.direct_store.open_multiparts(names[0]) == []


def test_all_of_it_works_with_a_token_in_the_path(uppy):
    bearer = uppy.another(path_token=uppy.text_of(uppy.minted()))

    begun, done = bearer.upload(jpeg(), meta={})

    assert done.status == 200
    assert bearer.step("DELETE", begun).json == {}
    assert uppy.rows("SELECT project_id FROM photos") == [(seed.PROJECT_ID,)]
