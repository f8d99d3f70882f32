"""Where a process may die: the named points of every saga. In the product they do nothing at all."""

from collections.abc import Callable
from enum import StrEnum


class Point(StrEnum):
    """Every place between two effects; `tests/crash` kills the process at each of them."""

    CLAIM_BEFORE = "claim.before"
    CLAIM_AFTER = "claim.after"
    STORE_BEFORE = "store.before"
    STORE_AFTER = "store.after"
    VERIFY_AFTER = "verify.after"
    COMMIT_BEFORE = "commit.before"
    COMMIT_AFTER = "commit.after"
    PUBLISH_AFTER = "publish.after"
    CONDEMN_BEFORE = "condemn.before"
    CONDEMN_AFTER = "condemn.after"
    DELETE_AFTER = "delete.after"
    PARK_ALLOTTED = "park.allotted"
    PARK_STORED = "park.stored"
    PARK_PROMISED = "park.promised"
    RETRY_CLAIMED = "retry.claimed"
    COMPLETE_LOOKED = "complete.looked"
    RECOVER_ABANDONED = "recover.abandoned"
    REAP_TAKEN = "reap.taken"
    REAP_DELETED = "reap.deleted"
    OUTBOX_TAKEN = "outbox.taken"
    OUTBOX_SENT = "outbox.sent"
    PROCESS_CLAIMED = "process.claimed"
    PROCESS_STORED = "process.stored"
    PROCESS_DONE = "process.done"
    EMBED_CLAIMED = "embed.claimed"
    EMBED_DONE = "embed.done"


Hook = Callable[[Point], None]


def _nothing(_: Point) -> None:
    return


_hook: Hook = _nothing


def point(name: Point) -> None:
    """Pass a named point."""
    _hook(name)


def set_hook(hook: Hook | None) -> None:
    """For tests: be told of every point that is passed."""
    global _hook  # noqa: PLW0603 - the one switch, and no product code turns it
    _hook = hook or _nothing
