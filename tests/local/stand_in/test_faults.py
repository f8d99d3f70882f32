"""Faults, as a caller of the official SDK meets them."""

import hashlib
import time
from threading import Event

import pytest
import urllib3
from cloudinary import api, uploader
from cloudinary.exceptions import Error, GeneralError
from cloudinary.utils import verify_api_response_signature


def wait_for(condition, seconds=5.0):
    """Look again and again: the late application happens in its own time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def send(picture, **options):
    return uploader.upload(picture, public_id="one", timeout=5, **options)


def test_refuse_cuts_the_connection_and_applies_nothing(control, picture):
    control.arm("refuse", times=1, operation="upload")

    with pytest.raises(Error, match="Connection aborted"):
        send(picture())

    assert control.assets() == []
    assert send(picture())["public_id"] == "one"


@pytest.mark.parametrize(("fault", "status"), [("420", 420), ("500", 500), ("401", 401)])
def test_a_refusal_has_its_status_and_applies_nothing(control, picture, fault, status):
    control.arm(fault, times=1, operation="upload")

    reply = send(picture(), return_error=True)

    assert reply["error"]["http_code"] == status
    assert control.assets() == []
    assert send(picture())["public_id"] == "one"


def test_a_rate_limited_answer_tells_when_to_come_back(server, control):
    control.arm("420", times=1, operation="upload")

    answer = urllib3.request("POST", f"{server.url}/v1_1/demo/image/upload", fields={}, timeout=5)

    assert answer.headers["X-FeatureRateLimit-Remaining"] == "0"
    assert "X-FeatureRateLimit-Reset" in answer.headers


def test_502_html_is_no_json_and_applies_nothing(control, picture):
    control.arm("502_html", times=1, operation="upload")

    with pytest.raises(Error, match="Error parsing server response \\(502\\)"):
        send(picture())

    assert control.assets() == []


def test_slow_applies_before_the_answer_is_waited_for(control, picture):
    control.arm("slow", times=1, operation="upload", seconds=60)

    with pytest.raises(Error, match="Read timed out"):
        uploader.upload(picture(), public_id="one", timeout=0.2)

    assert len(control.assets()) == 1


def test_slow_answers_in_the_end(server, control, picture):
    waits = []
    server.cloud.wait = waits.append
    control.arm("slow", times=1, operation="upload", seconds=60)

    reply = send(picture())

    assert reply["public_id"] == "one"
    assert waits == [60.0]


def test_lose_reply_applies_and_says_nothing(control, picture):
    control.arm("lose_reply", times=1, operation="upload")

    with pytest.raises(Error, match="Connection aborted"):
        send(picture())

    assert control.assets()[0]["sha256"] == hashlib.sha256(picture()).hexdigest()


@pytest.fixture
def release(server):
    """Holds every wait of the stand-in until it is called, whatever seconds were ordered."""
    gate = Event()
    server.cloud.wait = lambda _: not gate.wait(5)
    yield gate.set
    gate.set()


def test_apply_late_says_nothing_and_applies_afterwards(control, picture, release):
    control.arm("apply_late", times=1, operation="upload")

    with pytest.raises(Error, match="Connection aborted"):
        send(picture())

    assert control.assets() == []
    release()
    wait_for(control.assets)


def test_a_late_upload_lands_even_after_a_delete(control, picture, release):
    control.arm("apply_late", times=1, operation="upload")
    with pytest.raises(Error):
        send(picture())

    result = uploader.destroy("one", timeout=5)

    assert result["result"] == "not found"
    release()
    wait_for(control.assets)


def test_apply_late_waits_as_long_as_it_is_told(server, control, picture):
    waits = []
    server.cloud.wait = waits.append
    control.arm("apply_late", times=1, operation="upload", seconds=7)

    with pytest.raises(Error):
        send(picture())

    wait_for(control.assets)
    assert waits == [7.0]


def test_truncate_stores_half_and_tells_the_truth_about_it(control, picture):
    control.arm("truncate", times=1, operation="upload")
    half = picture()[: len(picture()) // 2]

    reply = send(picture())

    assert (reply["bytes"], reply["etag"]) == (len(half), hashlib.md5(half, usedforsecurity=False).hexdigest())
    assert control.assets()[0]["sha256"] == hashlib.sha256(half).hexdigest()


def test_other_asset_answers_with_a_valid_signature_for_foreign_bytes(control, picture):
    control.arm("other_asset", times=1, operation="upload")

    reply = send(picture())

    assert verify_api_response_signature("one", reply["version"], reply["signature"])
    assert reply["public_id"] == "one"
    assert reply["etag"] != hashlib.md5(picture(), usedforsecurity=False).hexdigest()
    assert reply["bytes"] != len(picture())
    assert reply["resource_type"] == "image"
    assert control.assets()[0]["etag"] == reply["etag"]


def test_a_lost_reply_to_a_delete_still_deletes(control, picture):
    send(picture())
    control.arm("lose_reply", times=1, operation="destroy")

    with pytest.raises(Error):
        uploader.destroy("one", timeout=5)

    assert control.assets() == []


def test_an_admin_fault_outlives_the_retries_of_the_sdk(control):
    """urllib3 sends a GET four times by itself: all four are counted."""
    control.arm("refuse", operation="admin")

    with pytest.raises(GeneralError):
        api.ping(timeout=5)

    assert control.calls()["admin"] == 4


def test_a_fault_strikes_its_own_operation_only(control, picture):
    control.arm("500", operation="destroy")

    assert send(picture())["public_id"] == "one"
    assert uploader.destroy("one", return_error=True, timeout=5)["error"]["http_code"] == 500


def test_a_fault_without_an_operation_strikes_every_call(control, picture):
    control.arm("500")

    assert send(picture(), return_error=True)["error"]["http_code"] == 500
    assert uploader.destroy("one", return_error=True, timeout=5)["error"]["http_code"] == 500
    with pytest.raises(GeneralError):
        api.ping(timeout=5)


def test_faults_strike_in_the_order_they_were_armed(control, picture):
    control.arm("500", times=2, operation="upload")
    control.arm("420", times=1, operation="upload")

    codes = [send(picture(), return_error=True).get("error", {}).get("http_code") for _ in range(4)]

    assert codes == [500, 500, 420, None]


def test_a_fault_without_times_stays_until_it_is_cleared(control, picture):
    control.arm("500", operation="upload")
    for _ in range(3):
        assert "error" in send(picture(), return_error=True)

    control.ask("DELETE", "faults")

    assert send(picture())["public_id"] == "one"


def test_the_connection_is_fit_for_use_after_an_answered_fault(control, picture):
    """The refused body must not be left on the wire, where the next request would run into it."""
    control.arm("500", times=1, operation="upload")
    send(picture(size=(300, 300)), return_error=True)

    assert send(picture())["public_id"] == "one"
