"""Which of these files a project has already: asked by their hashes, answered only after a look at each photo."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from shared.deps import Deps
from shared.photos import Caller, Target, Twin, Verdict
from shared.uploads.pivot import is_there
from shared.uploads.tokens import require_fits
from shared.uploads.verdicts import refusal_of

# A look is one short question to a store; a thousand of them one after the other would take too long.
LOOKS_AT_ONCE = 16


def check(caller: Caller, project_id: UUID, hashes: Sequence[str], deps: Deps) -> dict[str, Twin]:
    """The photos that are really there, by their SHA-256."""
    require_fits(caller, Target(project_id=project_id), None)
    verdict, twins = deps.twins.find(caller, project_id, hashes)
    if verdict is not Verdict.GO:
        raise refusal_of(verdict)
    present = which_are_there(twins.values(), deps)
    return {digest: twin for digest, twin in twins.items() if twin.attempt_id in present}


def which_are_there(twins: Iterable[Twin], deps: Deps) -> set[UUID]:
    """Look at all of them, several at once; the attempts whose bytes are there."""
    found = list({twin.attempt_id: twin for twin in twins}.values())
    if len(found) < 2:
        return {twin.attempt_id for twin in found if is_there(twin, deps)}
    for name in {twin.store for twin in found}:
        deps.store(name)  # made here, once: it is not made to be made by many
    with ThreadPoolExecutor(min(LOOKS_AT_ONCE, len(found))) as pool:
        there = list(pool.map(lambda twin: is_there(twin, deps), found))
    return {twin.attempt_id for twin, is_so in zip(found, there, strict=True) if is_so}
