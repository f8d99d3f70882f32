"""When a part that we started answers."""

import http.client
import subprocess
import time
from pathlib import Path

from local.processes import LOOPBACK
from shared.errors import Unavailable

PATIENCE = 30.0
PAUSE = 0.03
OK = 200


def wait_until_ready(name: str, process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    """Return when GET says 200; a part that dies or dallies is reported with its last words."""
    deadline = time.monotonic() + PATIENCE
    while not answers(port, path):
        if process.poll() is not None:
            raise Unavailable(f"{name} ended at once: {last_words(log)}")
        if time.monotonic() > deadline:
            raise Unavailable(f"{name} did not answer within {PATIENCE:.0f} s: {last_words(log)}")
        time.sleep(PAUSE)


def answers(port: int, path: str) -> bool:
    """Whether GET says 200, asked without any proxy."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def last_words(log: Path) -> str:
    """The last line of a log, and where the rest is."""
    try:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    return f"{lines[-1] if lines else 'it said nothing'} (all of it in {log})"
