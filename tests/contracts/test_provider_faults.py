"""Whatever a provider does to a call, it becomes the error that says what must follow, whoever provides."""

import socket

import pytest

from shared.errors import OutcomeUnknown, ProviderDown, StoreBusy, StoreUnavailable
from shared.media.verify import verify
from tests.contracts.providers import PROVIDERS
from tests.support.assets import asset_of
from tests.support.store_calls import EVERY, NAME, PHOTO, SECONDS, WRITE, ask
from tests.support.stranger import stranger_at


@pytest.fixture(params=PROVIDERS)
def provider(request):
    return PROVIDERS[request.param]


@pytest.fixture
def double(provider, tmp_path):
    with provider.double(tmp_path) as running:
        yield running


@pytest.fixture
def store(provider, double):
    with provider.store_at(double.url) as made:
        yield made


@pytest.fixture
def break_at(provider, double, store):
    """With a photo that can be looked at and deleted: arm a fault for a verb, and tell what shall be asked for."""
    ask(store, "put")
    double.forget()

    def _break_at(verb, fault, **facts):
        double.arm(fault, operation=provider.asks[verb][-1], **facts)
        return dict.fromkeys(provider.asks[verb], 1)

    return _break_at


@pytest.fixture
def store_nowhere(provider):
    """For an address that nobody serves."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with provider.store_at(f"{provider.setting}http://127.0.0.1:{port}") as made:
        yield made


@EVERY
@pytest.mark.parametrize(
    ("provider", "fault", "expected"),
    [
        ("cloudinary", "420", (StoreBusy, "rate_limited")),
        ("cloudinary", "502_html", (StoreUnavailable, "bad_gateway")),
        ("cloudinary", "401", (ProviderDown, "auth_error")),
        ("imagekit", "429", (StoreBusy, "rate_limited")),
        ("imagekit", "502", (StoreUnavailable, "bad_gateway")),
        ("imagekit", "503", (StoreUnavailable, "service_unavailable")),
        ("imagekit", "403", (ProviderDown, "auth_error")),
        ("imagekit", "401", (ProviderDown, "auth_error")),
    ],
    indirect=["provider"],
)
def test_an_answered_fault_is_of_its_own_class_and_tried_once(double, store, break_at, verb, fault, expected):  # noqa: PLR0917 - fixtures
    asked = break_at(verb, fault)

    with pytest.raises(expected[0]) as caught:
        ask(store, verb)

    assert (type(caught.value), caught.value.facts["failure_type"]) == expected
    assert double.calls() == asked


@WRITE
@pytest.mark.parametrize("fault", ["500", "refuse", "lose_reply"])
def test_a_write_without_an_answer_may_have_happened(double, store, break_at, verb, fault):
    asked = break_at(verb, fault)

    with pytest.raises(OutcomeUnknown):
        ask(store, verb)

    assert double.calls() == asked


@pytest.mark.parametrize("fault", ["500", "refuse", "lose_reply"])
def test_a_look_without_an_answer_has_changed_nothing(double, store, break_at, fault):
    asked = break_at("look", fault)

    with pytest.raises(StoreUnavailable):
        ask(store, "look")

    assert double.calls() == asked


@pytest.mark.parametrize(
    ("verb", "expected"), [("put", OutcomeUnknown), ("delete", OutcomeUnknown), ("look", StoreUnavailable)]
)
def test_a_slow_call_ends_when_its_time_is_over(provider, double, break_at, verb, expected):
    asked = break_at(verb, "slow", seconds=30)

    with provider.store_at(double.url, timeout=0.5) as hasty, pytest.raises(expected):
        ask(hasty, verb, 0.5)

    assert double.calls() == asked


@EVERY
def test_where_nobody_listens_nothing_was_sent(store_nowhere, verb):
    with pytest.raises(StoreUnavailable) as caught:
        ask(store_nowhere, verb)

    assert caught.value.facts["failure_type"] == "not_sent"


@EVERY
def test_to_a_stranger_nothing_was_sent(provider, tmp_path, verb):
    with (
        stranger_at(tmp_path) as url,
        provider.store_at(provider.setting + url) as store,
        pytest.raises(StoreUnavailable) as caught,
    ):
        ask(store, verb)

    assert caught.value.facts["failure_type"] == "not_sent"


@EVERY
def test_a_connection_is_tried_once_however_often_the_sdk_would(store_nowhere, verb, monkeypatch):
    """The pool of Cloudinary's tries four times, each for the whole timeout."""
    tried = []
    connect = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda *a: tried.append(a) or connect(*a))

    with pytest.raises(StoreUnavailable):
        ask(store_nowhere, verb)

    assert len(tried) == 1


def test_the_same_bytes_resent_after_a_lost_reply_are_stored_once(double, store):
    asset = asset_of(PHOTO)
    double.arm("lose_reply", times=1, operation="upload")
    with pytest.raises(OutcomeUnknown):
        store.put(NAME, asset, SECONDS)

    stored = store.put(NAME, asset, SECONDS)

    verify(asset, stored, NAME)
    assert list(double.held()) == [NAME]


@pytest.mark.parametrize(
    ("provider", "fault"),
    [("cloudinary", "truncate"), ("cloudinary", "other_asset"), ("imagekit", "truncate")],
    indirect=["provider"],
)
def test_bytes_that_were_stored_wrongly_are_found_out(double, store, fault):
    asset = asset_of(PHOTO)
    double.arm(fault, times=1)

    stored = store.put(NAME, asset, SECONDS)

    with pytest.raises(OutcomeUnknown, match=r"the size is .* the MD5 is"):
        verify(asset, stored, NAME)
