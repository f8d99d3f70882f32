"""The stand-in as a process of its own."""

import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import cloudinary
import pytest
import urllib3
from cloudinary import uploader


@pytest.fixture
def launch(home, pytestconfig) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def _launch(port: int = 0, where: object = home) -> subprocess.Popen[str]:
        words = ["--port", str(port), "--home", str(where), "--cloud", "demo", "--key", "KEY", "--secret", "SECRET"]
        process = subprocess.Popen(
            [sys.executable, "-m", "local.stand_in", *words],
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


def ready_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 10)[0], "no line within ten seconds"
    line = process.stdout.readline()
    assert line.startswith("stand-in ready on 127.0.0.1:"), line
    return "http://" + line.split()[-1]


def test_a_process_says_when_it_is_ready_serves_and_ends_at_once(launch, monkeypatch, picture):
    process = launch()
    url = ready_url(process)
    monkeypatch.setenv("CLOUDINARY_URL", f"cloudinary://KEY:SECRET@demo?upload_prefix={url}")
    cloudinary.reset_config()
    urllib3.request("POST", f"{url}/_stand-in/faults", body=b'{"fault": "slow", "seconds": 60}', timeout=5)

    with pytest.raises(Exception, match="Read timed out"):
        uploader.upload(picture(), public_id="one", timeout=0.2)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=2)

    assert process.returncode == 0
    assert (out, err) == ("", "")


def test_a_port_in_use_is_one_clear_line(launch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        process = launch(port)
        out, err = process.communicate(timeout=10)

    assert process.returncode == 1
    assert out == ""
    assert err.startswith(f"stand-in: cannot listen on 127.0.0.1:{port}: ")
    assert err.count("\n") == 1


def test_a_home_that_cannot_be_is_one_clear_line(launch, tmp_path):
    (tmp_path / "file").touch()

    process = launch(where=tmp_path / "file")
    _, err = process.communicate(timeout=10)

    assert process.returncode == 1
    assert err.startswith("stand-in: cannot keep assets in ")
    assert err.count("\n") == 1
