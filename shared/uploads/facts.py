"""What every reply about an upload says, first and repeated; nothing in it may grow old."""

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


def target_key(target: Target, sha256: str | None) -> str:
    """What must stand in one line: the same stop, or the same bytes for the same project."""
    if target.team_id:
        return f"stop:{target.team_id}:{target.location_id}"
    return f"bytes:{target.project_id or target.venue_id}:{sha256}"
