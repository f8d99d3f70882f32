"""What ImageKit says is believed only when it makes sense and is said in its own words."""

import pytest

from shared.errors import OutcomeUnknown, ProviderDown, StoreBusy, StoreRefused, StoreUnavailable
from shared.media.verify import verify
from tests.support.assets import asset_of
from tests.support.imagekit import store_at
from tests.support.one_answer import one_answer
from tests.support.store_calls import NAME, PHOTO, ask

SIGNED_URL = "https://bucket.example/photo?X-Amz-Signature=abc"


@pytest.fixture
def wire():
    with one_answer() as server:
        yield server


@pytest.fixture
def store(wire):
    host = wire.url.removeprefix("http://")
    with store_at(f"imagekit://private_KEY@{host}/demo?upload_prefix={wire.url}") as made:
        yield made


@pytest.mark.parametrize("verb", ["put", "look"])
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("400 Invalid file", (StoreRefused, "refused")),
        ("400 Your file size exceeds the limit of your plan", (StoreRefused, "file_too_large")),
        ("413 Too large", (StoreRefused, "file_too_large")),
        ("404 Something else is not there", (StoreRefused, "not_found")),
        ("401 No valid API key was provided", (ProviderDown, "auth_error")),
        ("403 Your account cannot be authenticated", (ProviderDown, "auth_error")),
        ("403 Total storage limit exceeded", (ProviderDown, "quota_gone")),
        ("429 Slow", (StoreBusy, "rate_limited")),
        ("502 Bad gateway", (StoreUnavailable, "bad_gateway")),
        ("503 Maintenance", (StoreUnavailable, "service_unavailable")),
        ("504 Too slow", (StoreUnavailable, "gateway_timeout")),
    ],
)
def test_a_refusal_says_what_must_follow_and_is_asked_for_once(wire, store, verb, said, expected):
    wire.say({"message": said[4:], "help": "write to us"}, int(said[:3]))

    with pytest.raises(expected[0]) as caught:
        ask(store, verb)

    assert (type(caught.value), caught.value.facts["failure_type"]) == expected
    assert wire.asked == 1


@pytest.mark.parametrize("said", ["Could not download the file", "Unable to access the URL", "Invalid URL in file"])
def test_a_source_that_could_not_be_fetched_may_be_another_time(wire, store, said):
    wire.say({"message": said}, 400)

    with pytest.raises(OutcomeUnknown) as caught:
        store.put(NAME, asset_of(PHOTO, body=None, source_url=SIGNED_URL), 5)

    assert caught.value.facts["failure_type"] == "download_failed"


@pytest.mark.parametrize(
    ("told", "expected"),
    [(None, 2), ("soon", 2), ("nan", 2), ("inf", 2), ("-1", 1), ("0", 1), ("1500", 2), ("1e12", 3600)],
)
def test_no_wait_is_forgotten_or_for_ever(wire, store, told, expected):
    headers = {"X_RateLimit_Reset": told} if told else {}
    wire.say({"message": "Too many requests"}, 429, **headers)

    with pytest.raises(StoreBusy) as caught:
        store.look(NAME)

    assert caught.value.retry_after == expected


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"<html>", 200),
        (b"{}", 200),
        (b"null", 200),
        (b"7", 200),
        (b"[]", 200),
        (b'"text"', 200),
        (b'{"fileId": 7, "filePath": "/x", "versionInfo": {"id": "v"}}', 200),
        (b'{"fileId": "", "filePath": "/x", "versionInfo": {"id": "v"}}', 200),
        (b'{"fileId": "f", "filePath": "/x", "versionInfo": {}}', 200),
        (b'{"fileId": "f", "filePath": "/x", "versionInfo": null}', 200),
        (b"moved", 302),
        (b"<html>", 500),
    ],
)
def test_an_upload_whose_answer_makes_no_sense_may_have_happened(wire, store, body, status):
    wire.say(body, status, Location=f"{wire.url}/elsewhere")

    with pytest.raises(OutcomeUnknown):
        ask(store, "put")

    assert wire.asked == 1


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'[{"filePath": "/test/org/upload/1"}]'])
def test_a_look_that_makes_no_sense_is_no_answer(wire, store, body):
    wire.say(body)

    with pytest.raises(StoreUnavailable):
        ask(store, "look")


@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_is_only_similar_is_not_what_was_asked_for(wire, store, what):
    wire.say([7, {"type": what, "fileId": "f", "filePath": f"/{NAME}0", "versionInfo": {"id": "v"}}])

    assert store.look(NAME) is None


@pytest.mark.parametrize("body", [b"<html>404</html>", b"", b'{"message": "no such route"}'])
def test_only_imagekits_own_words_make_a_photo_absent(wire, store, body):
    """A wrong address answers 404 too: to believe it would give up photos that are there."""
    wire.say(body, 404)

    with pytest.raises(StoreRefused):
        store.look(NAME, "file-id")


def test_an_upload_to_another_place_is_found_out(wire, store):
    """One server that says the same to both: the reply itself is then the file that is shown."""
    wire.say({"fileId": "f", "filePath": "/elsewhere/1", "versionInfo": {"id": "v"}})

    stored = ask(store, "put")

    with pytest.raises(OutcomeUnknown, match="the name is 'elsewhere/1'"):
        verify(asset_of(PHOTO), stored, NAME)


@pytest.mark.parametrize("status", [400, 404, 418])
def test_what_is_taken_and_not_shown_is_not_refused(store, status, monkeypatch):
    from shared.media.imagekit_answers import Said

    kept = {"fileId": "f", "filePath": f"/{NAME}", "versionInfo": {"id": "v"}}
    monkeypatch.setattr(store._sdk, "upload", lambda *_: Said(200, kept))
    monkeypatch.setattr(store._sdk, "original", lambda _: Said(status))

    with pytest.raises(OutcomeUnknown, match="does not show"):
        ask(store, "put")


def test_a_signed_url_does_not_get_into_what_is_logged(wire, store):
    wire.say({"message": f"Could not download {SIGNED_URL}"}, 400)

    with pytest.raises(OutcomeUnknown) as caught:
        ask(store, "put")

    told = f"{caught.value} {caught.value.facts}"
    assert "400 Could not download (a URL)" in told
    assert "X-Amz" not in told
