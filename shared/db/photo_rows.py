"""How an upload is read from the database together with its photo: which columns, and the record they make."""

from uuid import UUID

from psycopg.rows import DictRow

from shared.photos import (
    Attempt,
    Declared,
    Door,
    PhotoRecord,
    PhotoStatus,
    Reply,
    Role,
    StoreName,
    Target,
    Upload,
    UploadState,
)
from shared.photos.gps import GpsPolicy

# `searchable` is no EXISTS: behind row-level security, that reads all embeddings of the organisation for each page.
_UPLOAD = """
       u.id AS upload_id, u.org_id, u.state, u.door, u.file_name AS declared_name, u.size AS declared_size,
       u.mime AS declared_mime, encode(u.sha256, 'hex') AS declared_sha256, u.created_at,
       u.project_id, u.team_id, u.location_id, u.venue_id, u.store AS target_store,
       u.resp_status, u.resp_body, u.failure_class, u.failure_type, u.failure_detail, u.tries, u.next_retry_at,
       coalesce(u.lease_until < now(), true) AS lease_over, u.parked_key IS NOT NULL AS parked,
       p.id AS photo_id, p.status, p.file_name, p.bytes, encode(p.sha256, 'hex') AS sha256, p.mime,
       p.width, p.height, p.exif, p.exif_warnings, p.uploaded_at, p.processing_at, p.completed_at, p.failed_at,
       p.deleted_at, a.store, a.object_name, a.version, a.provider_ref,
       p.placeholder, p.animated, p.renditions,
       (SELECT true FROM embeddings e WHERE e.photo_id = p.id) IS TRUE AS searchable,
       (SELECT o.gps_policy FROM organizations o WHERE o.id = u.org_id) AS gps_policy
"""
# The tries that are still open; whoever only lists photos has no use for them.
_INTENTS = """
       , (SELECT json_agg(json_build_object('id', i.id, 'number', i.attempt_no, 'store', i.store,
                                            'object_name', i.object_name, 'multipart_id', i.multipart_id)
                          ORDER BY i.attempt_no DESC)
            FROM attempts i WHERE i.upload_id = u.id AND i.state = 'intent') AS intents
"""
# The photo may be another upload's: a duplicate points at the photo that was there before.
_JOINS = """
  LEFT JOIN photos p ON p.id = u.photo_id
  LEFT JOIN attempts a ON a.id = p.attempt_id
"""


def upload_of(row: DictRow) -> Upload:
    """One upload, from a row that any of our questions gave."""
    return Upload(
        id=row["upload_id"],
        org_id=row["org_id"],
        role=Role(row["role"]),
        door=Door(row["door"]),
        state=UploadState(row["state"]),
        target=Target(row["project_id"], row["team_id"], row["location_id"], row["venue_id"]),
        target_store=StoreName(row["target_store"]),
        declared=Declared(
            row["declared_name"], row["declared_size"], row["declared_mime"] or "", row["declared_sha256"]
        ),
        created_at=row["created_at"],
        lease_over=row["lease_over"],
        parked=row["parked"],
        intents=tuple(_attempt(row["upload_id"], item) for item in row.get("intents") or ()),
        reply=Reply(row["resp_status"], row["resp_body"]) if row["resp_body"] is not None else None,
        photo=_photo(row) if row["photo_id"] else None,
        failure_class=row["failure_class"],
        failure_type=row["failure_type"],
        failure_detail=row["failure_detail"],
        tries=row["tries"],
        next_retry_at=row["next_retry_at"],
        gps_policy=GpsPolicy(row["gps_policy"]),
    )


def _attempt(upload_id: UUID, item: dict[str, str]) -> Attempt:
    return Attempt(
        id=UUID(item["id"]),
        upload_id=upload_id,
        number=int(item["number"]),
        store=StoreName(item["store"]),
        object_name=item["object_name"],
        multipart_id=item["multipart_id"],
    )


def _photo(row: DictRow) -> PhotoRecord:
    return PhotoRecord(
        id=row["photo_id"],
        status=PhotoStatus(row["status"]),
        file_name=row["file_name"],
        size=row["bytes"],
        sha256=row["sha256"],
        mime=row["mime"],
        width=row["width"],
        height=row["height"],
        exif=row["exif"],
        exif_warnings=tuple(row["exif_warnings"]),
        uploaded_at=row["uploaded_at"],
        processing_at=row["processing_at"],
        completed_at=row["completed_at"],
        failed_at=row["failed_at"],
        deleted_at=row["deleted_at"],
        store=StoreName(row["store"]) if row["store"] else None,
        object_name=row["object_name"],
        version=row["version"],
        ref=row["provider_ref"] or {},
        placeholder=row["placeholder"],
        animated=row["animated"],
        renditions=row["renditions"],
        searchable=row["searchable"],
    )
