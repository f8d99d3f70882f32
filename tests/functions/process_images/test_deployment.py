"""Whether the template's numbers keep what the code relies on: who is killed cannot come back."""

from pathlib import Path

import pytest

from local.template import load
from shared.stages import embed, process
from shared.uploads.recover import PAUSE

RESOURCES = load(Path(__file__).parents[3] / "template.yaml")["Resources"]
WORKERS = {"ProcessImagesFunction": process.LEASE_SECONDS, "EmbedPhotosFunction": embed.LEASE_SECONDS}


def queue_of(name):
    (event,) = RESOURCES[name]["Properties"]["Events"].values()
    found = RESOURCES[event["Properties"]["Queue"]["Fn::GetAtt"][0]]["Properties"]
    return event["Properties"], found


@pytest.mark.parametrize("name", WORKERS)
def test_a_lease_outlives_its_function_and_ends_before_the_second_look_of_the_reaper(name):
    timeout = RESOURCES[name]["Properties"]["Timeout"]

    assert timeout < WORKERS[name] < PAUSE


@pytest.mark.parametrize("name", WORKERS)
def test_a_message_comes_back_only_when_its_worker_is_surely_gone_and_in_the_end_goes_aside(name):
    event, queue = queue_of(name)

    assert queue["VisibilityTimeout"] >= 6 * RESOURCES[name]["Properties"]["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("name", WORKERS)
def test_who_decodes_what_strangers_send_may_delete_nothing(name):
    assert not [action for action in _actions(RESOURCES[name]) if "Delete" in action or "*" in action[:4]]


def test_what_we_make_ourselves_rings_no_bell():
    rules = RESOURCES["PhotoBucket"]["Properties"]["NotificationConfiguration"]["QueueConfigurations"]

    assert [rule["Filter"]["S3Key"]["Rules"][0] for rule in rules] == [
        {"Name": "prefix", "Value": {"Fn::Sub": "${Stage}/"}}
    ]


def _actions(resource):
    policies = [each for each in resource["Properties"].get("Policies", []) if "Statement" in each]
    statements = [statement for policy in policies for statement in policy["Statement"]]
    listed = [each["Action"] for each in statements]
    return [action for each in listed for action in ([each] if isinstance(each, str) else each)]
