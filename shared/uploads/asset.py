"""What is handed to a store: the bytes, or where to fetch them, and the labels that say what they are of."""

from uuid import UUID

from shared.photos import Asset, Caller, Intention

# What a client may say of a hunt photo, and a store may keep as context.
LABELS = ("hunt_name", "organization_name", "location_title", "session_id", "team_name", "completed_at")


def asset_of(
    intention: Intention,
    caller: Caller,
    upload_id: UUID,
    *,
    body: bytes | memoryview | None = None,
    source_url: str | None = None,
    md5: str | None = None,
) -> Asset:
    """The same asset for the same upload, whichever way its bytes go."""
    declared = intention.declared
    return Asset(
        body=body,
        source_url=source_url,
        mime=declared.mime,
        size=declared.size or 0,
        sha256=declared.sha256 or "",
        md5=md5 or str(intention.details.get("md5", "")),
        labels=_labels(intention, caller, upload_id),
    )


def _labels(intention: Intention, caller: Caller, upload_id: UUID) -> dict[str, str]:
    said = {name: str(intention.details[name]) for name in LABELS if intention.details.get(name)}
    ids = {"team_id": intention.target.team_id, "location_id": intention.target.location_id}
    return {
        "idempotency_key": intention.idem_key,
        "upload_id": str(upload_id),
        "org_id": str(caller.org_id),
        **{name: str(value) for name, value in ids.items() if value},
        **said,
    }
