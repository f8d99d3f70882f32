"""Which processes end, and which are none of our business."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.processes import Group, Processes, end_groups, is_free, members, require_free
from shared.errors import Misconfigured

SLEEP = "import time; time.sleep(60)"
WITH_CHILD = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
print("ready", flush=True)
time.sleep(60)
"""
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    found = Processes(tmp_path / "processes.json")
    yield found
    found.end()


@pytest.fixture
def spawn(processes: Processes, tmp_path: Path) -> Callable[[str], subprocess.Popen[bytes]]:
    def start(script: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", script]
        return processes.spawn("Sleeper", command, env={}, cwd=tmp_path, log=tmp_path / "log")

    return start


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_group_ends_with_the_children_it_has_made(spawn, processes, tmp_path):
    process = spawn(WITH_CHILD)
    _wait_for(tmp_path / "log")
    everyone = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]

    processes.end()

    assert len(everyone) == 2
    assert not any(_lives(one) for one in everyone)


def test_who_does_not_listen_is_made_to_end(spawn, tmp_path):
    process = spawn(STUBBORN)
    _wait_for(tmp_path / "log")

    end_groups([_group_of(process.pid)], polite_seconds=0.1)

    assert process.wait(timeout=5) == -9


def test_a_number_that_belongs_to_another_program_by_now_is_left_alone(spawn):
    process = spawn(SLEEP)
    recycled = Group("Sleeper", process.pid, _group_of(process.pid).created - 3600)

    end_groups([recycled], polite_seconds=0.1)

    assert process.poll() is None


def test_the_next_stack_ends_what_a_killed_one_left_running(spawn, tmp_path):
    process = spawn(SLEEP)
    next_one = Processes(tmp_path / "processes.json")

    names = next_one.end_leftovers()

    assert names == ["Sleeper"]
    assert process.wait(timeout=5) == -15
    assert json.loads((tmp_path / "processes.json").read_text()) == []


@pytest.mark.parametrize("content", ["", "[{", '[{"pid": 1}]', "7"])
def test_a_damaged_record_names_nobody(tmp_path, content):
    (tmp_path / "processes.json").write_text(content)

    assert Processes(tmp_path / "processes.json").end_leftovers() == []


def test_a_part_that_ended_by_itself_is_named(spawn, processes):
    spawn("pass").wait(timeout=5)

    assert processes.fallen() == "Sleeper"


def test_running_parts_are_not_fallen(spawn, processes):
    spawn(SLEEP)

    assert processes.fallen() is None


def test_what_ended_has_no_members(spawn):
    process = spawn("pass")
    group = Group("Sleeper", process.pid, 0.0)
    process.wait(timeout=5)

    assert members(group) == []


def test_a_served_port_is_refused_with_its_number_and_the_way_out(listener):
    port = listener.getsockname()[1]

    with pytest.raises(Misconfigured, match=rf"Port {port} is in use.*KEEPSAKE_PORT="):
        require_free([port])


def test_a_port_served_on_ipv6_alone_is_not_free():
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")

    with server:
        assert not is_free(server.getsockname()[1])


def test_a_port_nobody_serves_is_free(listener):
    port = listener.getsockname()[1]
    listener.close()

    assert is_free(port)


def _group_of(pid: int) -> Group:
    return Group("Sleeper", pid, psutil.Process(pid).create_time())


def _lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def _wait_for(log: Path) -> None:
    """Until the process said that it is set up."""
    deadline = time.monotonic() + 10
    while not log.read_text():
        assert time.monotonic() < deadline
        os.sched_yield()
