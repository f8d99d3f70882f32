"""What surrounds every queue handler: each message on its own, and only the failed ones come back."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.deps import Deps
from shared.errors import AppError
from shared.log import log

MessageHandler = Callable[[Mapping[str, Any], Deps], None]


def consume(event: Mapping[str, Any], handle: MessageHandler, deps: Deps) -> dict[str, object]:
    """Handle every record; name those that must be delivered again (and end in the dead-letter queue)."""
    failed = [r["messageId"] for r in event["Records"] if not _handled(r, handle, deps)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def is_queue_event(event: Mapping[str, Any]) -> bool:
    records = event.get("Records")
    return isinstance(records, list) and all(r.get("eventSource") == "aws:sqs" for r in records)


def _handled(record: Mapping[str, Any], handle: MessageHandler, deps: Deps) -> bool:
    log.bind(request_id=record["messageId"])
    try:
        handle(record, deps)
    except AppError as error:
        log.warning("message.failed", code=error.code, detail=error.message)
        return False
    except Exception as error:  # noqa: BLE001 - one poisonous message must not take the batch with it
        log.bug("message.bug", error)
        return False
    else:
        return True
    finally:
        log.clear()
