"""A name is asked for once, all its addresses must be open, and what is connected to is one of them."""

import socket
import threading

import pytest

from shared.fetch.client import Fetcher
from shared.fetch.refusals import UpstreamUnavailable, UrlNotAllowed
from tests.shared.aws.scripted import OK, says
from tests.shared.fetch.conftest import PUBLIC, Dialled, Names

URL = "http://photos.example/a.jpg"


def fetch(names, dialled, url=URL, **options):
    return Fetcher(resolve=names, dial=dialled, floor=0, **options).get(url, seconds=5, max_bytes=100)


def test_a_name_that_changes_its_mind_is_never_asked_again(serve):
    names, dialled = Names([PUBLIC], ["127.0.0.1"]), Dialled(serve([says(OK)]))

    fetched = fetch(names, dialled)

    assert fetched.body == b"hi"
    assert (names.asked, dialled.addresses) == (["photos.example"], [PUBLIC])


def test_the_real_way_to_connect_takes_a_number_and_looks_nothing_up(serve, fetcher, monkeypatch):
    server, names = serve([says(OK)]), Names(["127.0.0.1"])
    port = server.origin.rpartition(":")[2]

    def looks_up(*_, **__):
        raise AssertionError("a second lookup")

    for way in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, way, looks_up)
    allowed = frozenset({f"stand-in.example:{port}"})
    fetched = fetcher(resolve=names, allow_private=allowed).get(
        f"http://stand-in.example:{port}/", seconds=5, max_bytes=100
    )

    assert fetched.body == b"hi"
    assert names.asked == ["stand-in.example"]


def test_the_server_still_hears_the_name(serve):
    server = serve([says(OK)])

    fetch(Names([PUBLIC]), Dialled(server))

    assert b"\r\nHost: photos.example\r\n" in server.requests[0]


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        [PUBLIC, "127.0.0.1"],
        [PUBLIC, "::1"],
        ["2606:4700::1111", "10.0.0.1"],
        ["2606:4700::1111", "fd00::1"],
        [PUBLIC, "::ffff:93.184.215.14"],
        ["64:ff9b::5db8:d70e"],
        ["fe80::1%2"],
        ["169.254.169.254"],
        [],
        ["not an address"],
    ],
)
def test_one_closed_address_closes_the_name(found):
    dialled = Dialled()

    with pytest.raises(UrlNotAllowed):
        fetch(Names(found), dialled)

    assert dialled.addresses == []


def test_a_name_that_does_not_exist_is_answered_like_one_that_leads_inside():
    told = []

    for answer in (["10.0.0.1"], socket.gaierror(socket.EAI_NONAME, "no"), socket.gaierror(socket.EAI_NODATA, "no")):
        with pytest.raises(UrlNotAllowed) as refused:
            fetch(Names(answer), Dialled())
        told.append((refused.value.message, refused.value.facts))

    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize("trouble", [socket.gaierror(socket.EAI_AGAIN, "later"), OSError("too many open files")])
def test_a_resolver_in_trouble_is_no_verdict_about_the_url(trouble):
    with pytest.raises(UpstreamUnavailable) as failed:
        fetch(Names(trouble), Dialled())

    assert failed.value.facts["failure_type"] == "not_sent"


def test_a_resolver_that_keeps_silent_is_not_waited_for_beyond_the_deadline():
    done = threading.Event()

    with pytest.raises(UpstreamUnavailable) as failed:
        Fetcher(resolve=lambda *_, **__: done.wait(10), dial=Dialled(), floor=0.03).get(URL, seconds=5, max_bytes=9)

    done.set()
    assert failed.value.facts == {"failure_type": "not_sent", "reason": "TimeoutError"}


def test_an_address_in_the_url_is_not_looked_up(serve):
    names, dialled = Names(["127.0.0.1"]), Dialled(serve([says(OK)]))

    fetch(names, dialled, url="http://8.8.8.8/")

    assert (names.asked, dialled.addresses) == ([], ["8.8.8.8"])


def test_when_one_address_takes_nobody_the_next_vetted_one_is_tried_but_not_for_ever():
    dialled = Dialled()
    found = [f"8.8.8.{number}" for number in range(50)]

    with pytest.raises(UpstreamUnavailable) as failed:
        fetch(Names(found), dialled)

    assert dialled.addresses == found[:4]
    assert failed.value.facts == {"failure_type": "not_sent", "reason": "ConnectionRefusedError"}
