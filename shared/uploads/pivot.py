"""How the pivot is passed: no duplicate is claimed before somebody looked for the bytes of the other photo."""

from dataclasses import replace

from shared.deps import Deps
from shared.errors import OutcomeUnknown
from shared.log import log
from shared.photos import Commit, Reply, Twin

# The other photo may be replaced between a look and the commit; who loses that race again and again gives up.
MOST_LOOKS = 3


def pass_pivot(commit: Commit, deps: Deps) -> Reply | None:
    """Commit; None: the attempt was already decided. Where the bytes of the other photo are gone, ours mend it."""
    for _ in range(MOST_LOOKS):
        answer = deps.ledger.commit(commit)
        if not isinstance(answer, Twin):
            return answer
        commit = _looked(commit, answer, deps)
    raise OutcomeUnknown("The photo that this one is a duplicate of keeps changing. Send it again.", retry_after=2)


def is_there(twin: Twin, deps: Deps) -> bool:
    """Ask the store of a photo for its bytes: in the version that the photo is made of."""
    found = deps.store(twin.store).look(twin.object_name, twin.version) is not None
    if not found:
        log.warning("twin.bytes_are_gone", photo_id=twin.photo_id, object_name=twin.object_name)
    return found


def _looked(commit: Commit, twin: Twin, deps: Deps) -> Commit:
    if is_there(twin, deps):
        return replace(commit, seen=twin.attempt_id)
    return replace(commit, gone=twin.attempt_id)
