"""Whether trouble before the start is one clear line."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local.home import ROOT, hold
from tests.support.ports import free_ports

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def started(**env: str) -> subprocess.CompletedProcess[str]:
        surroundings = {"PATH": os.environ["PATH"], "KEEPSAKE_HOME": str(tmp_path / "home"), **env}
        command = [sys.executable, "-m", "local"]
        return subprocess.run(
            command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False, timeout=60
        )

    return started


def _is_one_line(done: subprocess.CompletedProcess[str], *words: str) -> bool:
    return done.returncode == 1 and done.stderr.count("\n") == 1 and all(word in done.stderr for word in words)


def test_a_port_in_use_is_one_line(run):
    port = free_ports() + 1
    with socket.create_server(("127.0.0.1", port)):
        done = run(KEEPSAKE_PORT=str(port - 1))

    assert _is_one_line(done, f"Port {port} is in use", "KEEPSAKE_PORT")


@pytest.mark.parametrize("port", ["0", "-1", "http", "65534", "3e3", "³"])
def test_a_senseless_port_is_one_line(run, port):
    assert _is_one_line(run(KEEPSAKE_PORT=port), "KEEPSAKE_PORT", "give a port")


def test_a_home_in_use_is_one_line(run, tmp_path):
    (tmp_path / "home").mkdir()

    with hold(tmp_path / "home"):
        done = run()

    assert _is_one_line(done, str(tmp_path / "home"), "KEEPSAKE_HOME")


def test_a_home_that_is_a_file_is_one_line(run, tmp_path):
    (tmp_path / "home").touch()

    assert _is_one_line(run(), str(tmp_path / "home"))


def test_a_missing_package_is_one_line():
    script = "import sys; sys.modules['psycopg'] = None; from local.__main__ import main; sys.exit(main())"

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert _is_one_line(done, "psycopg", "make run")


def test_a_home_that_cannot_be_made_is_one_line(run):
    assert _is_one_line(run(KEEPSAKE_HOME="/dev/null/home"), "/dev/null/home", "KEEPSAKE_HOME")
