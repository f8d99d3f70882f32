"""The Admin API: what it answers to whom, and within which budget."""

import base64
import binascii
import hmac
from collections.abc import Callable
from datetime import UTC, datetime

from local.stand_in.assets import Asset
from local.stand_in.cloud import Cloud
from local.stand_in.describe import Facts, describe_listed, describe_resource
from local.stand_in.listing import turn_page
from local.stand_in_parts.forms import Form
from local.stand_in_parts.replies import (
    BAD_REQUEST,
    NOT_PLAYED,
    UNAUTHORIZED,
    Refused,
    Reply,
    json_reply,
    missing,
    not_found,
)
from local.stand_in_parts.request import Request

MOST_IDS_AT_ONCE = 100
MOST_DELETED_AT_ONCE = 1000
RESOURCE_TYPES = frozenset({"image", "raw", "video"})


def answer_admin(cloud: Cloud, request: Request) -> Reply:
    """Check the caller, take one call out of the hour's budget, then look at what is wanted."""
    check_basic_auth(cloud, request.headers.get("authorization", ""), request.parts[1])
    return _guarded(cloud, request).with_headers(cloud.rate_limit.headers())


def check_basic_auth(cloud: Cloud, header: str, cloud_name: str) -> None:
    try:
        key, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    except (binascii.Error, ValueError):
        key, secret = "", ""
    if not hmac.compare_digest(key.encode(), cloud.api_key.encode()):
        raise Refused(UNAUTHORIZED, "unknown api_key")
    if not hmac.compare_digest(secret.encode(), cloud.api_secret.encode()):
        raise Refused(UNAUTHORIZED, "api_secret mismatch")
    if cloud_name != cloud.name:
        raise Refused(UNAUTHORIZED, "cloud_name mismatch")


def _guarded(cloud: Cloud, request: Request) -> Reply:
    """Even a refusal tells what is left of the budget."""
    try:
        cloud.rate_limit.spend()
        return json_reply(_dispatch(cloud, request))
    except Refused as error:
        return cloud.refuse(error)


def _dispatch(cloud: Cloud, request: Request) -> Facts:
    match request.method, request.parts[2:]:
        case "GET", ["ping"]:
            return {"status": "ok"}
        case "GET", ["usage", *_]:
            return _usage(cloud)
        case method, ["resources", kind, *rest] if kind in RESOURCE_TYPES:
            if method == "GET":
                return _read(cloud, request.form, kind, rest)
            if method == "DELETE":
                return _delete(cloud, request.form, kind, rest)
    path = "/".join(request.parts[2:])
    raise Refused(NOT_PLAYED, f"The Cloudinary stand-in does not play {request.method} {path}")


def _read(cloud: Cloud, form: Form, kind: str, rest: list[str]) -> Facts:
    match rest:
        case ["tags", tag]:
            return _list(cloud, form, _of(cloud, kind, lambda asset: tag in asset.tags))
        case ["context"]:
            return _list(cloud, form, _of(cloud, kind, lambda asset: _has_context(asset, form)))
        case [] | [_]:
            return _list(cloud, form, _of(cloud, kind, lambda asset: _is_wanted(asset, form, rest)))
        case [type_, *name]:
            public_id = "/".join(name)
            asset = cloud.assets.find((kind, type_, public_id))
            if asset is None:
                raise not_found(public_id)
            return describe_resource(cloud, asset)
    raise not_found("/".join(rest))


def _of(cloud: Cloud, kind: str, wanted: Callable[[Asset], bool]) -> list[Asset]:
    return [asset for asset in cloud.assets.all() if asset.resource_type == kind and wanted(asset)]


def _is_wanted(asset: Asset, form: Form, types: list[str]) -> bool:
    names = form.values("public_ids")
    return (
        (not types or asset.type == types[0])
        and asset.public_id.startswith(form.text("prefix"))
        and (not names or asset.public_id in names)
    )


def _has_context(asset: Asset, form: Form) -> bool:
    key, value = form.text("key"), form.text("value")
    if not key:
        raise missing("key")
    return key in asset.context and value in ("", asset.context[key])


def _list(cloud: Cloud, form: Form, assets: list[Asset]) -> Facts:
    page = turn_page(assets, form)
    tags, context = form.flag("tags", default=False), form.flag("context", default=False)
    lines = [describe_listed(cloud, asset, tags=tags, context=context) for asset in page.assets]
    return {"resources": lines, **({"next_cursor": page.next_cursor} if page.next_cursor else {})}


def _delete(cloud: Cloud, form: Form, kind: str, rest: list[str]) -> Facts:
    match rest:
        case ["tags", tag]:
            return _remove(cloud, _of(cloud, kind, lambda asset: tag in asset.tags))
        case [type_] if form.values("public_ids"):
            return _remove_named(cloud, kind, type_, form.values("public_ids"))
        case [type_] if form.text("prefix") or form.flag("all", default=False):
            return _remove(cloud, _of(cloud, kind, lambda asset: _is_wanted(asset, form, [type_])))
    raise missing("public_ids")


def _remove_named(cloud: Cloud, kind: str, type_: str, public_ids: list[str]) -> Facts:
    if len(public_ids) > MOST_IDS_AT_ONCE:
        raise Refused(BAD_REQUEST, f"Too many public_ids: {len(public_ids)}, at most {MOST_IDS_AT_ONCE}")
    return _deleted({each: cloud.assets.remove((kind, type_, each)) for each in public_ids}, partial=False)


def _remove(cloud: Cloud, assets: list[Asset]) -> Facts:
    doomed = assets[:MOST_DELETED_AT_ONCE]
    partial = len(assets) > len(doomed)
    return _deleted({asset.public_id: cloud.assets.remove(asset.key) for asset in doomed}, partial=partial)


def _deleted(outcome: dict[str, bool], *, partial: bool) -> Facts:
    return {
        "deleted": {name: "deleted" if done else "not_found" for name, done in outcome.items()},
        "deleted_counts": {name: {"original": int(done), "derived": 0} for name, done in outcome.items()},
        "partial": partial,
    }


def _usage(cloud: Cloud) -> Facts:
    assets, budget = cloud.assets.all(), cloud.rate_limit.facts()
    return {
        "plan": "Free",
        "last_updated": datetime.fromtimestamp(cloud.clock(), UTC).strftime("%Y-%m-%d"),
        "objects": {"usage": len(assets)},
        "storage": {"usage": sum(asset.bytes for asset in assets)},
        "resources": len(assets),
        "derived_resources": 0,
        "requests": sum(cloud.calls.listed().values()),
        "rate_limit_allowed": budget["limit"],
        "rate_limit_remaining": budget["remaining"],
    }
