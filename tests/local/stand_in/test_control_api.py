"""The control API itself."""

import hashlib
import re

import pytest
import urllib3
from cloudinary import api, uploader

from local.stand_in.faults import ORDERS


def test_health_answers(control):
    answer = control.ask("GET", "health")

    assert (answer.status, answer.json()) == (200, {"ok": True})


def test_the_armed_faults_are_listed_with_what_is_left_of_them(control, picture):
    control.arm("slow", times=2, operation="upload", seconds=0)
    uploader.upload(picture(), public_id="one", timeout=5)

    listed = control.ask("GET", "faults").json()["faults"]

    assert listed == [{"fault": "slow", "operation": "upload", "times": 1, "seconds": 0.0}]


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ([], "Expected a JSON object"),
        ({}, "Unknown fault None"),
        ({"fault": "explode"}, "Unknown fault 'explode': use 401, 420"),
        ({"fault": ["500"]}, "Unknown fault"),
        ({"fault": "500", "operation": "dance"}, "Unknown operation 'dance'"),
        ({"fault": "500", "operation": {}}, "Unknown operation"),
        ({"fault": "500", "times": 0}, "times is 0"),
        ({"fault": "500", "times": True}, "times is True"),
        ({"fault": "500", "times": 1.5}, "times is 1.5"),
        ({"fault": "slow", "seconds": -1}, "seconds is -1"),
        ({"fault": "slow", "seconds": "2"}, "seconds is '2'"),
        ({"fault": "truncate", "operation": "admin"}, "its operation must be 'upload'"),
        ({"fault": "500", "time": 1}, "Unknown field 'time'"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_a_sentence(order, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        ORDERS.parse(order)


def test_a_refused_order_arms_nothing(control):
    answer = control.ask("POST", "faults", {"fault": "explode"})

    assert answer.status == 400
    assert answer.json()["error"]["message"].startswith("Unknown fault 'explode': use 401, 420, 500")
    assert control.ask("GET", "faults").json() == {"faults": []}


def test_a_fault_has_its_own_seconds_unless_told_otherwise():
    assert ORDERS.parse({"fault": "slow"}).seconds == 30
    assert ORDERS.parse({"fault": "apply_late"}).seconds == 2
    assert ORDERS.parse({"fault": 420}) == ORDERS.parse({"fault": "420", "times": None, "operation": None})


@pytest.mark.parametrize("fault", ["truncate", "other_asset"])
def test_a_fault_that_changes_uploaded_bytes_strikes_uploads_only(fault):
    assert ORDERS.parse({"fault": fault}).operation == "upload"


def test_an_order_that_is_not_json_is_refused(control):
    answer = urllib3.request("POST", f"{control.url}/_stand-in/faults", body=b"{", timeout=5)

    assert answer.status == 400
    assert "not JSON" in answer.json()["error"]["message"]


def test_the_stored_assets_are_listed_with_their_hashes(control, picture):
    reply = uploader.upload(picture(), public_id="one", tags=["t"], context={"k": "v"}, timeout=5)

    assert control.assets() == [
        {
            "public_id": "one",
            "resource_type": "image",
            "type": "upload",
            "bytes": len(picture()),
            "sha256": hashlib.sha256(picture()).hexdigest(),
            "etag": hashlib.md5(picture(), usedforsecurity=False).hexdigest(),
            "version": reply["version"],
            "tags": ["t"],
            "context": {"k": "v"},
        }
    ]


def test_all_assets_can_be_emptied_at_once(control, picture, shelf):
    uploader.upload(picture(), public_id="one", timeout=5)

    control.ask("DELETE", "assets")

    assert control.assets() == []
    assert list(shelf.iterdir()) == []


def test_calls_are_counted_per_operation_failed_ones_too(control, picture):
    control.arm("500", times=1, operation="upload")
    for _ in range(2):
        reply = uploader.upload(picture(), public_id="one", return_error=True, timeout=5)
    uploader.destroy("one", timeout=5)
    api.ping(timeout=5)
    urllib3.request("GET", reply["secure_url"], timeout=5)

    counted = {name: count for name, count in control.calls().items() if count}

    assert counted == {"upload": 2, "destroy": 1, "admin": 1, "delivery": 1}


def test_counted_calls_can_be_reset(control, picture):
    uploader.upload(picture(), public_id="one", timeout=5)

    control.ask("DELETE", "calls")

    assert set(control.calls().values()) == {0}


@pytest.mark.parametrize("order", [{}, {"limit": -1}, {"limit": "5"}, []])
def test_a_limit_that_makes_no_sense_is_refused(control, order):
    assert control.ask("POST", "rate-limit", order).status == 400


@pytest.mark.parametrize(("method", "path"), [("GET", "nothing"), ("PUT", "faults"), ("POST", "calls")])
def test_an_unknown_path_of_the_control_api_is_not_found(control, method, path):
    assert control.ask(method, path).status == 404
