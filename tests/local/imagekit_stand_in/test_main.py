"""The stand-in as a process of its own."""

import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import urllib3


@pytest.fixture
def launch(tmp_path, pytestconfig) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def _launch(port: int = 0, home: object = tmp_path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "local.imagekit_stand_in", f"--port={port}", f"--home={home}", "--key=-K"],
            cwd=pytestconfig.rootpath,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield _launch
    for process in started:
        process.kill()
        process.communicate()


def test_a_process_says_when_it_is_ready_serves_and_ends_at_once(launch):
    process = launch()
    assert select.select([process.stdout], [], [], 10)[0], "no line within ten seconds"
    line = process.stdout.readline()
    assert line.startswith("imagekit stand-in ready on 127.0.0.1:"), line
    url, auth = f"http://{line.split()[-1]}", urllib3.make_headers(basic_auth="-K:")

    assert urllib3.request("GET", f"{url}/_stand-in/health", timeout=5).json() == {"ok": True}
    assert urllib3.request("GET", f"{url}/v1/files", headers=auth, timeout=5).json() == []
    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=2) == ("", "")
    assert process.returncode == 0


def test_a_port_in_use_is_one_clear_line(launch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = launch(port)
        out, err = process.communicate(timeout=10)

    assert (process.returncode, out) == (1, "")
    assert err.startswith(f"imagekit stand-in: cannot listen on 127.0.0.1:{port}: ")
    assert err.count("\n") == 1


def test_a_home_that_cannot_be_is_one_clear_line(launch, tmp_path):
    (tmp_path / "file").touch()

    process = launch(home=tmp_path / "file")
    _, err = process.communicate(timeout=10)

    assert process.returncode == 1
    assert err.startswith("imagekit stand-in: cannot keep files in ")
    assert err.count("\n") == 1
