"""How a photo looks to its client: one shape for every reply, with links that are fresh."""

from collections.abc import Mapping

from shared.deps import Deps
from shared.photos import PhotoRecord, Reply, StoreName, Upload

LINK_SECONDS = 900


def photo_view(upload: Upload, deps: Deps, base_url: str) -> dict[str, object]:
    """An upload and its photo, in the order people read."""
    photo, target = upload.photo, upload.target
    view: dict[str, object] = {
        "id": photo.id if photo else upload.id,
        "photo_id": photo.id if photo else upload.id,
        "upload_id": upload.id,
        "project_id": target.project_id,
        "team_id": target.team_id,
        "location_id": target.location_id,
        "venue_id": target.venue_id,
        "status": upload.status,
        "file_name": photo.file_name if photo else upload.declared.file_name,
        "file_size": photo.size if photo else upload.declared.size,
        "mime_type": photo.mime if photo else upload.declared.mime,
        "created_at": upload.created_at,
        "status_url": status_url(base_url, str(photo.id if photo else upload.id)),
    }
    if photo:
        view |= _of_photo(photo, deps)
    elif upload.failure_class:
        view |= {"error": _failure(upload)}
    return {name: value for name, value in view.items() if value is not None or name == "project_id"}


def _of_photo(photo: PhotoRecord, deps: Deps) -> dict[str, object]:
    return {
        **_links(photo.store, photo.object_name, photo.version, deps),
        "sha256": photo.sha256,
        "width": photo.width,
        "height": photo.height,
        "exif_data": photo.exif,
        "exif_warnings": photo.exif_warnings or None,
        "uploaded_at": photo.uploaded_at,
        "processing_at": photo.processing_at,
        "completed_at": photo.completed_at,
        "failed_at": photo.failed_at,
    }


def _failure(upload: Upload) -> dict[str, object]:
    return {
        "class": upload.failure_class,
        "type": upload.failure_type,
        "detail": upload.failure_detail,
        "tries": upload.tries,
        "next_retry_at": upload.next_retry_at,
    }


def reply_view(reply: Reply, deps: Deps, base_url: str) -> dict[str, object]:
    """A stored reply, with the links that would have grown old in the ledger."""
    facts: Mapping[str, object] = reply.body
    shown = {k: v for k, v in facts.items() if k not in {"object_name", "version", "store"} and v is not None}
    photo_id = str(facts["photo_id"])
    return {
        "photo_id": photo_id,
        **_links_of(facts, deps),
        "status_url": status_url(base_url, photo_id),
        **{k: shown[k] for k in sorted(shown) if k != "photo_id"},
    }


def _links_of(facts: Mapping[str, object], deps: Deps) -> dict[str, object]:
    version = facts.get("version")
    return _links(StoreName(str(facts["store"])), str(facts["object_name"]), str(version) if version else None, deps)


def _links(store: StoreName | None, name: str | None, version: str | None, deps: Deps) -> dict[str, object]:
    if name is None or store is not StoreName.S3:
        return {}
    return {
        "url": deps.direct_store.signed_get(name, LINK_SECONDS, version=version),
        "s3_url": deps.direct_store.canonical(name),
    }


def status_url(base_url: str, photo_id: str) -> str:
    return f"{base_url}/api/v1/photos/{photo_id}"
