"""What a test does behind the back of a running stack: look into its stores, wake its functions, break its parts."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.aws import Aws
from tests.support.client import Client

DUE = "UPDATE uploads SET next_retry_at = now() - interval '1 second' WHERE id = %s"
LOOK_NOW = """
UPDATE attempts SET next_look_at = now(), reap_after = now() - interval '1 second',
       absent_at = absent_at - interval '1 hour'
 WHERE state = 'condemned' AND upload_id = %s
"""


@dataclass
class Behind:
    """One stack from the inside."""

    client: Client

    @cached_property
    def aws(self) -> Aws:
        return Aws(self.client.stack.s3_endpoint)

    def control(self, method: str, what: str, order: dict[str, Any] | None = None) -> Any:
        """The control API of the Cloudinary stand-in."""
        url = f"{self.client.stack.stand_in}/_stand-in/{what}"
        return self.client.ask(method, url, json_body=order, token=None).json

    def assets(self, upload_id: str) -> list[dict[str, Any]]:
        """What Cloudinary holds for this upload."""
        return [each for each in self.control("GET", "assets")["assets"] if upload_id in each["public_id"]]

    def calls(self) -> dict[str, int]:
        return self.control("GET", "calls")

    def objects(self, upload_id: str = "") -> list[str]:
        """The originals that our bucket holds for this upload, in any version; without one, all there are."""
        listing = {"Bucket": self.client.stack.bucket, "Prefix": "dev/"}
        pages = self.aws.client("s3").get_paginator("list_object_versions").paginate(**listing)
        return [each["Key"] for page in pages for each in page.get("Versions", []) if upload_id in each["Key"]]

    def attempts(self, upload_id: str) -> list[tuple[str, str]]:
        query = "SELECT store, state FROM attempts WHERE upload_id = %s ORDER BY attempt_no"
        return self.client.rows(query, upload_id)

    def retry(self, upload_id: str) -> Any:
        """The time has come, and the worker that nobody waits for wakes up."""
        self.client.rows(DUE, upload_id)
        return self._invoke("RetryFailedFunction")

    def reap(self, upload_id: str) -> None:
        """Let the reaper look until it is sure that nothing of this upload can come back."""
        for _ in range(3):
            self.client.rows(LOOK_NOW, upload_id)
            self._invoke("RecoverFunction")

    @contextmanager
    def failing(self, fault: str, **order: Any) -> Iterator[None]:
        """Cloudinary fails in this way for as long as the block lasts, and nobody bears it a grudge."""
        self.control("POST", "faults", {"fault": fault, **order})
        try:
            yield
        finally:
            self.control("DELETE", "faults")
            self.client.rows("DELETE FROM breakers")

    @contextmanager
    def closed_bucket(self) -> Iterator[None]:
        """Nobody may put anything into our bucket for as long as the block lasts."""
        s3, bucket = self.aws.client("s3"), self.client.stack.bucket
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
        try:
            yield
        finally:
            # The local deployment leaves out the one policy that the template has: it asks for TLS.
            s3.delete_bucket_policy(Bucket=bucket)
            self.client.rows("DELETE FROM breakers")

    def _invoke(self, name: str) -> Any:
        answer = self.aws.client("lambda").invoke(FunctionName=self._functions[name], Payload=b"{}")
        told = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, told
        return told

    @cached_property
    def _functions(self) -> dict[str, str]:
        listed = self.aws.client("lambda").list_functions()["Functions"]
        names = [each["FunctionName"] for each in listed]
        return {end: name for end in ("RetryFailedFunction", "RecoverFunction") for name in names if end in name}
