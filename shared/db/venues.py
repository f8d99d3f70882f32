"""What a venue has from which address, and what of it is to be fetched again."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from uuid import UUID

from shared.db.connection import Database, Question
from shared.db.venue_facts import Again, ImageState, Known
from shared.db.venue_questions import AGAIN, KNOWN, PAGE_OF_IMAGES, PUT_OFF, SPENT
from shared.db.venue_rows import again_of, known_of, state_of
from shared.photos import WRITERS, Caller, ImageStatus, Source, Terms, Verdict


class PostgresVenues:
    """Each one round trip."""

    def __init__(self, database: Database, *, stage: str, new_id: Callable[[], UUID]) -> None:
        self._database = database
        self._stage = stage
        self._new_id = new_id

    def known(self, caller: Caller, venue_id: UUID, urls: Sequence[str]) -> tuple[Verdict, dict[str, Known]]:
        """What became of these addresses up to now, and whether the caller may put images there."""
        params = {**_asking(caller, venue_id), "writers": sorted(WRITERS), "urls": list(urls)}
        rows = self._database.ask(Question(KNOWN, params))
        return Verdict(rows[0]["verdict"]), {row["provider_url"]: known_of(row) for row in rows if row["upload_id"]}

    def again(
        self, caller: Caller, venue_id: UUID, providers: Collection[str] | None, terms: Terms, limit: int
    ) -> tuple[Verdict, float | None, list[Again]]:
        """Claim what is not stored yet, with one rate token for all of it; and say what is left of the rate."""
        lease_token = self._new_id()
        params = {
            **_asking(caller, venue_id),
            "writers": sorted(WRITERS),
            "providers": None if providers is None else list(providers),
            "limit": limit,
            "bucket": f"{terms.rate.name}:{caller.org_id}:{caller.actor_id}",
            "capacity": float(terms.rate.capacity),
            "per_second": terms.rate.per_second,
            "lease": terms.lease_seconds,
            "lease_token": lease_token,
            "stage": self._stage,
            "reap_after": terms.reap_after_seconds,
        }
        rows = self._database.ask(Question(AGAIN, params))
        claimed = [again_of(row, lease_token) for row in rows if row["upload_id"]]
        return Verdict(rows[0]["verdict"]), rows[0]["tokens"], claimed

    def spent(self, venue_id: UUID, providers: Collection[str] | None, limit: int) -> list[tuple[Source, str]]:
        """The addresses that were given up after too many tries, each with the name of its file."""
        params = {
            "venue_id": venue_id,
            "providers": None if providers is None else list(providers),
            "limit": limit,
        }
        rows = self._database.ask(Question(SPENT, params))
        return [
            (Source(row["provider"], row["provider_url"], row["quality_score"], row["fetched_at"]), row["file_name"])
            for row in rows
        ]

    def put_off(self, lease_token: UUID, upload_ids: Collection[UUID], seconds: float) -> None:
        """Let go of uploads that are still ours, and make them due in so many seconds."""
        params = {"lease_token": lease_token, "upload_ids": list(upload_ids), "seconds": seconds}
        self._database.ask(Question(PUT_OFF, params))

    def page(
        self,
        caller: Caller,
        venue_id: UUID,
        *,
        status: ImageStatus | None,
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> tuple[Verdict, list[ImageState]]:
        """What a venue has, for any member to see."""
        params = {
            **_asking(caller, venue_id),
            "status": status,
            "after_at": after[0] if after else None,
            "after_id": after[1] if after else None,
            "limit": limit,
        }
        rows = self._database.ask(Question(PAGE_OF_IMAGES, params))
        return Verdict(rows[0]["verdict"]), [state_of(row) for row in rows if row["upload_id"]]


def _asking(caller: Caller, venue_id: UUID) -> dict[str, object]:
    return {"org_id": caller.org_id, "actor_id": caller.actor_id, "venue_id": venue_id}
