"""What Cloudinary says is believed only when it is signed, makes sense, and is said in its own words."""

import pytest

from shared.errors import OutcomeUnknown, ProviderDown, StoreBusy, StoreRefused, StoreUnavailable
from shared.media.cloudinary_account import Account
from shared.media.verify import verify
from tests.support.assets import asset_of
from tests.support.cloudinary import store_at
from tests.support.one_answer import one_answer
from tests.support.store_calls import EVERY, NAME, PHOTO, SECONDS, WRITE, ask

SIGNED_URL = "https://bucket.example/photo?X-Amz-Signature=abc"


@pytest.fixture
def wire():
    with one_answer() as server:
        yield server


@pytest.fixture
def store(wire):
    with store_at(f"cloudinary://KEY:SECRET@demo?upload_prefix={wire.url}") as made:
        yield made


@pytest.mark.parametrize(
    ("told", "expected"), [(None, 2), ("soon", 2), ("Thu, 01 Jan 1970 00:00:00 GMT", 1), ("1 Jan 2999 00:00", 3600)]
)
def test_no_wait_is_forgotten_or_for_ever(wire, store, told, expected):
    headers = {"X_FeatureRateLimit_Reset": told} if told else {}
    wire.say({"error": {"message": "Rate Limit Exceeded"}}, 429, **headers)

    with pytest.raises(StoreBusy) as caught:
        store.look(NAME)

    assert caught.value.retry_after == expected


@EVERY
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("400 Invalid image file", StoreRefused),
        ("400 File size too large. Got 99. Maximum is 10.", StoreRefused),
        ("403 Not allowed", StoreRefused),
        ("404 Something else not found", StoreRefused),
        ("403 You are over your plan", ProviderDown),
        ("401 Invalid Signature", ProviderDown),
        ("429 Slow", StoreBusy),
        ("503 Maintenance", StoreUnavailable),
        ("504 Too slow", StoreUnavailable),
        ("400 Stale request - reported time is", StoreUnavailable),
    ],
)
def test_a_refusal_says_what_must_follow(wire, store, verb, said, expected):
    wire.say({"error": {"message": said[4:]}}, int(said[:3]))

    with pytest.raises(expected) as caught:
        ask(store, verb)

    assert type(caught.value) is expected
    assert wire.asked == 1


@WRITE
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"<html>", 200),
        (b"{}", 200),
        (b"null", 200),
        (b"7", 200),
        (b"[]", 200),
        (b'"error"', 200),
        (b'{"error": "text"}', 400),
        (b'{"error": null}', 200),
        (b"moved", 302),
    ],
)
def test_an_answer_that_makes_no_sense_is_no_answer(wire, store, verb, body, status):
    wire.say(body, status, Location=f"{wire.url}/elsewhere")

    with pytest.raises(OutcomeUnknown):
        ask(store, verb)

    assert wire.asked == 1


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b'{"public_id": "x", "bytes": "7"}'])
def test_a_look_that_makes_no_sense_is_no_answer(wire, store, body):
    wire.say(body)

    with pytest.raises(StoreUnavailable):
        store.look(NAME)


@pytest.mark.parametrize("body", [b"<html>404</html>", b"", b'{"error": {"message": "no such route"}}'])
def test_only_cloudinarys_own_words_make_a_photo_absent(wire, store, body):
    """A wrong address answers 404 too: to believe it would give up photos that are there."""
    wire.say(body, 404)

    with pytest.raises(StoreRefused):
        store.look(NAME)


def reply(**changes):
    facts = {"asset_id": "a", "public_id": NAME, "version": 7, "format": "jpg", "bytes": 1, "etag": "e"}
    signature = Account("demo", "KEY", "SECRET").signature_of(NAME, 7)
    return facts | {"secure_url": "https://x/y.jpg", "signature": signature} | changes


def test_a_signed_reply_is_believed(wire, store):
    wire.say(reply())

    assert store.put(NAME, asset_of(PHOTO), SECONDS).version == "7"


def test_a_preset_that_the_sdk_found_elsewhere_is_not_applied(wire, store, monkeypatch):
    """It could change the bytes on their way in, and none of them would ever be verified."""
    from cloudinary import config

    monkeypatch.setitem(config().__dict__, "upload_preset", "shrink-everything")
    wire.say(reply())

    store.put(NAME, asset_of(PHOTO), SECONDS)

    assert NAME.encode() in wire.heard
    assert b"shrink-everything" not in wire.heard


@pytest.mark.parametrize("changes", [{"signature": "0" * 40}, {"signature": "é"}, {"version": 8}, {"public_id": "x"}])
def test_a_reply_that_is_not_signed_for_what_it_says_is_not_believed(wire, store, changes):
    wire.say(reply(**changes))

    with pytest.raises(OutcomeUnknown, match="not signed"):
        store.put(NAME, asset_of(PHOTO), SECONDS)


def test_a_reply_without_a_signature_is_not_believed(wire, store):
    unsigned = reply()
    del unsigned["signature"]
    wire.say(unsigned)

    with pytest.raises(OutcomeUnknown, match="not signed"):
        store.put(NAME, asset_of(PHOTO), SECONDS)


def test_a_signed_reply_about_another_asset_is_found_out(wire, store):
    other = Account("demo", "KEY", "SECRET").signature_of("other", 7)
    wire.say(reply(public_id="other", signature=other))

    stored = store.put(NAME, asset_of(PHOTO), SECONDS)

    with pytest.raises(OutcomeUnknown, match="the name is 'other'"):
        verify(asset_of(PHOTO), stored, NAME)


def test_an_asset_that_was_there_before_is_not_taken_for_ours(wire, store):
    wire.say(reply(existing=True))

    with pytest.raises(OutcomeUnknown, match="there before"):
        store.put(NAME, asset_of(PHOTO), SECONDS)


def test_a_delete_that_does_not_say_it_deleted_may_not_have(wire, store):
    wire.say({"result": "error"})

    with pytest.raises(OutcomeUnknown, match="whether it deleted"):
        store.delete(NAME)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, f"Error in loading {SIGNED_URL} - 403 Forbidden"),
        (400, f"Unsupported source URL: {SIGNED_URL}"),
        (401, "Invalid Signature 12. String to sign - 'context=team_name=Abby'."),
    ],
)
def test_neither_signed_urls_nor_labels_get_into_what_is_logged(wire, store, status, message):
    wire.say({"error": {"message": message}}, status)

    with pytest.raises(Exception) as caught:
        store.put(NAME, asset_of(PHOTO), SECONDS)

    told = f"{caught.value} {caught.value.facts}"
    assert str(status) in told
    assert not any(secret in told for secret in ("X-Amz", "Abby", "SECRET"))
