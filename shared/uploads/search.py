"""Which photos are found: by words, by likeness, or by both."""

from dataclasses import dataclass, replace

from shared.deps import Deps
from shared.errors import AppError, Conflict, NotFound
from shared.log import log
from shared.photos import Caller, Upload
from shared.photos.search import Looks
from shared.resilience.budget import Budget
from shared.uploads import cursor as cursors
from shared.uploads import offset_cursor

# Nobody leafs further through what is less and less alike.
WINDOW = 1_000
# What a vector of words may take, of what the request has.
WORDS_SECONDS = 5.0


class NotSearchableYet(Conflict):
    """What is to be compared with has no vector yet."""

    code, retryable, failure_class = "not_searchable_yet", True, "transient"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for, and which page of it."""

    looks: Looks
    limit: int
    cursor: str | None = None

    def of(self, caller: Caller) -> tuple[str, ...]:
        """What makes a search this very search."""
        looks = self.looks
        return tuple(map(str, (caller.org_id, looks.similar_to, looks.q, looks.project_id)))


@dataclass(frozen=True, slots=True)
class Found:
    """A page of photos; where they are ranked by it, with how far each is from what was asked about."""

    photos: tuple[tuple[Upload, float | None], ...]
    next_cursor: str | None


NOTHING = Found((), None)


def search(caller: Caller, wish: Wish, deps: Deps, budget: Budget) -> Found:
    """One page. Words that no photo says are looked for in the pictures, where the embedder understands words."""
    if wish.looks.similar_to:
        return _alike(caller, wish, deps)
    if not (wish.cursor and offset_cursor.is_one(wish.cursor)):
        found = _saying(caller, wish, deps)
        if found.photos or wish.cursor:
            return found
    pictured = _pictured(wish.looks, deps, budget)
    return _alike(caller, replace(wish, looks=pictured), deps) if pictured else NOTHING


def _alike(caller: Caller, wish: Wish, deps: Deps) -> Found:
    this = wish.of(caller)
    skip = 0 if wish.cursor is None else offset_cursor.decode(wish.cursor, this)
    # One more than asked for tells whether there is another page.
    alike = deps.search.alike(caller, wish.looks, skip=skip, limit=wish.limit + 1)
    if wish.looks.similar_to and not alike.known:
        raise NotFound("There is no such photo to compare with, or it is not yours.")
    if not alike.searchable:
        raise NotSearchableYet(
            "This photo is not embedded yet, so nothing can be compared with it. Its progress says how far it is.",
            retry_after=5,
        )
    page = sorted(alike.found[: wish.limit], key=lambda each: each[1])
    after = skip + wish.limit
    more = len(alike.found) > wish.limit and after < WINDOW
    return Found(tuple(page), offset_cursor.encode(after, this) if more else None)


def _saying(caller: Caller, wish: Wish, deps: Deps) -> Found:
    looks, this = wish.looks, wish.of(caller)
    after = None if wish.cursor is None else cursors.decode(wish.cursor, this)
    found = deps.search.saying(caller, looks.q or "", looks.project_id, after=after, limit=wish.limit + 1)
    more = len(found) > wish.limit
    page = tuple((upload, None) for upload in found[: wish.limit])
    return Found(page, cursors.encode(_position(page[-1][0]), this) if more else None)


def _pictured(looks: Looks, deps: Deps, budget: Budget) -> Looks | None:
    """The words as a vector, if anybody here can make one."""
    embedder = deps.embedder
    if embedder is None or not embedder.understands_text:
        return None
    try:
        vector = embedder.of_text(looks.q or "", budget.timeout(WORDS_SECONDS))
    except AppError as error:
        # That no photo says the words is known already; that nobody could look at the pictures is for us to know.
        log.warning("search.words_not_embedded", code=error.code, detail=error.message)
        return None
    return replace(looks, vector=(embedder.model, vector))


def _position(upload: Upload) -> cursors.Position:
    return upload.photo.uploaded_at if upload.photo else upload.created_at, upload.id
