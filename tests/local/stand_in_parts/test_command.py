"""Each stand-in as a process of its own."""

import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import urllib3


@dataclass(frozen=True)
class Command:
    """How one stand-in is started, what it calls itself and what it keeps, and what it tells those it knows."""

    module: str
    words: tuple[str, ...]
    name: str
    keeps: str
    path: str
    user: str
    tells: object


COMMANDS = (
    Command(
        "local.stand_in",
        ("--cloud=demo", "--key=KEY", "--secret=-S"),
        "stand-in",
        keeps="assets",
        path="/v1_1/demo/ping",
        user="KEY:-S",
        tells={"status": "ok"},
    ),
    Command(
        "local.imagekit_stand_in",
        ("--key=-K",),
        "imagekit stand-in",
        keeps="files",
        path="/v1/files",
        user="-K:",
        tells=[],
    ),
)


@pytest.fixture(params=COMMANDS, ids=lambda command: command.module)
def command(request) -> Command:
    return request.param


@pytest.fixture
def launch(command, tmp_path, pytestconfig) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def _launch(port: int = 0, home: object = tmp_path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", command.module, f"--port={port}", f"--home={home}", *command.words],
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


def ready_url(process: subprocess.Popen[str], name: str) -> str:
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 10)[0], "no line within ten seconds"
    line = process.stdout.readline()
    assert line.startswith(f"{name} ready on 127.0.0.1:"), line
    return "http://" + line.split()[-1]


def test_a_process_says_when_it_is_ready_serves_and_ends_at_once(launch, command):
    process = launch()
    url, auth = ready_url(process, command.name), urllib3.make_headers(basic_auth=command.user)

    assert urllib3.request("GET", url + command.path, headers=auth, timeout=5).json() == command.tells
    urllib3.request("POST", f"{url}/_stand-in/faults", body=b'{"fault": "slow", "seconds": 60}', timeout=5)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        urllib3.request("GET", url + command.path, headers=auth, retries=False, timeout=0.2)
    process.send_signal(signal.SIGTERM)

    assert process.communicate(timeout=2) == ("", "")
    assert process.returncode == 0


def test_a_port_in_use_is_one_clear_line(launch, command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        process = launch(port)
        out, err = process.communicate(timeout=10)

    assert (process.returncode, out) == (1, "")
    assert err.startswith(f"{command.name}: cannot listen on 127.0.0.1:{port}: ")
    assert err.count("\n") == 1


def test_a_home_that_cannot_be_is_one_clear_line(launch, command, tmp_path):
    (tmp_path / "file").touch()

    process = launch(home=tmp_path / "file")
    _, err = process.communicate(timeout=10)

    assert process.returncode == 1
    assert err.startswith(f"{command.name}: cannot keep {command.keeps} in ")
    assert err.count("\n") == 1
