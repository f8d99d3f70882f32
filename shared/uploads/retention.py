"""What nobody needs any more goes, a batch at a time: who asks too late asks anew."""

from dataclasses import replace
from typing import Final

from shared.deps import Deps
from shared.errors import UploadExpired
from shared.photos import Reply
from shared.uploads.audit_place import Place

BATCH: Final = 500
# In this order: what one rule ends or condemns, a later one forgets, in its time.
RULES: Final = (
    "abandoned_uploads",
    "parked_bytes",
    "finished_uploads",
    "deleted_photos",
    "retry_logs",
    "progress_events",
    "outbox",
    "deliveries",
    "rate_buckets",
    "allowances",
    "audit_findings",
    "audits",
    "incidents",
)
ABANDONED: Final = Reply(
    UploadExpired.status,
    {
        "code": UploadExpired.code,
        "message": "The upload was never finished. To store the photo, upload it with a new Idempotency-Key.",
    },
)


def retain(place: Place, deps: Deps) -> Place:
    """One batch of one rule, and where to go on."""
    rule = RULES[place.rule]
    gone, onward = deps.retention.sweep(rule, BATCH, place.rule_after, ABANDONED)
    swept = {**place.swept, rule: place.swept.get(rule, 0) + gone}
    if onward is not None:
        return replace(place, swept=swept, rule_after=onward)
    return replace(place, swept=swept, rule=place.rule + 1, rule_after="")
