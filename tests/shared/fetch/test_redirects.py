"""A redirect is a new address from a stranger: it is vetted like the first, and only a few are followed."""

import pytest

from shared.fetch.client import Fetcher
from shared.fetch.refusals import UpstreamInvalid, UrlNotAllowed
from tests.shared.aws.scripted import OK, says
from tests.shared.fetch.conftest import PUBLIC, Dialled, Names


def moved(to, status=302):
    return says(b"HTTP/1.1 %d x\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, to))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_the_last_address_is_told(serve, fetcher, status):
    server = serve([moved(b"/b?c=d#e", status)], [says(OK)])

    fetched = fetcher(server).get(f"{server.origin}/a", seconds=5, max_bytes=9)

    assert (fetched.body, fetched.final_url) == (b"hi", f"{server.origin}/b?c=d")


@pytest.mark.parametrize(
    ("to", "target"),
    [
        (b"b", b"/x/b"),
        (b"../b", b"/b"),
        (b"?q", b"/x/y?q"),
        (b"/\xc3\xbc", b"/%C3%BC"),
        (b"/%C3%BC", b"/%C3%BC"),
    ],
)
def test_a_relative_redirect_stays_with_its_host(serve, fetcher, to, target):
    server = serve([moved(to)], [says(OK)])

    fetcher(server).get(f"{server.origin}/x/y?z", seconds=5, max_bytes=9)

    assert server.requests[1].startswith(b"GET " + target + b" HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "to",
    [
        b"http://169.254.169.254/latest/meta-data/",
        b"//169.254.169.254/",
        b"http://127.0.0.1/",
        b"http://[::ffff:127.0.0.1]/",
        b"http://0x7f.1/",
        b"http://localhost/",
        b"file:///etc/passwd",
        b"gopher://example.com/_",
        b"data:image/png,x",
        b"http://user@example.com/",
        b"http://example.com:22/",
        b"http://example.com:6379/",
        b"http://exam\\ple.com/",
        b"http://[bad/",
        b"//[bad/",
        b"http:///",
        b"http://\xe2\x91\xa0/",
    ],
)
def test_a_redirect_to_a_closed_door_is_a_closed_door(serve, fetcher, to):
    server, names = serve([moved(to)]), Names(["127.0.0.1"])

    with pytest.raises(UrlNotAllowed) as refused:
        fetcher(server, resolve=names).get(server.origin, seconds=5, max_bytes=9)

    assert refused.value.facts == {}
    assert len(server.requests) == 1


@pytest.mark.parametrize("to", [b"", b"/a\tb", b"http://exa\tmple.com/", b"/a b", b"/a\r\n b", b"/a\x0bb"])
def test_a_redirect_that_says_nothing_clear_is_refused(serve, fetcher, to):
    server = serve([moved(to)], [moved(to)], [moved(to)], [moved(to)])

    with pytest.raises(UpstreamInvalid):
        fetcher(server).get(server.origin, seconds=5, max_bytes=9)


@pytest.mark.parametrize("head", [b"", b"Location: /a\r\nLocation: /b\r\n"])
def test_a_redirect_without_one_address_is_refused(serve, fetcher, head):
    server = serve([says(b"HTTP/1.1 302 x\r\n" + head + b"Content-Length: 0\r\n\r\n")])

    with pytest.raises(UpstreamInvalid, match="where to"):
        fetcher(server).get(server.origin, seconds=5, max_bytes=9)


def test_three_redirects_are_followed(serve, fetcher):
    server = serve(*([moved(b"/x")] for _ in range(3)), [says(OK)])

    assert fetcher(server).get(server.origin, seconds=5, max_bytes=9).body == b"hi"


def test_of_thirty_redirects_only_three_are_followed(serve, fetcher):
    server = serve(*([moved(b"/x")] for _ in range(30)))

    with pytest.raises(UpstreamInvalid, match="more than 3 times") as refused:
        fetcher(server).get(server.origin, seconds=5, max_bytes=9)

    assert refused.value.status == 422
    assert len(server.requests) == 4


def test_each_redirect_is_looked_up_anew_and_each_only_once(serve):
    server = serve([moved(b"http://two.example/")], [says(OK)])
    names, dialled = Names([PUBLIC], ["8.8.4.4"], ["127.0.0.1"]), Dialled(server)

    Fetcher(resolve=names, dial=dialled, floor=0).get("http://one.example/", seconds=5, max_bytes=9)

    assert (names.asked, dialled.addresses) == (["one.example", "two.example"], [PUBLIC, "8.8.4.4"])


def test_a_host_that_moves_inside_between_two_steps_is_not_followed(serve):
    server = serve([moved(b"/again")])
    names, dialled = Names([PUBLIC], ["169.254.169.254"]), Dialled(server)

    with pytest.raises(UrlNotAllowed):
        Fetcher(resolve=names, dial=dialled, floor=0).get("http://one.example/", seconds=5, max_bytes=9)

    assert dialled.addresses == [PUBLIC]


def test_credentials_and_cookies_stay_with_the_host_they_were_given_for(serve, fetcher):
    other = serve([moved(b"/again")], [says(OK)])
    first = serve(
        [moved(b"/same")],
        [says(b"HTTP/1.1 302 x\r\nSet-Cookie: c=1\r\nLocation: %s\r\n\r\n" % other.origin.encode())],
    )
    secret = {"Authorization": "Bearer s", "Cookie": "c=0", "X-Api-Key": "k", "User-Agent": "me"}

    fetcher(first, other).get(first.origin, seconds=5, max_bytes=9, headers=secret)

    assert all(b"authorization: Bearer s" in request for request in first.requests)
    for request in other.requests:
        assert b"user-agent: me" in request
        for word in (b"authorization", b"cookie", b"x-api-key", b"referer"):
            assert word not in request.lower()
