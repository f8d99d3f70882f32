"""The safety parts of the ledger, each one a rule that a mutation can take away."""

from shared.photos import AttemptState, UploadState
from tests.crash.simulation.tables import AttemptRow, UploadRow


class Rules:
    """What the SQL promises. A mutation overrides one of these, and must be caught."""

    name = "all safety parts"
    # Whether the constraints hold that would refuse a mutation before it could do any harm.
    strict = True

    def object_name(self, stage: str, upload: UploadRow) -> str:
        """A name of its own for every attempt."""
        return f"{stage}/{upload.org_id}/{upload.id}/{upload.attempt_no}"

    def may_commit(self, attempt: AttemptRow) -> bool:
        """The compare of the commit's compare-and-set."""
        return attempt.state is AttemptState.INTENT and attempt.upload.state is UploadState.OPEN

    def condemns_first(self) -> bool:
        """Whether giving up means to ask the ledger, before anything is deleted."""
        return True

    def may_condemn(self, attempt: AttemptRow) -> bool:
        """The compare of the condemning compare-and-set."""
        return attempt.state is AttemptState.INTENT

    def must_wait(self, upload: UploadRow, now: float) -> bool:
        """Whether a live lease keeps everybody else out."""
        return not upload.is_free(now)

    def is_gone(self, attempt: AttemptRow, now: float, pause: float) -> bool:
        """Whether an absent look is the last one: absent twice, the pause apart, and nothing can land any more."""
        return attempt.reap_after <= now and attempt.absent_at is not None and attempt.absent_at <= now - pause
