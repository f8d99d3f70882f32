"""Descriptions: how an asset is shown to those who ask."""

from urllib.parse import quote

from local.stand_in.assets import Asset
from local.stand_in.cloud import Cloud
from local.stand_in.signing import sign_reply

Facts = dict[str, object]


def delivery_url(cloud: Cloud, asset: Asset) -> str:
    ending = f".{asset.format}" if asset.format and asset.resource_type == "image" else ""
    name = quote(asset.public_id + ending, safe="/")
    return f"{cloud.base_url}/{cloud.name}/{asset.resource_type}/{asset.type}/v{asset.version}/{name}"


def describe_upload(cloud: Cloud, asset: Asset, algorithm: str) -> Facts:
    """The reply to an upload: the only one that is signed."""
    return {
        **_identity(cloud, asset),
        "version_id": asset.version_id,
        "signature": sign_reply(cloud, asset.public_id, asset.version, algorithm),
        "etag": asset.etag,
        "placeholder": False,
        "tags": list(asset.tags),
        "original_filename": asset.original_filename,
        **_context(asset),
    }


def describe_resource(cloud: Cloud, asset: Asset) -> Facts:
    """The Admin API's page about one asset."""
    labels = {"tags": list(asset.tags), **_context(asset)}
    return {**_identity(cloud, asset), "etag": asset.etag, **labels, "derived": []}


def describe_listed(cloud: Cloud, asset: Asset, *, tags: bool, context: bool) -> Facts:
    """A line of an Admin API listing: labels only for those who asked."""
    labels = {"tags": list(asset.tags)} if tags else {}
    return {**_identity(cloud, asset), **labels, **(_context(asset) if context else {})}


def describe_stored(asset: Asset) -> Facts:
    """A line of the control API: what a test wants to compare."""
    names = ("public_id", "resource_type", "type", "bytes", "sha256", "etag", "version")
    return {
        **{name: getattr(asset, name) for name in names},
        "tags": list(asset.tags),
        "context": dict(asset.context),
    }


def _identity(cloud: Cloud, asset: Asset) -> Facts:
    picture = {"width": asset.width, "height": asset.height, "format": asset.format}
    url = delivery_url(cloud, asset)
    return {
        "asset_id": asset.asset_id,
        "public_id": asset.public_id,
        "version": asset.version,
        **{name: value for name, value in picture.items() if value is not None},
        "resource_type": asset.resource_type,
        "type": asset.type,
        "created_at": asset.created_at,
        "bytes": asset.bytes,
        "asset_folder": asset.asset_folder,
        "display_name": asset.display_name,
        "url": url,
        "secure_url": url,
    }


def _context(asset: Asset) -> Facts:
    return {"context": {"custom": dict(asset.context)}} if asset.context else {}
