"""How an intention is written for the claim, one row of the JSON that it reads; and its source read back."""

from collections.abc import Callable
from uuid import UUID

from psycopg.rows import DictRow

from shared.photos import Caller, Intention, Source


def item_of(n: int, caller: Caller, intention: Intention, new_id: Callable[[], UUID]) -> dict[str, object]:
    """The intention, with the ids that it gets if it is new."""
    target, declared = intention.target, intention.declared
    return {
        "n": n,
        "id": str(new_id()),
        "attempt_id": str(new_id()),
        "idem_key": intention.idem_key,
        "fingerprint": intention.fingerprint(caller),
        "project_id": _text(target.project_id),
        "team_id": _text(target.team_id),
        "location_id": _text(target.location_id),
        "venue_id": _text(target.venue_id),
        "file_name": declared.file_name,
        "size": declared.size,
        "mime": declared.mime or None,
        "sha256": declared.sha256,
        "details": dict(intention.details),
        **_source(intention.source),
    }


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None


def _source(source: Source | None) -> dict[str, object]:
    if source is None:
        return {}
    return {
        "provider": source.provider,
        "provider_url": source.url,
        "quality_score": source.quality_score,
        "fetched_at": source.fetched_at.isoformat() if source.fetched_at else None,
    }


def source_of(row: DictRow) -> Source | None:
    """The source, read back from a row that any of our questions gave."""
    if row["provider_url"] is None:
        return None
    return Source(row["provider"], row["provider_url"], row["quality_score"], row["fetched_at"])
