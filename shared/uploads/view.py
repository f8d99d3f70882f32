"""How a photo looks to its client: one shape for every reply, with links that are fresh."""

from dataclasses import dataclass

from shared.deps import Deps
from shared.photos import PhotoRecord, Reply, Role, StoreName, Upload
from shared.photos.gps import PLACE, shown

LINK_SECONDS = 900
RENDITIONS = ("display", "thumb")


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
        view |= {**_of_photo(photo, deps), "exif_data": _exif(upload, photo)}
    elif upload.failure_class:
        view |= {"error": _failure(upload)}
    return {name: value for name, value in view.items() if value is not None or name == "project_id"}


def _of_photo(photo: PhotoRecord, deps: Deps) -> dict[str, object]:
    where = Where(
        photo.store, photo.object_name, photo.version, photo.ref.get("secure_url"), photo.ref.get("asset_id")
    )
    return {
        **links(where, deps),
        **{f"{kind}_url": _rendition_url(photo, kind, deps) for kind in RENDITIONS},
        "sha256": photo.sha256,
        "width": photo.width,
        "height": photo.height,
        "placeholder": photo.placeholder,
        "animated": photo.animated or None,
        "searchable": photo.searchable,
        "exif_warnings": photo.exif_warnings or None,
        "uploaded_at": photo.uploaded_at,
        "processing_at": photo.processing_at,
        "completed_at": photo.completed_at,
        "failed_at": photo.failed_at,
    }


def _rendition_url(photo: PhotoRecord, kind: str, deps: Deps) -> str | None:
    """A smaller copy to look at, in our S3 wherever the original is; None until it is made."""
    made = photo.renditions.get(kind)
    return deps.direct_store.signed_get(str(made["name"]), LINK_SECONDS) if made else None


def exif_view(upload: Upload, photo: PhotoRecord) -> dict[str, object]:
    """What the camera wrote, by itself; the warnings name what it wrote that made no sense."""
    return {
        "photo_id": photo.id,
        "exif_data": _exif(upload, photo),
        "exif_warnings": photo.exif_warnings,
        "width": photo.width,
        "height": photo.height,
    }


def _exif(upload: Upload, photo: PhotoRecord) -> dict[str, object]:
    """Where a photo was taken is often where somebody lives: those who may only look are not told."""
    hidden = PLACE if upload.role is Role.VIEWER else None
    seen = shown(photo.exif, upload.gps_policy)
    return {name: value for name, value in seen.items() if name != hidden}


def _failure(upload: Upload) -> dict[str, object]:
    return {
        "class": upload.failure_class,
        "type": upload.failure_type,
        "detail": upload.failure_detail,
        "tries": upload.tries,
        "next_retry_at": upload.next_retry_at,
    }


def reply_view(reply: Reply, deps: Deps, base_url: str) -> dict[str, object]:
    """A stored reply, in one order, with the links that would have grown old in the ledger."""
    facts = dict(reply.body)
    where = Where(*(_text(facts.pop(name, None)) for name in Where.__slots__))
    photo_id = str(facts["photo_id"])
    shown = {
        "photo_id": photo_id,
        "upload_id": facts["upload_id"],
        "status": facts["status"],
        "status_url": status_url(base_url, photo_id),
        **links(where, deps),
    }
    rest = {name: facts[name] for name in sorted(facts) if name not in shown and facts[name] is not None}
    return {name: value for name, value in (shown | rest).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Where:
    """Where a photo's bytes are, as the ledger keeps it."""

    store: str | None
    object_name: str | None
    version: str | None
    display_url: str | None
    asset_id: str | None


def links(where: Where, deps: Deps) -> dict[str, object]:
    """`url` shows the photo now; `s3_url` or `asset_id` names it for ever."""
    if where.object_name is None:
        return {}  # accepted, but not yet where it belongs
    if where.store == StoreName.S3:
        url = deps.direct_store.signed_get(where.object_name, LINK_SECONDS, version=where.version)
        return {"url": url, "s3_url": deps.direct_store.canonical(where.object_name)}
    return {"url": where.display_url, "asset_id": where.asset_id}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def status_url(base_url: str, photo_id: str) -> str:
    return f"{base_url}/api/v1/photos/{photo_id}"
