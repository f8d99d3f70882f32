"""How imports, and the images of a venue, look to their client."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.deps import Deps
from shared.photos import Reply
from shared.uploads.import_outcome import Imported, Outcome, Problem
from shared.uploads.view import reply_view

if TYPE_CHECKING:
    from shared.db.venue_facts import ImageState

LINKS = ("photo_id", "url", "s3_url", "asset_id", "status_url", "duplicate")


def imported_view(imported: Imported, deps: Deps, base_url: str) -> dict[str, object]:
    """An import as a whole, and each of its images."""
    return {
        "venue_id": imported.venue_id,
        "summary": imported.summary,
        "images": [_outcome(outcome, deps, base_url) for outcome in imported.outcomes],
    }


def image_view(image: "ImageState", deps: Deps, base_url: str) -> dict[str, object]:
    """One image of a venue as it stands."""
    source = image.source
    return _present(
        {
            "provider": source.provider if source else None,
            "provider_url": source.url if source else None,
            "quality_score": source.quality_score if source else None,
            "fetched_at": source.fetched_at if source else None,
            "upload_status": image.status,
            "upload_id": image.upload_id,
            "file_name": image.file_name,
            "created_at": image.created_at,
            **(_photo(_facts(image), deps, base_url) if image.photo_id else {}),
            "error_details": image.error,
        }
    )


def _outcome(outcome: Outcome, deps: Deps, base_url: str) -> dict[str, object]:
    return _present(
        {
            "provider": outcome.source.provider,
            "provider_url": outcome.source.url,
            "upload_status": outcome.status,
            "upload_id": outcome.upload_id,
            "skipped": outcome.skipped or None,
            **(_photo(outcome.photo, deps, base_url) if outcome.photo else {}),
            "error_details": _problem(outcome.problem) if outcome.problem else None,
        }
    )


def _photo(facts: Mapping[str, object], deps: Deps, base_url: str) -> dict[str, object]:
    shown = reply_view(Reply(200, facts), deps, base_url)
    return {name: shown[name] for name in LINKS if shown.get(name)}


def _facts(image: "ImageState") -> dict[str, object]:
    return {
        "photo_id": str(image.photo_id),
        "upload_id": str(image.upload_id),
        "status": image.status,
        "store": image.store,
        "object_name": image.object_name,
        "version": image.version,
        "display_url": image.url,
        "asset_id": image.asset_id,
    }


def _problem(problem: Problem) -> dict[str, object]:
    return _present(
        {
            "error_type": problem.error_type,
            "class": problem.failure_class,
            "detail": problem.detail,
            "next_retry_at": problem.next_retry_at,
        }
    )


def _present(facts: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in facts.items() if value is not None}
