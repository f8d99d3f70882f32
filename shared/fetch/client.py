"""How to GET from, or POST to, an address that a stranger names: one deadline, one lookup, no blind step."""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import urljoin

from shared.errors import AppError, BadRequest
from shared.fetch.address import Place, vet
from shared.fetch.answer import MOVED, Answer
from shared.fetch.question import checked, harmless, written
from shared.fetch.refusals import UpstreamInvalid, UpstreamUnavailable, UrlNotAllowed, refusal
from shared.fetch.resolve import Lookup, resolve
from shared.fetch.wire import Dial, Wire, dial, reach
from shared.log import log
from shared.resilience.budget import Budget

MOST_REDIRECTS: Final = 3
# How much of a refusal is looked at for the marks that the table of failures knows.
MARK_BYTES: Final = 2048
POST_BYTES: Final = 1 << 16
_WHOLE: Final = frozenset({200, 203})
_WHOLE_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:").match


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was answered in the end, and by which URL; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    final_url: str


class Fetcher:
    """Reads no proxy from the environment, keeps no cookie and no connection; threads may share it.

    Reaching a host may take at most `floor` seconds, and failing to takes just as long for whatever reason: who
    measures us learns nothing of our network. `allow_private` opens exact "host:port" places, for one machine's
    stand-ins; a deployment leaves it empty.
    """

    def __init__(
        self,
        *,
        resolve: Lookup = socket.getaddrinfo,
        dial: Dial = dial,
        trust: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        floor: float = 3.0,
        allow_private: frozenset[str] = frozenset(),
        origin: str = "provider",
    ) -> None:
        self._lookup = resolve
        self._dial = dial
        self._own_trust = trust
        self._clock = clock
        self._sleep = sleep
        self._floor = floor
        self._allowed = allow_private
        self._origin = origin

    def get(self, url: str, *, seconds: float, max_bytes: int, headers: Mapping[str, str] | None = None) -> Fetched:
        """Fetch it whole; at most three redirects are followed, and each is vetted like the first address."""
        budget, asked, before = Budget.seconds(seconds, self._clock), checked(headers or {}), None
        for _ in range(MOST_REDIRECTS + 1):
            place, wire = self._reach(url, budget, before)
            if before and place.origin != before.origin:
                asked = harmless(asked)
            with closing(wire), closing(Answer.to(wire, written("GET", place, asked), writes=False)) as answer:
                if answer.status not in MOVED:
                    return self._taken(answer, place, max_bytes)
                url, before = answer.location(), place
        raise UpstreamInvalid(f"The host redirects more than {MOST_REDIRECTS} times.", failure_type="refused")

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, max_bytes: int = POST_BYTES
    ) -> Fetched:
        """Deliver it to this address and no other; of a good answer the status counts, its body is cut to size."""
        budget, asked = Budget.seconds(seconds, self._clock), checked(headers)
        place, wire = self._reach(url, budget)
        with closing(wire), closing(Answer.to(wire, written("POST", place, asked, body), writes=True)) as answer:
            if 300 <= answer.status < 400:
                raise UpstreamInvalid("The host redirects: give the address itself.", failure_type="refused")
            if not 200 <= answer.status < 300:
                raise self._refusal(answer, writes=True)
            return Fetched(answer.status, answer.headers, answer.beginning(max_bytes), place.url)

    def _taken(self, answer: Answer, place: Place, max_bytes: int) -> Fetched:
        if answer.status in _WHOLE:
            return Fetched(answer.status, answer.headers, answer.whole(max_bytes), place.url)
        if answer.status < 400:
            raise UpstreamInvalid(
                f"The host answered {answer.status}: there is no file in it.", failure_type="refused"
            )
        raise self._refusal(answer, writes=False)

    def _refusal(self, answer: Answer, *, writes: bool) -> AppError:
        mark = answer.beginning(MARK_BYTES).decode("utf-8", "replace")
        wait = answer.headers.get("retry-after")
        return refusal(self._origin, answer.status, mark, writes=writes, wait=wait)

    def _reach(self, url: str, budget: Budget, before: Place | None = None) -> tuple[Place, Wire]:
        with self._alike(budget):
            soon = Budget.seconds(min(self._floor or budget.left(), budget.left()), self._clock)
            place = self._vetted(url, before)
            addresses = resolve(place, self._lookup, soon.left())
            return place, Wire(reach(place, addresses, soon, dial=self._dial, trust=lambda: self._trust), budget)

    def _vetted(self, url: str, before: Place | None) -> Place:
        try:
            place = vet(_joined(before, url) if before else url, allow=self._allowed.__contains__)
        except (BadRequest, ValueError) as error:
            if before is None:
                raise
            # The caller wrote a good URL: it is the host that sends us astray.
            raise UrlNotAllowed(f"a redirect from {before.host} to what is no URL") from error
        if before and (before.scheme, place.scheme) == ("https", "http"):
            raise UrlNotAllowed(f"a redirect from {before.host} that gives up https")
        return place

    @contextmanager
    def _alike(self, budget: Budget) -> Iterator[None]:
        """Let every closed door take the same time."""
        since = self._clock()
        try:
            yield
        except (UrlNotAllowed, UpstreamUnavailable) as error:
            if isinstance(error, UrlNotAllowed):
                log.info("fetch.url_not_allowed", why=error.why)
            rest = min(self._floor - (self._clock() - since), budget.left())
            if rest > 0:
                self._sleep(rest)
            raise

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        # Loading the trust store takes longer than a request: only for who really connects, and once.
        return self._own_trust or ssl.create_default_context()


def _joined(before: Place, location: str) -> str:
    # `urljoin` takes http:///x for a path of the same host: a whole URL is left to our own reading.
    return location if _WHOLE_URL(location) else urljoin(before.url, location)
