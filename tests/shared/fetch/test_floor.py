"""Whoever measures how long a refusal takes learns nothing of what is behind the door."""

import socket

import pytest

from shared.fetch.client import Fetcher
from shared.fetch.refusals import UpstreamUnavailable, UrlNotAllowed
from tests.shared.aws.scripted import OK, says
from tests.shared.fetch.conftest import PUBLIC, Clock, Dialled, Names

CLOSED = [
    ("http://127.0.0.1/", Names([])),
    ("http://10.0.0.1/", Names([])),
    ("gopher://example.com/", Names([])),
    ("http://inside.example/", Names(["10.0.0.1"])),
    ("http://mixed.example/", Names([PUBLIC, "10.0.0.1"])),
    ("http://nobody.example/", Names(socket.gaierror(socket.EAI_NONAME, "no"))),
    ("http://later.example/", Names(socket.gaierror(socket.EAI_AGAIN, "later"))),
    ("http://deaf.example/", Names([PUBLIC])),
    ("https://deaf.example/", Names([PUBLIC])),
]


@pytest.fixture
def clock():
    return Clock()


@pytest.mark.parametrize(("url", "names"), CLOSED)
def test_every_closed_door_takes_the_same_time(clock, url, names):
    fetcher = Fetcher(resolve=names, dial=Dialled(), clock=clock, sleep=clock.sleep, floor=3)

    with pytest.raises((UrlNotAllowed, UpstreamUnavailable)):
        fetcher.get(url, seconds=10, max_bytes=9)

    assert clock.slept == [3]


def test_the_same_words_for_a_door_that_is_deaf_and_for_one_that_is_slow(clock):
    def slow(address, port, seconds):
        clock.now += seconds
        raise TimeoutError

    told = []
    for dial in (Dialled(), slow):
        began = clock.now
        with pytest.raises(UpstreamUnavailable) as failed:
            Fetcher(resolve=Names([PUBLIC]), dial=dial, clock=clock, sleep=clock.sleep, floor=3).get(
                "http://x.example/", seconds=10, max_bytes=9
            )
        told.append((failed.value.message, failed.value.code, round(clock.now - began, 6)))

    assert told[0] == told[1]
    assert told[0][2] == 3


def test_only_what_is_missing_to_the_floor_is_slept(clock):
    def refuses_late(address, port, seconds):
        clock.now += 1
        raise ConnectionRefusedError

    with pytest.raises(UpstreamUnavailable):
        Fetcher(resolve=Names([PUBLIC]), dial=refuses_late, clock=clock, sleep=clock.sleep, floor=3).get(
            "http://x.example/", seconds=10, max_bytes=9
        )

    assert clock.slept == [2]


def test_an_address_that_swallows_everything_leaves_time_for_the_next():
    given = []

    def swallows(address, port, seconds):
        given.append(seconds)
        raise TimeoutError

    with pytest.raises(UpstreamUnavailable):
        Fetcher(
            resolve=Names(["8.8.8.8", "8.8.4.4"]), dial=swallows, clock=lambda: 0.0, sleep=given.append, floor=3
        ).get("http://x.example/", seconds=10, max_bytes=9)

    assert given == [1.5, 3, 3]


def test_the_floor_never_outlasts_the_deadline(clock):
    with pytest.raises(UrlNotAllowed):
        Fetcher(clock=clock, sleep=clock.sleep, floor=3).get("http://127.0.0.1/", seconds=2, max_bytes=9)

    assert clock.slept == [2]


def test_a_redirect_to_a_closed_door_takes_the_same_time_too(serve, clock):
    moved = b"HTTP/1.1 302 x\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"
    dial = Dialled(serve([says(moved)]))

    with pytest.raises(UrlNotAllowed):
        Fetcher(resolve=Names([PUBLIC]), dial=dial, clock=clock, sleep=clock.sleep, floor=3).get(
            "http://x.example/", seconds=10, max_bytes=9
        )

    assert clock.slept == [3]


def test_what_succeeds_waits_for_nothing(serve, clock):
    dial = Dialled(serve([says(OK)]))

    Fetcher(resolve=Names([PUBLIC]), dial=dial, clock=clock, sleep=clock.sleep, floor=3).get(
        "http://x.example/", seconds=10, max_bytes=9
    )

    assert clock.slept == []


def test_which_door_was_closed_is_in_our_log(clock, capsys):
    with pytest.raises(UrlNotAllowed):
        Fetcher(clock=clock, sleep=clock.sleep).get("http://169.254.169.254/", seconds=9, max_bytes=9)

    assert "169.254.169.254 is link-local" in capsys.readouterr().out
