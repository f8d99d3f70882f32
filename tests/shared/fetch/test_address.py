"""Every way to write a closed address is seen through, and what parsers disagree about is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadRequest
from shared.fetch.address import Place, vet
from shared.fetch.networks import closed
from shared.fetch.refusals import UrlNotAllowed


def wide(text):
    """The same in full-width characters, which resolvers take for the plain ones."""
    return "".join(chr(ord(mark) + 0xFEE0) for mark in text)


CLOSED = [
    # loopback in every spelling that some resolver understands
    "http://127.0.0.1/", "http://127.0.0.1./", "http://127.1/", "http://127.0.1/", "http://2130706433/",
    "http://0x7f000001/", "http://0X7F.0.0.1/", "http://0x7f.1/", "http://0177.0.0.1/", "http://017700000001/",
    "http://0/", "http://0.0.0.0/", "http://127.000.000.001/", "http://127.0.0.0x1/", "http://4294967296/",
    "http://127.0.0.256/", "http://1.2.3.4.5/", "http://0x/", "http://256/",
    f"http://{wide('127.0.0.1')}/", f"http://{wide('2130706433')}/", f"http://{wide('0x7f000001')}/",
    f"http://127.0.0.{wide('1')}/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://127｡0｡0｡1/",
    # neighbours, metadata and nobody
    "http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xa9fea9fe/", "http://10.0.0.1/",
    "http://192.168.0.1/", "http://172.16.0.1/", "http://100.64.0.1/", "http://192.0.0.192/", "http://224.0.0.1/",
    "http://255.255.255.255/", "http://198.18.0.1/", "http://192.0.2.1/",
    # the same in IPv6
    "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[::ffff:a9fe:a9fe]/", "http://[::127.0.0.1]/", "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::169.254.169.254]/", "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/", "http://[2001:0:1::1]/", "http://[fc00::1]/", "http://[fd00:ec2::254]/",
    "http://[fe80::1]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://[2001:db8::1]/", "http://[100::1]/",
    "http://[:::]/", "http://[1:2:3]/", "http://[127.0.0.1]/",
    # what is no web address at all
    "file:///etc/passwd", "gopher://example.com/", "ftp://example.com/", "dict://example.com/", "data:text/plain,x",
    "javascript:alert(1)", "ldap://example.com/", "jar:http://example.com!/", "netdoc:///etc/passwd",
    "localhost:80/x", "unix:/var/run/docker.sock",
    # hosts that are no names
    "http://exa%6dple.com/", "http://127.0.0.1%2f.example.com/", "http://%31%32%37.0.0.1/", "http://a..b/",
    "http://.example.com/", "http://example.com../", "http://-a.com/", "http://a-.com/", "http://exa$mple.com/",
    f"http://a{wide('@')}b.com/", f"http://a.com{wide('/')}.b.com/", f"http://a.com{wide(chr(92))}b.com/", "http://℀.com/",
    "http://" + "a" * 64 + ".com/", "http://" + "a." * 130 + "com/", "http://" + "ü" * 250 + "/", "http://a,b/",
]  # fmt: skip
MALFORMED = [
    # credentials, and who is taken for the host behind them
    "http://user@example.com/", "http://user:pass@example.com/", "http://@example.com/",
    "http://example.com@127.0.0.1/", "http://a:b@c:d@example.com/", "https://example.com:80@127.0.0.1/",
    # what parsers drop, turn or break at
    "http://example.com\\@127.0.0.1/", "http:\\\\example.com\\", "http://example.com\\/", "http://example.com/\\x",
    "http://example.com/\t", "http://exam\tple.com/",
    "http://example.com/\r\nHost: x", "http://example.com/a\nb", "http://example.com/a b", " http://example.com/",
    "http://example.com/ ", "http://example.com/\x00", "http://example.com/\x7f", "http://example.com/\x1b",
    "http://example.com\u00a0/", "http://example.com/\ud800", "ht\ntp://example.com/",
    # doors that are no web server's
    "http://example.com:22/", "http://example.com:25/", "http://example.com:6379/", "http://example.com:8080/",
    "http://example.com:0/", "http://example.com:65536/", "http://example.com:99999/", "http://example.com:065616/",
    "http://127.0.0.1:6379/", "http://[::1]:22/",
    # what has no host, or no readable one
    "", "http", "http:", "http:/", "http://", "http:///etc/passwd", "http:/example.com/", "http:example.com",
    "//example.com/", "/x", "example.com/x", "http://?x", "http://#x", "http://:80/", "http://example.com:/",
    "http://example.com:80:80/", "http://example.com:a/", "http://example.com:+80/", f"http://example.com:{wide('80')}/",
    "http://::1/", "http://[::1/", "http://::1]/", "http://[::1]x/", "http://[fe80::1%25eth0]/", "http://[]/",
    "http://[v1.x]/", "http://a[b]c/", "1http://example.com/", "http://example.com/" + "a" * 8000,
]  # fmt: skip


@pytest.mark.parametrize("url", CLOSED)
def test_a_closed_address_is_refused_however_it_is_written(url):
    with pytest.raises(UrlNotAllowed) as refused:
        vet(url)

    assert (refused.value.status, refused.value.code) == (422, "url_not_allowed")


def test_every_closed_door_gets_the_same_words():
    told = set()

    for url in CLOSED:
        with pytest.raises(UrlNotAllowed) as refused:
            vet(url)
        told.add((refused.value.message, str(refused.value.facts)))

    assert len(told) == 1


@pytest.mark.parametrize("url", MALFORMED)
def test_what_parsers_disagree_about_is_refused_as_malformed(url):
    with pytest.raises(BadRequest) as refused:
        vet(url)

    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://example.com", Place("https", "example.com", 443, "/")),
        ("HTTP://EXAMPLE.com./a?b=c#d", Place("http", "example.com", 80, "/a?b=c")),
        ("https://example.com?x=/../", Place("https", "example.com", 443, "/?x=/../")),
        ("https://example.com/a@b:c/[d]?e@f", Place("https", "example.com", 443, "/a@b:c/[d]?e@f")),
        ("https://example.com#@127.0.0.1/", Place("https", "example.com", 443, "/")),
        ("http://example.com:443/%41%2f", Place("http", "example.com", 443, "/%41%2f")),
        ("https://b\u00fccher.example/\u00fc?\u00df", Place("https", "xn--bcher-kva.example", 443, "/%C3%BC?%C3%9F")),
        (f"https://{wide('example.com')}/", Place("https", "example.com", 443, "/")),
        ("https://my_bucket.s3.example/a'b\"<c>", Place("https", "my_bucket.s3.example", 443, "/a'b%22%3Cc%3E")),
        ("http://8.8.8.8/", Place("http", "8.8.8.8", 80, "/")),
        ("http://[2606:4700:0::1111]/", Place("http", "2606:4700::1111", 80, "/")),
        ("http://1.example.com/", Place("http", "1.example.com", 80, "/")),
    ],
)
def test_a_public_url_is_one_place_written_plainly(url, place):
    assert vet(url) == place


@pytest.mark.parametrize(
    ("url", "authority", "written"),
    [
        ("https://example.com:443/x", "example.com", "https://example.com/x"),
        ("http://example.com:443/x#y", "example.com:443", "http://example.com:443/x"),
        ("http://[2606:4700::1111]:443/", "[2606:4700::1111]:443", "http://[2606:4700::1111]:443/"),
    ],
)
def test_a_place_is_written_as_urls_and_host_headers_are(url, authority, written):
    place = vet(url)

    assert (place.authority, place.url) == (authority, written)


ALLOWED = frozenset({"127.0.0.1:4566", "localhost:4566", "[::1]:4566"})


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566/a", "http://localhost:4566/a", "http://[::1]:4566/a"])
def test_an_operator_opens_one_host_with_one_port(url):
    assert vet(url, allow=ALLOWED.__contains__).trusted


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4567/",
        "http://127.0.0.1/",
        "http://127.0.0.2:4566/",
        "http://2130706433:4566/",
        "http://[::ffff:127.0.0.1]:4566/",
        "http://a@127.0.0.1:4566/",
        "gopher://127.0.0.1:4566/",
        "http://localhost.:4567/",
        "http://other:4566/",
    ],
)
def test_nothing_is_opened_beside_what_an_operator_named(url):
    with pytest.raises((BadRequest, UrlNotAllowed)):
        vet(url, allow=ALLOWED.__contains__)


@given(st.text(max_size=40), st.sampled_from(["", "http://", "https://", "http://[", "http://127.", "http://a@"]))
def test_whatever_is_written_is_a_place_or_a_refusal(text, start):
    try:
        place = vet(start + text)
    except (BadRequest, UrlNotAllowed):
        return

    assert re.fullmatch(r"https?://[a-z0-9_.:\[\]-]+/[!-~]*|https?://[a-z0-9_.:\[\]-]+/", place.url)
    assert vet(place.url) == place
    assert not place.is_address or closed(place.host) is None
