"""How an image is decoded that may kill its decoder: in a child that is made for it, and never outlives it.

A fork, because it costs 3 ms and holds the decoders already; a fresh interpreter costs as much as the work.
"""

import os
import select
import signal
import warnings
from collections.abc import Callable
from math import ceil
from time import monotonic
from typing import NoReturn

from shared.imaging.answer import DecoderDied, Work, answer_to, died, read_answer
from shared.imaging.confine import PIPE, confine
from shared.imaging.derived import Derived

__all__ = ["DecoderDied", "render"]

OVER_TIME = "over time"
CHUNK = 1024 * 1024
# Two pictures are a few megabytes; more is a decoder in the hands of somebody else.
MAX_ANSWER = 64 * CHUNK


def render(source: bytes, *, seconds: float, megabytes: int, work: Work | None = None) -> Derived:
    """Derive in a child, within so much time, and so much memory on top of what this process holds or has freed.

    It answers within the time, whatever the image does: with the renditions, with a refusal of the image, or
    with DecoderDied. Nothing of the child is left then.
    """
    work = work or _derive()
    deadline = monotonic() + seconds

    def live(pipe: int) -> NoReturn:
        try:
            confine(pipe, seconds=seconds, megabytes=megabytes)
            _write(answer_to(source, work))
        finally:
            # Without the exit handlers, the buffers and the connections of the parent.
            os._exit(0)

    pid, pipe = _forked(live)
    try:
        answer = _answer(pipe, deadline)
    finally:
        os.close(pipe)
        status = _end(pid)
    return _settled(answer, status)


def _derive() -> Work:
    from shared.imaging.derive import derive, ready  # noqa: PLC0415

    ready()
    return derive


def _forked(live: Callable[[int], NoReturn]) -> tuple[int, int]:
    ours, its = os.pipe()
    try:
        with warnings.catch_warnings():
            # Other threads' locks stay closed in the child. It asks for none of them, and has a deadline.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if not pid:
            live(its)
    except OSError as error:
        os.close(ours)
        raise died("it could not be started") from error
    finally:
        os.close(its)
    return pid, ours


def _answer(pipe: int, deadline: float) -> bytes:
    """Read to the end, but not beyond the deadline."""
    answer = bytearray()
    ready = select.poll()
    ready.register(pipe, select.POLLIN)
    while (left := deadline - monotonic()) > 0 and len(answer) <= MAX_ANSWER:
        if ready.poll(ceil(left * 1000)):
            piece = os.read(pipe, CHUNK)
            if not piece:
                return bytes(answer)
            answer += piece
    raise died(OVER_TIME if left <= 0 else "it said too much")


def _end(pid: int) -> int:
    """Kill it, if it is still there, and take its status, so that no zombie stays."""
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def _settled(answer: bytes, status: int) -> Derived:
    if answer:
        return read_answer(answer)
    if not os.WIFSIGNALED(status):
        raise died("it ended without an answer")
    number = os.WTERMSIG(status)
    raise died(OVER_TIME if number == signal.SIGXCPU else f"killed by signal {number}", by_signal=number)


def _write(answer: bytes) -> None:
    rest = memoryview(answer)
    while rest:
        rest = rest[os.write(PIPE, rest) :]
