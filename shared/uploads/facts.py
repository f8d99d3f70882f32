"""What is kept of an upload with its row: what its replies say, and what its parked bytes are."""

from collections.abc import Mapping
from typing import Any

from shared.photos import Declared, ImageFacts, StoredObject, Target


def stored_facts(target: Target, declared: Declared, stored: StoredObject, image: ImageFacts) -> dict[str, object]:
    """The facts that the ledger keeps with the reply; the links are made afresh for whoever asks."""
    ids = {name: str(getattr(target, name)) for name in Target.__slots__ if getattr(target, name)}
    return {
        "status": "uploaded",
        **ids,
        "store": stored.store,
        "object_name": stored.name,
        "version": stored.version,
        "asset_id": stored.ref.get("asset_id"),
        "display_url": stored.ref.get("secure_url"),
        "file_name": declared.file_name,
        "file_size": stored.size,
        "mime_type": image.mime,
        "sha256": stored.sha256 or declared.sha256,
        "width": image.width,
        "height": image.height,
    }


def target_key(target: Target, sha256: str | None, provider_url: str | None = None) -> str:
    """What must stand in one line: the same stop, the same address for a venue, the same bytes for a project."""
    if provider_url:
        return f"url:{target.venue_id}:{provider_url}"
    if target.team_id:
        return f"stop:{target.team_id}:{target.location_id}"
    return f"bytes:{target.project_id or target.venue_id}:{sha256}"


def kept_details(stored: StoredObject, image: ImageFacts) -> dict[str, object]:
    """What must be known again when parked bytes come to their store, without reading them once more."""
    facts = {"mime": image.mime, "width": image.width, "height": image.height}
    return {
        **({"md5": stored.md5} if stored.md5 else {}),
        "image": {**facts, "exif": dict(image.exif), "warnings": list(image.warnings)},
    }


def kept_image(details: Mapping[str, object]) -> ImageFacts:
    """The same facts, read back."""
    kept: Any = details["image"]
    return ImageFacts(kept["mime"], kept["width"], kept["height"], kept["exif"], tuple(kept["warnings"]))
