"""Which script makes a page that uploads with a generation of Uppy: the published packages, bundled for a browser."""

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
STAMP = MODULES / ".installed"
WANTED = ("package-lock.json", "package.json", "uppy5/package.json", "uppy6/package.json")
# No package needs its install script, and what does not run cannot do harm.
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def has_npm() -> bool:
    return shutil.which("npm") is not None


@cache
def bundled(generation: str) -> str:
    """The page's script, `uppy5` or `uppy6`."""
    return bundled_text(generation, (HERE / generation / "page.js").read_text())


def bundled_text(generation: str, text: str) -> str:
    """The script that this module makes with the packages of one generation; what it exports is in `recipe`."""
    install()
    asked = ("--bundle", "--format=iife", "--global-name=recipe", "--log-level=warning")
    return _output(str(MODULES / ".bin/esbuild"), *asked, cwd=HERE / generation, text=text)


def install() -> None:
    """Have exactly the locked packages; nothing is fetched when they are there."""
    with _alone():
        if not _is_current():
            _output(*INSTALL)
            STAMP.write_text(_digest())


@contextmanager
def _alone() -> Iterator[None]:
    # npm empties the folder first: two at once would pull it from under each other.
    with (HERE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_current() -> bool:
    return STAMP.exists() and STAMP.read_text() == _digest()


def _digest() -> str:
    return hashlib.sha256(b"\0".join((HERE / name).read_bytes() for name in WANTED)).hexdigest()


def _output(*command: str, cwd: Path = HERE, text: str = "") -> str:
    done = subprocess.run(command, cwd=cwd, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return done.stdout
