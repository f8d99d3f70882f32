"""`python -m local`: start the stack, tell what there is, wait for the end."""

import errno
import os
import signal
import sys
import time
from collections.abc import Mapping

import psycopg

from local.home import home_of
from local.report import screen, write_facts
from local.stack import Stack, start
from shared.errors import AppError, Misconfigured, Unavailable
from sql.migrate import MigrationRefused

DEFAULT_PORT = 3000
HIGHEST_PORT = 65_533
LOOK_SECONDS = 1.0
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(env: Mapping[str, str]) -> int:
    """Run until somebody ends it; any trouble is one line."""
    _listen()
    try:
        with _started(env) as stack:
            write_facts(stack)
            _tell(screen(stack))
            _wait(stack)
    except KeyboardInterrupt:
        _tell("stopped")
        return 0
    except (AppError, MigrationRefused, psycopg.Error, OSError) as error:
        print(f"Keepsake: {_one_line(error)}", file=sys.stderr)
        return 1
    return 0


def _listen() -> None:
    for number in ENDING:
        # nohup ignores the hang-up on purpose.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: object) -> None:
    # The first one decides; a second must not break off the orderly end.
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _started(env: Mapping[str, str]) -> Stack:
    port = _first_port(env)
    home = home_of(env)
    _tell(f"Starting Keepsake on ports {port} to {port + 2}, data in {home}")
    return start(home, port, say=_tell)


def _first_port(env: Mapping[str, str]) -> int:
    text = env.get("KEEPSAKE_PORT") or str(DEFAULT_PORT)
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= HIGHEST_PORT):
        raise Misconfigured(f"KEEPSAKE_PORT is {text!r}; give a port from 1 to {HIGHEST_PORT}.")
    return int(text)


def _wait(stack: Stack) -> None:
    while (name := stack.fallen()) is None:
        time.sleep(LOOK_SECONDS)
    raise Unavailable(f"{name} ended by itself. See {stack.home / 'logs'}, and start again.")


def _tell(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # Whoever read has gone; that is no reason to end, and nothing more is to be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "The disk is full. Make room, or name a folder on another one: KEEPSAKE_HOME=/path/to/folder."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}. Set it right, or name another folder in KEEPSAKE_HOME."
    return " ".join(str(error).split())


def run() -> int:
    """The process's own surroundings."""
    return main(os.environ)
