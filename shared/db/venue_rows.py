"""How images of a venue are read from the rows of our questions."""

from uuid import UUID

from psycopg.rows import DictRow

from shared.db.claim_items import source_of
from shared.db.ledger import attempt_of
from shared.db.venue_facts import Again, ImageState, Known, LivePhoto
from shared.photos import (
    Caller,
    Declared,
    Door,
    ImageStatus,
    Intention,
    StoreName,
    Target,
    UploadState,
)


def known_of(row: DictRow) -> Known:
    return Known(
        upload_id=row["upload_id"],
        actor_id=row["actor_id"],
        idem_key=row["idem_key"],
        state=UploadState(row["state"]),
        parked=row["parked"],
        failure_class=row["failure_class"],
        failure_type=row["failure_type"],
        failure_detail=row["failure_detail"],
        tries=row["tries"],
        most_tries=row["most_tries"],
        photo=_live(row) if row["photo_id"] else None,
    )


def _live(row: DictRow) -> LivePhoto:
    return LivePhoto(
        id=row["photo_id"],
        quality_score=row["quality_score"],
        fetched_at=row["fetched_at"],
        store=StoreName(row["store"]),
        object_name=row["object_name"],
        version=row["version"],
        ref=row["provider_ref"] or {},
    )


def again_of(row: DictRow, lease_token: UUID) -> Again:
    """Its size and its kind are known once it is fetched."""
    intention = Intention(
        door=Door.IMPORT,
        idem_key=row["idem_key"],
        target=Target(venue_id=row["venue_id"]),
        declared=Declared(row["file_name"], None, ""),
        details=row["details"],
        source=source_of(row),
    )
    return Again(
        caller=Caller(row["actor_id"], row["org_id"]),
        intention=intention,
        attempt=attempt_of(row),
        lease_token=lease_token,
        tries=row["tries"],
        most_tries=row["most_tries"],
    )


def state_of(row: DictRow) -> ImageState:
    return ImageState(
        upload_id=row["upload_id"],
        created_at=row["created_at"],
        status=ImageStatus(row["upload_status"]),
        source=source_of(row),
        file_name=row["file_name"],
        photo_id=row["photo_id"],
        store=row["store"],
        object_name=row["object_name"],
        version=row["version"],
        url=row["url"],
        asset_id=row["asset_id"],
        error=row["error_details"],
    )
