"""The Upload API on a new file: under which name and with which facts it is stored."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from local.stand_in.assets import Asset, Key
from local.stand_in.cloud import Cloud
from local.stand_in.describe import Facts, describe_upload
from local.stand_in.faults import Fault
from local.stand_in.labels import parse_context, parse_tags
from local.stand_in.public_ids import check_public_id, random_public_id
from local.stand_in_parts.forms import Form
from local.stand_in_parts.images import Picture, look_at
from local.stand_in_parts.replies import BAD_REQUEST, Refused
from local.stand_in_parts.sources import Source, open_source

# What lies under the name when the fault `other_asset` strikes: a GIF of one pixel.
FOREIGN_BYTES = base64.b64decode("R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the Upload API whose signature is good."""

    cloud: Cloud
    resource_type: str
    form: Form
    algorithm: str
    fault: Fault | None = None

    @property
    def type(self) -> str:
        return self.form.text("type", "upload")

    def key(self, public_id: str) -> Key:
        return (self.resource_type, self.type, public_id)

    def describe(self, asset: Asset) -> Facts:
        return describe_upload(self.cloud, asset, self.algorithm)


def upload(call: Call) -> Facts:
    """Store the file under its name; with overwrite=false what is already there stays and is shown."""
    source = open_source(call.form.file)
    picture = _picture(call, source)
    content = source.content
    if call.fault is Fault.TRUNCATE:
        content = content[: len(content) // 2]
    if call.fault is Fault.OTHER_ASSET:
        content, picture = FOREIGN_BYTES, look_at(FOREIGN_BYTES)
    fresh = _asset(call, source, picture, content)
    with call.cloud.assets.lock:
        before = call.cloud.assets.find(fresh.key)
        if before and not call.form.flag("overwrite", default=True):
            return {**call.describe(before), "existing": True}
        return call.describe(call.cloud.assets.put(_succeed(fresh, before), content))


def _picture(call: Call, source: Source) -> Picture | None:
    picture = None if call.resource_type == "raw" else look_at(source.content)
    if picture is None and call.resource_type == "image":
        raise Refused(BAD_REQUEST, "Invalid image file")
    allowed = [each.strip() for each in call.form.text("allowed_formats").split(",") if each.strip()]
    kind = picture.format if picture else source.suffix.lstrip(".")
    if allowed and kind not in allowed:
        raise Refused(BAD_REQUEST, f"Image file format {kind} not allowed")
    return picture


def _asset(call: Call, source: Source, picture: Picture | None, content: bytes) -> Asset:
    form = call.form
    public_id = check_public_id(_name(form, source, picture))
    now = call.cloud.clock()
    return Asset(
        resource_type="image" if picture else "raw",
        type=call.type,
        public_id=public_id,
        asset_id=secrets.token_hex(16),
        version=int(now),
        version_id=secrets.token_hex(16),
        created_at=datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        bytes=len(content),
        etag=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(content).hexdigest(),
        format=picture.format if picture else None,
        width=picture.width if picture else None,
        height=picture.height if picture else None,
        tags=parse_tags(form.text("tags")),
        context=parse_context(form.text("context")),
        original_filename=source.stem,
        asset_folder=form.text("asset_folder") or form.text("folder"),
        display_name=form.text("display_name") or public_id.rsplit("/", 1)[-1],
    )


def _name(form: Form, source: Source, picture: Picture | None) -> str:
    name = form.text("public_id") or _invented_name(form, source)
    if not picture and not form.text("public_id"):
        name += source.suffix
    prefixes = (form.text("folder"), form.text("public_id_prefix"))
    return "/".join(filter(None, (*prefixes, name)))


def _invented_name(form: Form, source: Source) -> str:
    if not form.flag("use_filename", default=False):
        return random_public_id()
    ending = f"_{random_public_id(6)}" if form.flag("unique_filename", default=True) else ""
    return source.stem + ending


def _succeed(fresh: Asset, before: Asset | None) -> Asset:
    """An overwrite keeps the identity of what was there, and always gets a newer version."""
    if before is None:
        return fresh
    version = max(fresh.version, before.version + 1)
    return replace(fresh, asset_id=before.asset_id, created_at=before.created_at, version=version)
