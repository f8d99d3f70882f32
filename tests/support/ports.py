"""Ports that no other test on this machine takes at the same time."""

import fcntl
import os
import tempfile
from pathlib import Path
from typing import TextIO

from local.processes import is_free

# Below where systems hand out ports by themselves, so that no client of another test sits there by chance.
FIRST, LAST, BLOCK = 20_000, 30_000, 10

_held: list[TextIO] = []


def free_ports(count: int = 3) -> int:
    """The first of some neighbours that are this process's until it ends."""
    # Each process starts looking elsewhere: two that begin together seldom meet at all.
    blocks = list(range(FIRST, LAST, BLOCK))
    start = os.getpid() % len(blocks)
    for first in blocks[start:] + blocks[:start]:
        if _take(first) and all(is_free(first + n) for n in range(count)):
            return first
    raise AssertionError("every block of test ports is taken")


def _take(first: int) -> bool:
    lock = (Path(tempfile.gettempdir()) / f"keepsake-test-ports-{first}.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return False
    _held.append(lock)
    return True
