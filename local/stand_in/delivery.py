"""Delivery: which bytes lie behind a delivery URL."""

import re
from collections.abc import Iterator
from mimetypes import guess_type

from local.stand_in.assets import Asset
from local.stand_in.cloud import Cloud
from local.stand_in_parts.replies import Reply, not_found
from local.stand_in_parts.request import Request

# What may stand before the name: a version, or a transformation, which is accepted and not carried out.
VERSION = re.compile(r"v\d+", re.ASCII)
TRANSFORMATION = re.compile(r"[a-z]{1,4}_[^/]*")
YEAR = 31_536_000


def deliver(cloud: Cloud, request: Request) -> Reply:
    _, resource_type, type_, *rest = request.parts
    for public_id in _possible_names(rest):
        key = (resource_type, type_, public_id)
        asset, content = cloud.assets.find(key), cloud.assets.content(key)
        if asset and content is not None:
            return Reply(200, content, _content_type(asset), _headers(asset))
    raise not_found("/".join(rest))


def _possible_names(rest: list[str]) -> Iterator[str]:
    """Read the path from its longest possible name to its shortest, each without and with its ending."""
    for start in range(len(rest)):
        name = "/".join(rest[start:])
        without_ending = re.sub(r"\.\w+\Z", "", name)
        yield from dict.fromkeys((without_ending, name))
        if not (VERSION.fullmatch(rest[start]) or TRANSFORMATION.fullmatch(rest[start])):
            return


def _content_type(asset: Asset) -> str:
    name = f"x.{asset.format}" if asset.format else asset.public_id
    known = {"heic": "image/heic", "webp": "image/webp", "avif": "image/avif"}
    return known.get(asset.format or "") or guess_type(name)[0] or "application/octet-stream"


def _headers(asset: Asset) -> dict[str, str]:
    return {
        "ETag": f'"{asset.etag}"',
        "Cache-Control": f"public, no-transform, immutable, max-age={YEAR}",
        "Access-Control-Allow-Origin": "*",
    }
