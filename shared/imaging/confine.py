"""What a child may still do once it begins to decode: compute for a while, and write to its pipe."""

import os
import resource
import signal
from contextlib import suppress
from math import ceil

MEGABYTE = 1024 * 1024
PIPE = 0
FATAL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGXCPU)
HELD, OWN = "/proc/self/statm", "/proc/self/fd"


def confine(pipe: int, *, seconds: float, megabytes: int) -> None:
    """Leave only the pipe, as descriptor 0, and give up every way to more; there is no way back."""
    for number in FATAL:
        signal.signal(number, signal.SIG_DFL)
    held = _held()
    os.dup2(pipe, PIPE)
    _close_all_others()
    if held:
        _limit(resource.RLIMIT_AS, held + megabytes * MEGABYTE)
    # The first limit tells what happened, the second kills what does not care.
    _limit(resource.RLIMIT_CPU, ceil(seconds), ceil(seconds) + 1)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    # No new descriptor at all: no file, and no socket to tell anybody anything.
    _limit(resource.RLIMIT_NOFILE, 0)


def _held() -> int:
    """Count what a fork brings along, which the limit on memory counts too; 0 where that cannot be known."""
    try:
        with open(HELD, "rb") as pages:  # noqa: PTH123 - as few imports as may be, in a child
            return int(pages.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _close_all_others() -> None:
    """Its copies of our connections are not the child's to keep open, nor a hijacked decoder's to use."""
    try:
        others = [int(name) for name in os.listdir(OWN)]  # noqa: PTH208
    except OSError:
        others = list(range(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))
    for descriptor in others:
        if descriptor != PIPE:
            with suppress(OSError):
                os.close(descriptor)


def _limit(what: int, soft: int, hard: int | None = None) -> None:
    most = resource.getrlimit(what)[1]
    limits = [wish if most == resource.RLIM_INFINITY else min(wish, most) for wish in (soft, hard or soft)]
    # Not every platform knows every limit; the deadline holds on all of them.
    with suppress(OSError, ValueError):
        resource.setrlimit(what, (limits[0], limits[1]))
