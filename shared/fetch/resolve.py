"""To which addresses a vetted place may be connected: asked once, and all of them open or none."""

import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final

from shared.fetch.address import Place
from shared.fetch.networks import closed
from shared.fetch.refusals import UrlNotAllowed, unreached

# `socket.getaddrinfo`, or a test's stand-in for it.
Lookup = Callable[..., Sequence[tuple[Any, ...]]]
# The answers that are a definite no; whatever else goes wrong is the resolver's own trouble.
_NO_SUCH_NAME: Final = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


def resolve(place: Place, lookup: Lookup, seconds: float) -> tuple[str, ...]:
    """Look the name up, once: what is connected to later are these very addresses."""
    found = (place.host,) if place.is_address else _looked_up(place, lookup, seconds)
    if not found:
        raise UrlNotAllowed(f"{place.host} has no address")
    if not place.trusted:
        _check(place, found)
    return found


def _check(place: Place, found: tuple[str, ...]) -> None:
    # One closed address spoils the rest: which one is taken must not be left to luck, or to whoever answers.
    for address in found:
        if why := closed(address):
            raise UrlNotAllowed(f"{place.host} leads to {address}: {why}")


def _looked_up(place: Place, lookup: Lookup, seconds: float) -> tuple[str, ...]:
    try:
        answers = _in_time(lambda: lookup(place.host, place.port, type=socket.SOCK_STREAM), seconds)
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_NAME:
            raise UrlNotAllowed(f"{place.host} does not exist") from error
        raise unreached("not_sent", error) from error
    except (OSError, UnicodeError) as error:
        raise unreached("not_sent", error) from error
    return tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _in_time(ask: Callable[[], Sequence[tuple[Any, ...]]], seconds: float) -> Sequence[tuple[Any, ...]]:
    """Wait no longer than this: a lookup knows no limit, and a stranger's name server may take its time."""
    answer: Future[Sequence[tuple[Any, ...]]] = Future()

    def run() -> None:
        try:
            answer.set_result(ask())
        except Exception as error:  # noqa: BLE001 - handed to the one who waits
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return answer.result(max(seconds, 0))
