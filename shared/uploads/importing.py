"""The import door: images that we fetch by ourselves, each of them an upload of its own for a venue."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from shared.deps import Deps
from shared.deps.uploads import Limits
from shared.log import log
from shared.photos import Caller, Claim, Declared, Door, Due, ImageStatus, Intention, Reply, Target, Terms, Verdict
from shared.resilience.budget import Budget
from shared.uploads.import_one import Item, take_in
from shared.uploads.import_outcome import Imported, Outcome, outcome_of
from shared.uploads.import_plan import Image, better_of, key_for
from shared.uploads.import_run import Run
from shared.uploads.schedule import LATEST_LANDING, MOST_TRIES
from shared.uploads.verdicts import granted, rate_headers, refusal_of

if TYPE_CHECKING:
    from shared.db.venue_facts import Known

# Longer than any invocation may run: a killed one cannot come back and write under a live lease.
LEASE_SECONDS = 60
MOST_AGAIN = 50

Now = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported. `force` names a request that wants all of it anew."""

    venue_id: UUID
    images: Sequence[Image]
    force: str | None = None


def import_images(caller: Caller, order: Order, deps: Deps, budget: Budget, now: Now = _now) -> Imported:
    """Ask what is known, claim the rest at once, and take in one after the other."""
    return _reported(_imported(caller, order, deps, Run(deps, budget, now)))


def retry_failed(
    caller: Caller,
    venue_id: UUID,
    providers: Collection[str] | None,
    force: str | None,
    *,
    deps: Deps,
    budget: Budget,
    now: Now = _now,
) -> Imported:
    """Without any listing: what a venue has not got yet; by force also what was given up after too many tries."""
    terms, run = import_terms(deps.limits), Run(deps, budget, now)
    verdict, tokens, found = deps.venues.again(caller, venue_id, providers, terms, MOST_AGAIN)
    if verdict is Verdict.LIMITED:
        granted(Claim(verdict, tokens=tokens), terms.rate)
    if verdict is not Verdict.GO:
        raise refusal_of(verdict)
    items = [Item(a.caller, a.intention, a.attempt, a.lease_token, a.tries, a.most_tries) for a in found]
    done = Imported(venue_id, run.each(items), rate_headers(terms.rate, tokens))
    room = MOST_AGAIN - len(found)
    spent = deps.venues.spent(venue_id, providers, room) if force and room else []
    if spent:
        order = Order(venue_id, [Image(source, name) for source, name in spent], force)
        anew = _imported(caller, order, deps, run)
        done = replace(anew, outcomes=[*done.outcomes, *anew.outcomes])
    return _reported(done)


def resume(due: Due, deps: Deps, budget: Budget) -> Reply:
    """Go on with an import that is due: fetched once more, and then as the first time."""
    item = Item(due.caller, due.intention, due.attempt, due.lease_token, due.tries, due.most_tries)
    return take_in(item, deps, budget)


def import_terms(limits: Limits) -> Terms:
    """How large an image is nobody knows before it is fetched."""
    return Terms(
        rate=limits.rate,
        lease_seconds=LEASE_SECONDS,
        reap_after_seconds=LATEST_LANDING,
        exclusive=True,
        largest=limits.max_bytes,
    )


def _imported(caller: Caller, order: Order, deps: Deps, run: Run) -> Imported:
    best = _one_for_each_address(order.images)
    verdict, known = deps.venues.known(caller, order.venue_id, list(best))
    if verdict is not Verdict.GO:
        raise refusal_of(verdict)
    plans = [
        key_for(image, known.get(url), caller=caller, venue_id=order.venue_id, force=order.force)
        for url, image in best.items()
    ]
    wanted = [(image, key) for image, key in zip(best.values(), plans, strict=True) if isinstance(key, str)]
    claims = _claimed(caller, order, wanted, deps)
    ours = [
        _ours(caller, _intention(order, image, key), claim, known.get(image.source.url), deps.limits)
        for (image, key), claim in zip(wanted, claims, strict=True)
    ]
    done = [each for each in (*plans, *ours) if isinstance(each, Outcome)]
    done += run.each([each for each in ours if isinstance(each, Item)])
    headers = rate_headers(deps.limits.rate, claims[0].tokens) if claims else {}
    return Imported(order.venue_id, _in_order(order.images, done), headers)


def _one_for_each_address(images: Sequence[Image]) -> dict[str, Image]:
    same: dict[str, list[Image]] = {}
    for image in images:
        same.setdefault(image.source.url, []).append(image)
    return {url: better_of(each) for url, each in same.items()}


def _claimed(caller: Caller, order: Order, wanted: Sequence[tuple[Image, str]], deps: Deps) -> list[Claim]:
    if not wanted:
        return []
    intentions = [_intention(order, image, key) for image, key in wanted]
    return deps.ledger.claim(caller, intentions, import_terms(deps.limits))


def _intention(order: Order, image: Image, key: str) -> Intention:
    details = {"force": True} if order.force else {}
    declared = Declared(image.file_name, None, "")
    return Intention(Door.IMPORT, key, Target(venue_id=order.venue_id), declared, details, image.source)


def _ours(
    caller: Caller, intention: Intention, claim: Claim, known: "Known | None", limits: Limits
) -> Item | Outcome:
    """An image that is ours to import now, or what became of it elsewhere. What is not about one image is raised."""
    source = intention.source
    if source and claim.verdict is Verdict.REPLAY and claim.reply and claim.upload_id:
        return outcome_of(source, claim.upload_id, claim.reply, skipped=True)
    if source and claim.verdict is Verdict.IN_PROGRESS:
        return Outcome(source, ImageStatus.PENDING, claim.upload_id, skipped=True)
    attempt = granted(claim, limits.rate)
    if claim.lease_token is None:
        raise refusal_of(claim.verdict)
    goes_on = known if known and known.idem_key == intention.idem_key else None
    tries, most = (goes_on.tries, goes_on.most_tries) if goes_on else (0, MOST_TRIES)
    return Item(caller, intention, attempt, claim.lease_token, tries, most, claim.breaker)


def _in_order(images: Sequence[Image], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """As they were named; an address that came twice was imported once."""
    by_url, seen = {outcome.source.url: outcome for outcome in outcomes}, set()
    told: list[Outcome] = []
    for image in images:
        url = image.source.url
        told.append(replace(by_url[url], skipped=True) if url in seen else by_url[url])
        seen.add(url)
    return told


def _reported(imported: Imported) -> Imported:
    summary = imported.summary
    kinds = summary.pop("failure_breakdown")
    log.info("import.done", venue_id=imported.venue_id, **summary, failure_breakdown=str(kinds))
    return imported


def force_named(key: str | None) -> str:
    """What a request that wants all anew is known by: sent again with its key, it is the same request."""
    return key or str(uuid4())
