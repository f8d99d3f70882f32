"""How a grant looks to its client, and the photo that stands in for one."""

from shared.deps import Deps
from shared.photos import Twin
from shared.uploads.presign import Grant
from shared.uploads.view import Where, links, status_url


def grant_view(granted: Grant, base_url: str) -> dict[str, object]:
    """Where to put the bytes, with which headers, and what to do then."""
    photo_id = granted.attempt.upload_id
    return {
        "photo_id": photo_id,
        "upload_id": photo_id,
        "upload_url": granted.put.url,
        "headers": granted.put.headers,
        "expires_in_seconds": granted.put.expires_in,
        "expires_at": granted.put.expires_at,
        "s3_url": granted.s3_url,
        "status_url": status_url(base_url, str(photo_id)),
        "complete_url": f"{status_url(base_url, str(photo_id))}/complete",
    }


def twin_view(twin: Twin, deps: Deps, base_url: str) -> dict[str, object]:
    """The photo that is there already."""
    where = Where(twin.store, twin.object_name, twin.version, twin.display_url, None)
    return {
        "photo_id": twin.photo_id,
        "duplicate": True,
        "url": links(where, deps)["url"],
        "status_url": status_url(base_url, str(twin.photo_id)),
    }
