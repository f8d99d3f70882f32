"""The Upload API on an asset that is already there: destroy, explicit, rename, tags, context."""

from collections.abc import Callable

from local.stand_in.assets import Asset
from local.stand_in.describe import Facts
from local.stand_in.labels import check_tags, parse_context, parse_tags
from local.stand_in.public_ids import check_public_id
from local.stand_in.upload_api import Call
from local.stand_in_parts.replies import BAD_REQUEST, Refused, missing, not_found

Tags = tuple[str, ...]


def destroy(call: Call) -> Facts:
    """Deleting twice is no error: the second answer says that nothing was there."""
    removed = call.cloud.assets.remove(call.key(_required(call, "public_id")))
    return {"result": "ok" if removed else "not found"}


def explicit(call: Call) -> Facts:
    public_id = _required(call, "public_id")
    facts: Facts = {}
    if "tags" in call.form.fields:
        facts["tags"] = parse_tags(call.form.text("tags"))
    if "context" in call.form.fields:
        facts["context"] = parse_context(call.form.text("context"))
    changed = call.cloud.assets.change(call.key(public_id), **facts)
    if changed is None:
        raise not_found(public_id)
    return call.describe(changed)


def rename(call: Call) -> Facts:
    old, new = _required(call, "from_public_id"), check_public_id(_required(call, "to_public_id"))
    to_type = call.form.text("to_type", call.type)
    assets = call.cloud.assets
    with assets.lock:
        taken = assets.find((call.resource_type, to_type, new))
        if taken and not call.form.flag("overwrite", default=False):
            raise Refused(BAD_REQUEST, f"to_public_id ({new}) already exists")
        changed = assets.change(call.key(old), public_id=new, type=to_type)
    if changed is None:
        raise not_found(old)
    return call.describe(changed)


def tags(call: Call) -> Facts:
    given = parse_tags(call.form.text("tag"))
    command = call.form.text("command")
    edits: dict[str, Callable[[Tags], Tags]] = {
        "add": lambda old: tuple(dict.fromkeys(old + given)),
        "remove": lambda old: tuple(tag for tag in old if tag not in given),
        "replace": lambda _: given,
        "remove_all": lambda _: (),
    }
    if command == "set_exclusive":
        return _set_exclusive(call, given)
    if command not in edits:
        raise Refused(BAD_REQUEST, f"Invalid command - {command}")
    return _edit_each(call, lambda asset: {"tags": edits[command](asset.tags)})


def context(call: Call) -> Facts:
    command = call.form.text("command")
    if command not in {"add", "remove_all"}:
        raise Refused(BAD_REQUEST, f"Invalid command - {command}")
    if command == "remove_all":
        return _edit_each(call, lambda _: {"context": {}})
    given = parse_context(_required(call, "context"))
    return _edit_each(call, lambda asset: {"context": {**asset.context, **given}})


def _set_exclusive(call: Call, given: Tags) -> Facts:
    """Take the tags from every other asset, then give them to the named ones."""
    assets = call.cloud.assets
    with assets.lock:
        for asset in assets.all():
            if asset.resource_type == call.resource_type and set(asset.tags) & set(given):
                assets.change(asset.key, tags=tuple(tag for tag in asset.tags if tag not in given))
        return _edit_each(call, lambda asset: {"tags": asset.tags + given})


def _edit_each(call: Call, edit: Callable[[Asset], Facts]) -> Facts:
    """Change each named asset that exists; the answer names those and leaves out the others."""
    wanted = call.form.values("public_ids")
    if not wanted:
        raise missing("public_ids")
    assets = call.cloud.assets
    edited = []
    with assets.lock:
        for public_id in wanted:
            asset = assets.find(call.key(public_id))
            if asset is None:
                continue
            facts = edit(asset)
            check_tags(facts.get("tags", ()))  # type: ignore[arg-type]
            assets.change(asset.key, **facts)
            edited.append(public_id)
    return {"public_ids": edited}


def _required(call: Call, name: str) -> str:
    value = call.form.text(name)
    if not value:
        raise missing(name)
    return value
