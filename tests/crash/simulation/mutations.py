"""One safety part taken away at a time: each of these must be caught, or the simulation proves nothing."""

from typing import Final

from shared.photos import AttemptState, UploadState
from tests.crash.simulation.rules import Rules
from tests.crash.simulation.tables import AttemptRow, UploadRow


class SharedName(Rules):
    """All attempts of an upload write to one object."""

    name = "shared name"
    strict = False

    def object_name(self, stage: str, upload: UploadRow) -> str:
        return f"{stage}/{upload.org_id}/{upload.id}/1"


class DeleteFirst(Rules):
    """Giving up deletes at once, without asking the ledger who won."""

    name = "delete without condemn"
    strict = False

    def condemns_first(self) -> bool:
        return False


class BlindCondemn(Rules):
    """Condemning does not look at what was committed meanwhile."""

    name = "condemn without compare"
    strict = False

    def may_condemn(self, attempt: AttemptRow) -> bool:
        return attempt.state in {AttemptState.INTENT, AttemptState.COMMITTED}


class BlindCommit(Rules):
    """Committing does not look at what was condemned meanwhile."""

    name = "commit without compare"
    strict = False

    def may_commit(self, attempt: AttemptRow) -> bool:
        return attempt.upload.state is UploadState.OPEN


class ForgetfulReaper(Rules):
    """The first absent look is believed: what lands later is nobody's."""

    name = "reaper without horizon"
    strict = False

    def is_gone(self, attempt: AttemptRow, now: float, pause: float) -> bool:
        return True


class NoLease(Rules):
    """Nobody waits for a live lease. The compare-and-set of the attempt is enough, so this one must hold."""

    name = "no lease"

    def must_wait(self, upload: UploadRow, now: float) -> bool:
        return False


HARMFUL: Final = (SharedName, DeleteFirst, BlindCondemn, BlindCommit, ForgetfulReaper)
