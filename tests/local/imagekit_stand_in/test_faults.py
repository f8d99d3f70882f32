"""Faults, and the control API that orders them."""

import json

import imagekitio
import pytest


@pytest.fixture
def arm(ask):
    return lambda **order: ask("POST", "/_stand-in/faults", body=json.dumps(order))


def files(ask):
    return ask("GET", "/_stand-in/files").json()["files"]


def test_a_status_is_answered_as_often_as_ordered_and_nothing_is_applied(arm, send, ask):
    arm(fault="503", operation="upload", times=2)

    for _ in range(2):
        with pytest.raises(imagekitio.InternalServerError):
            send()
    assert files(ask) == []
    assert send().file_id


def test_who_is_limited_is_told_for_how_many_milliseconds(arm, sdk):
    arm(fault="429")

    with pytest.raises(imagekitio.RateLimitError) as caught:
        sdk.assets.list()

    assert int(caught.value.response.headers["x-ratelimit-reset"]) > 1000


@pytest.mark.parametrize(("fault", "applied"), [("refuse", 0), ("lose_reply", 1)])
def test_a_connection_that_ends_without_an_answer_may_have_applied_it(arm, send, ask, fault, applied):
    arm(fault=fault, times=1)

    with pytest.raises(imagekitio.APIConnectionError):
        send()

    assert len(files(ask)) == applied


def test_slow_waits_as_long_as_it_is_told_and_answers_in_the_end(server, arm, send):
    waits = []
    server.kit.wait = waits.append
    arm(fault="slow", times=1, seconds=7)

    assert send().file_id
    assert waits == [7.0]


def test_truncate_stores_half_and_tells_the_truth_about_it(arm, send, ask):
    arm(fault="truncate", times=1, operation="upload")

    assert send(b"photo!").size == 3
    assert ask("GET", "/demo/a/b/1?tr=orig-true").data == b"pho"


def test_a_fault_strikes_its_own_operation_until_it_is_cleared(arm, send, sdk, ask):
    arm(fault="500", operation="list")

    assert send().file_id
    with pytest.raises(imagekitio.InternalServerError):
        sdk.assets.list()
    ask("DELETE", "/_stand-in/faults")
    assert len(sdk.assets.list()) == 1


@pytest.mark.parametrize(
    "order",
    [
        [],
        {"fault": "399"},
        {"fault": "600"},
        {"fault": "explode"},
        {"fault": "500", "operation": "fly"},
        {"fault": "500", "times": 0},
        {"fault": "500", "times": True},
        {"fault": "slow", "seconds": -1},
        {"fault": "500", "colour": "red"},
    ],
)
def test_an_order_that_cannot_be_understood_arms_nothing(ask, order):
    answer = ask("POST", "/_stand-in/faults", body=json.dumps(order))

    assert answer.status == 400
    assert ask("GET", "/_stand-in/faults").json() == {"faults": []}


def test_calls_are_counted_with_those_that_failed(arm, send, ask):
    arm(fault="500", times=1)
    with pytest.raises(imagekitio.InternalServerError):
        send()
    send()

    assert ask("GET", "/_stand-in/calls").json()["upload"] == 2
    assert ask("DELETE", "/_stand-in/calls").json()["upload"] == 0


@pytest.mark.parametrize("path", ["/", "/v1", "/_stand-in/nothing", "/v1/files/a/b/c"])
def test_what_is_not_played_is_said_to_be_so(ask, path):
    answer = ask("GET", path)

    assert (answer.status, "plays nothing" in answer.json()["message"]) == (404, True)


def test_a_connection_is_fit_for_use_after_an_answered_fault(arm, send):
    """The refused body must not be left on the wire, where the next request would run into it."""
    arm(fault="500", times=1)
    with pytest.raises(imagekitio.InternalServerError):
        send(bytes(300_000))

    assert send().file_id
