"""When an audit does not believe what it sees, and asks a person instead of acting."""

from itertools import pairwise
from typing import Final

from shared.media.listing import ListPage
from shared.uploads.audit_place import Place

# So few are never a reason to stop, and beyond one in a hundred of all names nobody believes what was found.
FEW: Final = 10
# More than a person could look through; what is left is not even written down.
MOST_FINDINGS: Final = 20_000


def is_in_order(page: ListPage, place: Place) -> bool:
    """Both sides are compared page by page, so both must be sorted alike."""
    names = [place.after, *(held.name for held in page.held)]
    return all(one.encode() < next_.encode() for one, next_ in pairwise(names))


def why_to_stop(place: Place, *, is_over: bool) -> str | None:
    """A store that is half empty, or a ledger that was put back to last week, is not mended name by name."""
    if place.found > MOST_FINDINGS:
        return f"More than {MOST_FINDINGS} names are amiss. Look into the report before anything else."
    if is_over:
        everything = place.names + place.absent
        for count, what in ((place.missing, "missing"), (place.orphans, "orphans")):
            if count > FEW and count * 100 > everything:
                return (
                    f"{count} of {everything} names are {what}: more than one in a hundred. None of them was touched."
                )
    return None
