"""What the admins of an organisation do with its webhooks: make, list and end them, and send again."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4, uuid5

from shared.db.hook_facts import MOST_WEBHOOKS, HookVerdict
from shared.errors import AppError, BadRequest, Conflict, Forbidden, IdempotencyKeyReused, NotFound
from shared.hooks.sign import new_secret
from shared.hooks.wake import wake_courier
from shared.log import log

if TYPE_CHECKING:
    from collections.abc import Collection

    from shared.db.hook_facts import Delivery, Webhook
    from shared.deps import Deps
    from shared.photos import Caller

TOPICS: Final = ("photo.committed", "photo.completed", "photo.deleted", "photo.failed")
STATES: Final = ("due", "delivered", "dead")
LONGEST_URL: Final = 2048


def make(
    caller: "Caller", url: str, topics: "Collection[str]", key: str | None, deps: "Deps"
) -> tuple["Webhook", bool]:
    """The webhook with its secret, and whether it is the one that was made for this key before."""
    address, hook_id = _vetted(url, deps), _id_of(caller, key, "webhook")
    verdict, hook = deps.webhooks.make(caller, hook_id, address, topics, new_secret())
    if hook is None:
        raise _refusal(verdict)
    log.info("webhook.made", webhook_id=hook.id, actor_id=caller.actor_id)
    return hook, verdict is HookVerdict.REPLAY


def every(caller: "Caller", deps: "Deps") -> "list[Webhook]":
    """The newest first, with those that have ended."""
    verdict, hooks = deps.webhooks.all(caller)
    if verdict is not HookVerdict.GO:
        raise _refusal(verdict)
    return hooks


def end(caller: "Caller", webhook_id: UUID, deps: "Deps") -> "Webhook":
    """It is told nothing from now on."""
    verdict, hook = deps.webhooks.end(caller, webhook_id)
    if hook is None:
        raise _refusal(verdict)
    log.info("webhook.ended", webhook_id=hook.id, actor_id=caller.actor_id)
    return hook


def deliveries(
    caller: "Caller",
    webhook_id: UUID,
    *,
    state: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
    deps: "Deps",
) -> "list[Delivery]":
    """The newest first, of one state or of all."""
    states = STATES if state is None else (state,)
    verdict, found = deps.deliveries.page(caller, webhook_id, states=states, after=after, limit=limit)
    if verdict is not HookVerdict.GO:
        raise _refusal(verdict)
    return found


def resend(caller: "Caller", delivery_id: UUID, deps: "Deps") -> "Delivery":
    """Whatever became of it, it is due at once, under the id it always had."""
    return _sent(*deps.deliveries.resend(caller, delivery_id), caller, deps)


def test(caller: "Caller", webhook_id: UUID, key: str | None, deps: "Deps") -> "Delivery":
    """Let an admin see that the receiver hears us."""
    return _sent(*deps.deliveries.test(caller, webhook_id, _id_of(caller, key, f"test {webhook_id}")), caller, deps)


def _sent(verdict: HookVerdict, delivery: "Delivery | None", caller: "Caller", deps: "Deps") -> "Delivery":
    if delivery is None:
        raise _refusal(verdict)
    log.info("delivery.asked_for", delivery_id=delivery.id, webhook_id=delivery.webhook_id, actor_id=caller.actor_id)
    wake_courier(deps)
    return delivery


def _vetted(url: str, deps: "Deps") -> str:
    place = deps.vet(url)
    if place.scheme != "https" and not place.trusted:
        raise BadRequest("A webhook is told of photos by https alone. Give a URL that begins with https://.")
    if len(place.url) > LONGEST_URL:
        raise BadRequest(f"The URL is too long: with its percent signs it may have {LONGEST_URL} characters.")
    return place.url


def _id_of(caller: "Caller", key: str | None, what: str) -> UUID:
    # Without a key nobody can repeat the request, so a name that nobody knows will do.
    return uuid4() if key is None else uuid5(caller.org_id, json.dumps([what, caller.actor_id, key]))


def _refusal(verdict: HookVerdict) -> AppError:
    match verdict:
        case HookVerdict.STRANGER:
            return Forbidden.to_stranger()
        case HookVerdict.FORBIDDEN:
            return Forbidden("Webhooks are for the admins of the organisation. Ask one of them.")
        case HookVerdict.REUSED:
            return IdempotencyKeyReused(
                "This Idempotency-Key was used for a webhook with another URL or other topics. Use a new key."
            )
        case HookVerdict.FULL:
            return Conflict(f"The organisation has {MOST_WEBHOOKS} webhooks, and may have no more. End one first.")
        case HookVerdict.ENDED:
            return Conflict("This webhook has ended. Make a new one.")
    return NotFound("There is no such webhook or delivery, or it is not yours.")
