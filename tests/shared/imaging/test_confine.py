"""A child that decodes can compute for a while, write to its pipe, and nothing else."""

import json
import os
import resource
import socket
from pathlib import Path

import pytest

from shared.errors import UnprocessableImage
from shared.imaging.child import render
from shared.imaging.confine import PIPE

SOON, ROOM = 20, 300


def told(look):
    """What a look around from inside the child finds."""

    def work(_):
        raise UnprocessableImage(json.dumps(look()))

    with pytest.raises(UnprocessableImage) as refused:
        render(b"", seconds=SOON, megabytes=ROOM, work=work)
    return json.loads(refused.value.message)


def open_here():
    return [number for number in range(256) if is_open(number)]


def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def refused(attempt):
    try:
        attempt()
    except OSError:
        return True
    return False


def test_a_child_can_open_nothing():
    attempts = (Path(__file__).read_bytes, socket.socket, os.pipe, lambda: os.dup(PIPE))

    assert told(lambda: [refused(attempt) for attempt in attempts]) == [True] * 4


def test_a_child_holds_its_pipe_and_nothing_of_the_parent():
    with Path(__file__).open() as mine:
        assert told(open_here) == [PIPE]
        assert mine.readline()


def test_a_child_leaves_no_core_and_no_file():
    limits = told(lambda: [resource.getrlimit(what) for what in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE)])

    assert limits == [[0, 0], [0, 0]]


def test_a_child_has_a_limit_on_cpu_time_that_needs_no_parent():
    assert told(lambda: resource.getrlimit(resource.RLIMIT_CPU)) == [SOON, SOON + 1]
