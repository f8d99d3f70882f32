"""How a message gets into a queue, and which ones did not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from shared.aws.http import NoAnswer, NotSent
from shared.aws.json_api import CallRefused, JsonApi
from shared.aws.reach import Reach
from shared.errors import Misconfigured, OutcomeUnknown, Unavailable
from shared.failures import classify

MOST_AT_ONCE: Final = 10


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a batch, by the ids that the caller gave."""

    message_ids: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)


class SqsQueue:
    """One queue to send to. A message whose fate is unknown may be sent again: readers are idempotent."""

    def __init__(self, url: str, reach: Reach) -> None:
        self._url = url
        self._api = JsonApi("sqs", reach, target="AmazonSQS", version="1.0")

    def send(self, body: str, attributes: Mapping[str, str] | None = None, *, delay: int = 0) -> str:
        """Send one message, to be seen after so many seconds, and return its id."""
        message = _message(body, attributes) | ({"DelaySeconds": delay} if delay else {})
        return str(self._call("SendMessage", message)["MessageId"])

    def send_batch(self, bodies: Mapping[str, str], attributes: Mapping[str, str] | None = None) -> Sent:
        """Send up to ten messages, each under an id of the caller's own, and say which were refused."""
        if not bodies:
            return Sent()
        if len(bodies) > MOST_AT_ONCE:
            raise ValueError(f"a batch holds at most {MOST_AT_ONCE} messages, not {len(bodies)}")
        entries = [{"Id": key, **_message(body, attributes)} for key, body in bodies.items()]
        told = self._call("SendMessageBatch", {"Entries": entries})
        return Sent(
            {entry["Id"]: entry["MessageId"] for entry in told.get("Successful", [])},
            {entry["Id"]: str(entry.get("Code", "Unknown")) for entry in told.get("Failed", [])},
        )

    def _call(self, action: str, asked: Mapping[str, object]) -> dict[str, Any]:
        try:
            # A repeat would send twice without anybody deciding it: that is for the caller.
            return self._api.call(action, {"QueueUrl": self._url, **asked}, repeatable=False)
        except NotSent as error:
            raise Unavailable("The queue cannot be reached right now.") from error
        except NoAnswer as error:
            raise OutcomeUnknown("The queue did not answer: the message may have been sent.") from error
        except CallRefused as error:
            self._refuse(error)

    def _refuse(self, error: CallRefused) -> NoReturn:
        match classify("sqs", error.status, error.code):
            case "transient":
                raise Unavailable("The queue cannot take messages right now.", reason=error.code) from error
            case "ambiguous":
                raise OutcomeUnknown("The queue failed: it may have been sent.", reason=error.code) from error
        raise Misconfigured(
            f"The queue refuses our messages ({error.code}): the deployment must be repaired.",
            queue=self._url,
            reason=str(error),
            check="the queue must exist, and the function's role must allow sqs:SendMessage on it",
        ) from error


def _message(body: str, attributes: Mapping[str, str] | None) -> dict[str, object]:
    typed = {name: {"DataType": "String", "StringValue": value} for name, value in (attributes or {}).items()}
    return {"MessageBody": body, **({"MessageAttributes": typed} if typed else {})}
