"""/api/v1/webhooks: where an organisation is told of its photos, what arrived there, and once more what did not."""

from typing import TYPE_CHECKING

from functions.webhooks.schemas import DeliveriesQuery, WebhookRequest
from shared.deps import Deps
from shared.edge.endpoint import Endpoint
from shared.edge.parse import parse
from shared.edge.request import Request
from shared.edge.response import Response
from shared.hooks import manage
from shared.uploads.cursor import decode, encode

if TYPE_CHECKING:
    from shared.db.hook_facts import Delivery, Webhook


def make_webhook(request: Request, deps: Deps) -> Response:
    """The only time that its secret is told."""
    caller, asked = request.caller, parse(WebhookRequest, request.json())
    hook, replayed = manage.make(caller, asked.url, asked.topics, request.idempotency_key, deps)
    headers = {"Idempotency-Replayed": "true"} if replayed else {}
    return Response(201, _hook(hook) | {"secret": hook.secret}, headers)


def list_webhooks(request: Request, deps: Deps) -> Response:
    """Those that have ended too, and why."""
    return Response(200, {"webhooks": [_hook(hook) for hook in manage.every(request.caller, deps)]})


def end_webhook(request: Request, deps: Deps) -> Response:
    """What was due to it is not delivered any more."""
    return Response(200, _hook(manage.end(request.caller, request.path_id(), deps)))


def list_deliveries(request: Request, deps: Deps) -> Response:
    """One page; one more row than asked for tells whether there is another."""
    caller, webhook_id = request.caller, request.path_id()
    query = parse(DeliveriesQuery, dict(request.query))
    this = (str(caller.org_id), str(webhook_id), str(query.state))
    after = None if query.cursor is None else decode(query.cursor, this)
    found = manage.deliveries(caller, webhook_id, state=query.state, after=after, limit=query.limit + 1, deps=deps)
    page, more = found[: query.limit], len(found) > query.limit
    cursor = encode((page[-1].created_at, page[-1].id), this) if more else None
    return Response(200, {"deliveries": [_delivery(one) for one in page], "next_cursor": cursor})


def resend_delivery(request: Request, deps: Deps) -> Response:
    """It is sent at once, and then as often as a new one."""
    return Response(202, _delivery(manage.resend(request.caller, request.path_id(), deps)))


def test_webhook(request: Request, deps: Deps) -> Response:
    """An event that means nothing."""
    caller, key = request.caller, request.idempotency_key
    return Response(202, _delivery(manage.test(caller, request.path_id(), key, deps)))


def _hook(hook: "Webhook") -> dict[str, object]:
    return {
        "webhook_id": hook.id,
        "url": hook.url,
        "topics": hook.topics or manage.TOPICS,
        "created_at": hook.created_at,
        "ended_at": hook.ended_at,
        "ended_why": hook.ended_why,
    }


def _delivery(delivery: "Delivery") -> dict[str, object]:
    return {
        "delivery_id": delivery.id,
        "webhook_id": delivery.webhook_id,
        "event_id": delivery.event_id,
        "topic": delivery.topic,
        "data": delivery.payload,
        "state": delivery.state,
        "tries": delivery.tries,
        "next_try_at": delivery.due_at,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
        "created_at": delivery.created_at,
        "ended_at": delivery.ended_at,
    }


lambda_handler = Endpoint(
    {
        "POST /api/v1/webhooks": make_webhook,
        "GET /api/v1/webhooks": list_webhooks,
        "DELETE /api/v1/webhooks/{id}": end_webhook,
        "GET /api/v1/webhooks/{id}/deliveries": list_deliveries,
        "POST /api/v1/webhooks/{id}/test": test_webhook,
        "POST /api/v1/deliveries/{id}/resend": resend_delivery,
    },
    needs=("webhooks", "deliveries", "courier_bell", "vet"),
)
