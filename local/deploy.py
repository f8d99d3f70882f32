"""How the real template becomes a stack on the embedded AWS."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import routes, template
from local.aws import Aws
from local.home import write_private
from local.packages import FUNCTION_PREFIX, LAYER_PREFIX, package
from shared.errors import Misconfigured, Unavailable

STACK_NAME = "keepsake"
CODE_BUCKET = "keepsake-local-code"
PATIENCE = 120.0
PAUSE = 0.05
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


@dataclass(frozen=True, slots=True)
class Deployed:
    """What the deployment made that the rest of the stack must know."""

    api_id: str
    bucket: str


def deploy(aws: Aws, *, root: Path, home: Path, given: Mapping[str, str]) -> Deployed:
    """Deploy the working tree; buckets that an earlier start filled become part of the new deployment."""
    source = template.load(root / "template.yaml")
    try:
        return _deploy(aws, source, root=root, home=home, given=given)
    except (ClientError, BotoCoreError) as error:
        raise Unavailable(f"The embedded AWS refused the deployment: {error}") from error


def _deploy(aws: Aws, source: template.Template, *, root: Path, home: Path, given: Mapping[str, str]) -> Deployed:
    passed = template.parameters(source, given)
    body = template.with_defaults(template.rewritten(source, _upload_code(aws, source, root)), passed)
    kept = _kept_buckets(aws, source, home / "buckets.json")
    if kept:
        _import_buckets(aws, kept)
    _apply(aws, body, passed, exists=bool(kept))
    _remember_buckets(aws, source, home / "buckets.json")
    return Deployed(api_id=routes.create(aws, STACK_NAME, passed), bucket=_outputs(aws)["BucketName"])


def _upload_code(aws: Aws, source: template.Template, root: Path) -> dict[str, str]:
    s3 = aws.client("s3")
    _ensure_bucket(s3, CODE_BUCKET)
    uris = {}
    for name, folder in template.code_folders(source).items():
        is_layer = source["Resources"][name]["Type"] == template.LAYER
        content = package(root, folder, LAYER_PREFIX if is_layer else FUNCTION_PREFIX)
        s3.put_object(Bucket=CODE_BUCKET, Key=f"{name}.zip", Body=content)
        uris[name] = f"s3://{CODE_BUCKET}/{name}.zip"
    return uris


def _ensure_bucket(s3: Any, name: str) -> None:  # noqa: ANN401 - a botocore client
    if name not in _bucket_names(s3):
        s3.create_bucket(Bucket=name)


def _bucket_names(s3: Any) -> set[str]:  # noqa: ANN401 - a botocore client
    return {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}


def _kept_buckets(aws: Aws, source: template.Template, file: Path) -> dict[str, str]:
    """The buckets that are on disk from earlier: {logical id: name}."""
    try:
        known = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    present = _bucket_names(aws.client("s3"))
    return {name: known[name] for name in template.buckets(source) if known.get(name) in present}


def _import_buckets(aws: Aws, kept: Mapping[str, str]) -> None:
    """Begin the stack with what is there, as one would in a real account; the update then configures it."""
    bare = {name: {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"} for name in kept}
    change = {"StackName": STACK_NAME, "ChangeSetName": "adopt"}
    cloudformation = aws.client("cloudformation")
    cloudformation.create_change_set(
        **change,
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps({"Resources": bare}),
        ResourcesToImport=[
            {
                "ResourceType": "AWS::S3::Bucket",
                "LogicalResourceId": name,
                "ResourceIdentifier": {"BucketName": bucket},
            }
            for name, bucket in kept.items()
        ],
    )
    planned = cloudformation.describe_change_set(**change)
    if planned["Status"] != "CREATE_COMPLETE":
        raise Unavailable(f"The buckets of the last run cannot be taken over: {planned.get('StatusReason')}")
    cloudformation.execute_change_set(**change)
    _wait(aws, "IMPORT_COMPLETE")


def _apply(aws: Aws, body: template.Template, passed: Mapping[str, str], *, exists: bool) -> None:
    cloudformation = aws.client("cloudformation")
    call = cloudformation.update_stack if exists else cloudformation.create_stack
    call(
        StackName=STACK_NAME,
        # A template passed in the request itself may not exceed 51,200 bytes.
        TemplateURL=_upload_template(aws, body),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in passed.items()],
        Capabilities=CAPABILITIES,
    )
    _wait(aws, "UPDATE_COMPLETE" if exists else "CREATE_COMPLETE")


def _upload_template(aws: Aws, body: template.Template) -> str:
    aws.client("s3").put_object(Bucket=CODE_BUCKET, Key="template.json", Body=json.dumps(body).encode())
    return f"{aws.endpoint}/{CODE_BUCKET}/template.json"


def _wait(aws: Aws, wanted: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while (status := _stack(aws)["StackStatus"]) != wanted:
        if not status.endswith("_IN_PROGRESS"):
            raise Misconfigured(f"The template does not deploy ({status}): {_reasons(aws)}")
        if time.monotonic() > deadline:
            raise Unavailable(f"The deployment is still {status} after {PATIENCE:.0f} s.")
        time.sleep(PAUSE)


def _stack(aws: Aws) -> dict[str, Any]:
    stack: dict[str, Any] = aws.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return stack


def _reasons(aws: Aws) -> str:
    events = aws.client("cloudformation").describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    # The newest event is first, and the oldest failure is the cause of the others.
    return "; ".join(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(failed)
    )


def _remember_buckets(aws: Aws, source: template.Template, file: Path) -> None:
    physical = routes.physical_ids(aws, STACK_NAME)
    write_private(file, json.dumps({name: physical[name] for name in template.buckets(source) if name in physical}))


def _outputs(aws: Aws) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in _stack(aws).get("Outputs", [])}
