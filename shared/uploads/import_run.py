"""A run over images whose uploads are ours for now: one after the other, gently, while the time allows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.deps import Deps
from shared.errors import AppError, OutcomeUnknown
from shared.log import log
from shared.photos import ImageStatus, Loss
from shared.resilience.budget import Budget
from shared.uploads.import_one import Item, fits, give_up, loss_after, take_in
from shared.uploads.import_outcome import Outcome, Problem, outcome_of


class ImportBroke(OutcomeUnknown):
    """Something went wrong on our side while the image was imported."""

    code = "import_broke"


@dataclass(frozen=True, slots=True)
class Run:
    """One run, which remembers whom it has asked."""

    deps: Deps
    budget: Budget
    now: Callable[[], datetime]
    asked: set[str] = field(default_factory=set)

    def each(self, items: Sequence[Item]) -> list[Outcome]:
        """What came of each of them; what the time does not allow is left to the schedule, at once."""
        outcomes: list[Outcome] = []
        for n, item in enumerate(items):
            self._pause_for(item.source.provider)
            if not fits(item, self.budget):
                return outcomes + self._put_off(items[n:])
            outcomes.append(self._one(item))
        return outcomes

    def _pause_for(self, provider: str) -> None:
        if provider in self.asked:
            self.deps.sleep(self.deps.import_pause(provider))
        self.asked.add(provider)

    def _one(self, item: Item) -> Outcome:
        try:
            reply = take_in(item, self.deps, self.budget)
        except AppError as error:
            return self._failed(item, error)
        except Exception as bug:  # noqa: BLE001 - one bad image must not keep the others from being imported
            log.bug("import.bug", bug)
            give_up(item, ImportBroke(), self.deps)
            return self._failed(item, ImportBroke())
        return outcome_of(item.source, item.attempt.upload_id, reply)

    def _failed(self, item: Item, error: AppError) -> Outcome:
        loss = loss_after(item, error)
        log.warning("import.failed", provider=item.source.provider, error_type=loss.failure_type, detail=loss.detail)
        ended = loss.reply is not None
        if not ended:
            self._ring_later(item, loss)
        status = ImageStatus.PERMANENTLY_FAILED if ended else ImageStatus.FAILED
        due = None if ended or loss.retry_in is None else self.now() + timedelta(seconds=loss.retry_in)
        problem = Problem(loss.failure_type, loss.failure_class, loss.detail, due)
        return Outcome(item.source, status, item.attempt.upload_id, problem)

    def _ring_later(self, item: Item, loss: Loss) -> None:
        # The row knows when it is due; the alarm only makes it punctual. Nobody is woken for a store that is out.
        if loss.failure_class == "outage" or loss.retry_in is None:
            return
        try:
            self.deps.alarm.ring_at(item.attempt.upload_id, loss.retry_in)
        except AppError as trouble:
            log.warning("import.alarm_failed", code=trouble.code, detail=trouble.message)

    def _put_off(self, items: Sequence[Item]) -> list[Outcome]:
        ids = [item.attempt.upload_id for item in items]
        try:
            for token in {item.lease_token for item in items}:
                self.deps.venues.put_off(token, ids, 0.0)
            self.deps.alarm.ring_for(ids)
        except AppError as trouble:
            log.warning("import.left_to_recovery", code=trouble.code, detail=trouble.message)
        return [Outcome(item.source, ImageStatus.PENDING, item.attempt.upload_id) for item in items]
