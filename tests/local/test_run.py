"""The whole stack as a real process: how it comes up, what it leaves behind, what it survives."""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from local.aws import Aws
from local.home import ROOT
from local.processes import is_free
from local.stack import start
from shared.errors import Misconfigured
from tests.support.ports import free_ports

pytestmark = pytest.mark.xdist_group("own-stack")

PATIENCE = 60.0
# What a developer's shell may hold; a stack must not care, and no function may see it.
SHELL = {
    "AWS_PROFILE": "nobody",
    "AWS_ACCESS_KEY_ID": "a-real-key",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "HTTP_PROXY": "http://127.0.0.1:1",
    "http_proxy": "http://127.0.0.1:1",
    "DATABASE_URL": "postgresql://a-real-database",
    "CLOUDINARY_URL": "cloudinary://a-real-account",
}


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[bytes]
    home: Path
    port: int

    @property
    def facts(self) -> dict[str, Any]:
        return json.loads((self.home / "stack.json").read_text())

    def get(self, path: str, token: str = "") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        try:
            return connection.getresponse().status
        finally:
            connection.close()


Run = Callable[[], Running]


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ks-") as folder:
        yield Path(folder) / "home"


@pytest.fixture
def run(home: Path) -> Iterator[Run]:
    port, started = free_ports(), []

    def begin() -> Running:
        env = os.environ | SHELL | {"KEEPSAKE_HOME": str(home), "KEEPSAKE_PORT": str(port)}
        process = subprocess.Popen(
            [sys.executable, "-m", "local"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        started.append(process)
        _wait_until_it_says(process, b"Keepsake is running")
        return Running(process, home, port)

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
    for left in _processes_of(home):
        left.kill()


def test_a_terminated_stack_leaves_no_process_and_no_open_port(run, home):
    running = run()
    assert running.get("/health") == 200
    alive = _processes_of(home)

    running.process.send_signal(signal.SIGTERM)

    assert running.process.wait(PATIENCE) == 0
    assert b"stopped" in running.process.stdout.read()
    assert len(alive) >= 4
    assert _processes_of(home) == []
    assert all(is_free(port) for port in range(running.port, running.port + 3))


def test_a_running_stack_keeps_to_itself(run, home):
    """It listens on loopback alone, and no function sees the developer's own settings."""
    running = run()
    running.get("/health")
    everything = [psutil.Process(running.process.pid), *_processes_of(home)]
    workers = [process for process in everything if "_worker.py" in " ".join(process.cmdline())]

    listening = {address for process in everything for address in _listening(process)}
    told = json.dumps([worker.environ() for worker in workers])

    assert listening == {("127.0.0.1", port) for port in range(running.port, running.port + 3)}
    assert len(workers) > 0
    assert "a-real-" not in told
    assert "http_proxy" not in told.lower()


def test_a_killed_stack_starts_again_with_all_its_data(run, home):
    first = run()
    facts = first.facts
    version = _put(facts, b"kept")
    _execute(facts, "UPDATE projects SET name = 'Kept'")

    first.process.kill()
    first.process.wait(PATIENCE)
    second = run()

    assert second.facts["bucket"] == facts["bucket"]
    assert _body(second.facts, version) == b"kept"
    assert _put(second.facts, b"newer") != version
    assert _body(second.facts, version) == b"kept"
    assert _execute(second.facts, "SELECT name FROM projects") == [("Kept",)]
    assert second.get("/api/v1/photos/0", facts["token"]) not in {401, 403}


def test_a_stack_that_cannot_start_leaves_nothing_behind(home):
    port = free_ports()

    with pytest.raises(Misconfigured, match=r"no template\.yaml"):
        start(home, port, say=str, root=home.parent)

    assert _processes_of(home) == []
    assert all(is_free(number) for number in range(port, port + 3))


def _listening(process: psutil.Process) -> set[tuple[str, int]]:
    connections = process.net_connections("inet")
    return {tuple(one.laddr) for one in connections if one.status == psutil.CONN_LISTEN}


def _processes_of(home: Path) -> list[psutil.Process]:
    """Whatever names this home in its command line or in its environment."""
    return [process for process in psutil.process_iter() if process.pid != os.getpid() and _names(process, str(home))]


def _names(process: psutil.Process, home: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return home in " ".join(process.cmdline()) or home in process.environ().get("TMPDIR", "")
    except psutil.Error:
        return False


def _wait_until_it_says(process: subprocess.Popen[bytes], words: bytes) -> None:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if words in line:
            return
    raise AssertionError(b"".join(said).decode())


def _s3(facts: dict[str, Any]) -> Any:
    return Aws(facts["s3_endpoint"]).client("s3")


def _put(facts: dict[str, Any], body: bytes) -> str:
    return _s3(facts).put_object(Bucket=facts["bucket"], Key="test/kept", Body=body)["VersionId"]


def _body(facts: dict[str, Any], version: str) -> bytes:
    return _s3(facts).get_object(Bucket=facts["bucket"], Key="test/kept", VersionId=version)["Body"].read()


def _execute(facts: dict[str, Any], statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(facts["database_url"]) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []
