"""How news gets onto an event bus, and which of it did not."""

import json
from collections.abc import Sequence
from typing import Any, Final

from shared.aws.http import NoAnswer, NotSent
from shared.aws.json_api import CallRefused, JsonApi
from shared.aws.reach import Reach
from shared.errors import AppError, Misconfigured, OutcomeUnknown, Unavailable
from shared.failures import classify
from shared.photos import News

SOURCE: Final = "keepsake"
MOST_AT_ONCE: Final = 10


class EventBus:
    """One EventBridge bus. An event whose fate is unknown may be put there again: its `event_id` stays the same."""

    def __init__(self, name: str, reach: Reach) -> None:
        self._name = name
        self._api = JsonApi("events", reach, target="AWSEvents", version="1.1")

    def tell(self, news: Sequence[News]) -> dict[int, str]:
        """Put up to ten events there; answer with what was refused, and why, by its id."""
        if len(news) > MOST_AT_ONCE:
            raise ValueError(f"a call holds at most {MOST_AT_ONCE} events, not {len(news)}")
        answers = self._put([self._entry(item) for item in news]).get("Entries", []) if news else []
        if len(answers) != len(news):
            raise OutcomeUnknown("The event bus did not answer for every event: each may be there.")
        # The answers have no names: they come in the order of the events.
        return {
            item.id: str(told.get("ErrorCode") or "Unknown")
            for item, told in zip(news, answers, strict=True)
            if not told.get("EventId")
        }

    def _entry(self, item: News) -> dict[str, str]:
        return {
            "Source": SOURCE,
            "DetailType": item.topic,
            "Detail": json.dumps(story_of(item)),
            "EventBusName": self._name,
        }

    def _put(self, entries: list[dict[str, str]]) -> dict[str, Any]:
        try:
            return self._api.call("PutEvents", {"Entries": entries}, repeatable=False)
        except NotSent as error:
            raise Unavailable("The event bus cannot be reached right now.") from error
        except NoAnswer as error:
            raise OutcomeUnknown("The event bus did not answer: the events may be there.") from error
        except CallRefused as error:
            raise self._refusal(error) from error

    def _refusal(self, error: CallRefused) -> AppError:
        match classify("events", error.status, error.code):
            case "transient":
                return Unavailable("The event bus cannot take events right now.", reason=error.code)
            case "ambiguous":
                return OutcomeUnknown("The event bus failed: the events may be there.", reason=error.code)
        return Misconfigured(
            f"The event bus refuses our events ({error.code}): the deployment must be repaired.",
            bus=self._name,
            reason=str(error),
            check="the bus must exist, and the function's role must allow events:PutEvents on it",
        )


def story_of(item: News) -> dict[str, object]:
    """What happened, to whom, under an id that stays the same however often it is told."""
    return {"event_id": str(item.event_id), "topic": item.topic, "org_id": str(item.org_id), **item.payload}
