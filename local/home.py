"""What a stack keeps on disk, and who may use that folder."""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from shared.errors import Misconfigured

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_HOME = ROOT / ".local"
FOLDERS = ("logs", "s3", "stand-in", "tmp")

# An empty database takes 60 MB; a disk that fills up under Postgres is worse than one that is refused.
NEEDED_BYTES = 250_000_000


@dataclass(frozen=True, slots=True)
class Secrets:
    """Made once for a folder, so that tokens and stored photos survive a restart."""

    token_secret: str
    cloudinary_key: str
    cloudinary_secret: str


def home_of(env: Mapping[str, str]) -> Path:
    """Which folder is meant."""
    return Path(env.get("KEEPSAKE_HOME") or DEFAULT_HOME).expanduser().absolute()


def prepare(home: Path, needed_bytes: int = NEEDED_BYTES) -> None:
    """Make the folder and its parts, readable by its owner alone; what lay in `tmp` is rubbish."""
    home.mkdir(parents=True, exist_ok=True)
    close_to_others(home)
    _require_room(home, needed_bytes)
    shutil.rmtree(home / "tmp", ignore_errors=True)
    for name in FOLDERS:
        (home / name).mkdir(exist_ok=True)


def close_to_others(home: Path) -> None:
    """Nobody else may look into the folder; root's Postgres, which runs as another user, must pass through."""
    home.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _require_room(home: Path, needed_bytes: int) -> None:
    free = shutil.disk_usage(home).free
    if free < needed_bytes:
        raise Misconfigured(
            f"The disk of {home} is full: {free // 1_000_000} MB are free, and Keepsake needs "
            f"{needed_bytes // 1_000_000} MB. Make room, or name another folder: KEEPSAKE_HOME=/path/to/folder."
        )


def hold(home: Path) -> IO[str]:
    """Keep every other stack out of this folder until the file is closed, or we die."""
    lock = (home / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        raise Misconfigured(
            f"Another stack (process {owner}) is using {home}. "
            "End it, or give this one a folder of its own: KEEPSAKE_HOME=/path/to/folder."
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def secrets_of(home: Path) -> Secrets:
    """Read the folder's secrets, or make them the first time."""
    file = home / "secrets.json"
    try:
        return Secrets(**json.loads(file.read_text()))
    except FileNotFoundError:
        made = Secrets(
            token_secret=secrets.token_urlsafe(48),
            cloudinary_key=str(secrets.randbelow(10**15)).zfill(15),
            cloudinary_secret=secrets.token_urlsafe(20),
        )
        write_private(file, json.dumps(asdict(made)))
        return made
    except (ValueError, TypeError):
        raise Misconfigured(
            f"{file} is damaged. Delete it to get new secrets; tokens made before will stop working."
        ) from None


def write_private(file: Path, content: str | bytes) -> None:
    """Put a file in place whole, or not at all, for its owner's eyes only."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
        output.write(content.encode() if isinstance(content, str) else content)
    draft.replace(file)
