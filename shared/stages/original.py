"""Whether the original that is processed is the one that was committed."""

from hashlib import sha256

from shared.deps import Deps
from shared.errors import ChecksumMismatch, SizeMismatch
from shared.photos import StoreName
from shared.photos.stages import Work
from shared.resilience.budget import Budget

READ_SECONDS = 30.0


def read_original(work: Work, deps: Deps, budget: Budget) -> bytes:
    """Fetch it, whole. Another object in its place is never looked into."""
    # One byte more than there should be: a longer one shows itself by it.
    found = _fetched(work, work.size + 1, deps, budget)
    if len(found) != work.size:
        raise SizeMismatch(
            f"The store has another object in the place of this photo: not of {work.size} bytes. Upload it again.",
            failure_type="swapped",
        )
    if work.sha256 and sha256(found).hexdigest() != work.sha256:
        raise ChecksumMismatch(
            "The store has another object in the place of this photo: its SHA-256 differs. Upload it again.",
            failure_type="swapped",
        )
    return found


def _fetched(work: Work, most: int, deps: Deps, budget: Budget) -> bytes:
    if work.store is StoreName.S3:
        return deps.direct_store.read(work.object_name, 0, most, work.version)
    return deps.originals.read(work.store, work.delivery_url or "", most, budget.timeout(READ_SECONDS))
