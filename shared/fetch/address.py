"""Where a URL leads, by our own strict reading of it: one place, or a refusal before anything is looked up."""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address
from typing import Final
from urllib.parse import quote

from shared.errors import BadRequest
from shared.fetch.networks import closed
from shared.fetch.refusals import UrlNotAllowed

LONGEST_URL: Final = 8000
LONGEST_HOST: Final = 253
PORTS: Final = {"http": 80, "https": 443}
# What parsers disagree about: controls, spaces, backslashes, and halves of characters.
_AMBIGUOUS: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\\ud800-\udfff]").search
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):(.*)").fullmatch
_REST: Final = re.compile(r"//([^/?#]+)([^?#]*)(\?[^#]*)?(?:#.*)?").fullmatch
_AUTHORITY: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?").fullmatch
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)").fullmatch
# A last label like this makes resolvers read the whole host as a number: 127.1, 0x7f000001, 2130706433. Such a
# host is an address for us too, and closed unless it is written as four decimals.
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*").fullmatch
_AS_IT_IS: Final = "!$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True)
class Place:
    """What a vetted URL asks of whom; `host` is a name or a plain address, `trusted` that an operator allows it."""

    scheme: str
    host: str
    port: int
    target: str
    trusted: bool = False

    @property
    def is_address(self) -> bool:
        return ":" in self.host or _NUMBER(self.host.rpartition(".")[2]) is not None

    @property
    def authority(self) -> str:
        """The host as it is written in a URL and in the Host header."""
        host = _bracketed(self.host)
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        return self.origin + self.target


def vet(
    url: str,
    *,
    ports: AbstractSet[int] = frozenset(PORTS.values()),
    allow: Callable[[str], bool] | None = None,
) -> Place:
    """Take a URL apart; `allow` is asked for "host:port" and opens what is otherwise closed."""
    scheme, rest = _scheme(url)
    found = _REST(rest)
    if found is None:
        raise _malformed("there is no host in it")
    host, port = _host_and_port(found[1], PORTS[scheme])
    trusted = allow is not None and allow(f"{_bracketed(host)}:{port}")
    place = Place(scheme, host, port, _target(found[2], found[3] or ""), trusted)
    if not trusted:
        _check(place, ports)
    return place


def _scheme(url: str) -> tuple[str, str]:
    if len(url) > LONGEST_URL:
        raise _malformed(f"it is longer than {LONGEST_URL} characters")
    if _AMBIGUOUS(url):
        raise _malformed("it has a space, a control character or a backslash")
    found = _URL(url)
    if found is None:
        raise _malformed("it does not begin with https://")
    scheme = found[1].lower()
    if scheme not in PORTS:
        raise UrlNotAllowed(f"scheme {scheme}")
    return scheme, found[2]


def _host_and_port(authority: str, default: int) -> tuple[str, int]:
    if "@" in authority:
        raise _malformed("it has a user name or a password")
    found = _AUTHORITY(authority)
    if found is None:
        raise _malformed("its host or its port cannot be read")
    return _host(found[1]), int(found[2] or default)


def _host(written: str) -> str:
    if written.startswith("["):
        try:
            return str(IPv6Address(written[1:-1]))
        except AddressValueError as error:
            raise UrlNotAllowed("an IPv6 host that is none") from error
    name = _ascii(written).removesuffix(".")
    if len(name) > LONGEST_HOST or not all(map(_LABEL, name.split("."))):
        raise UrlNotAllowed("a host that is no name")
    return name


def _ascii(written: str) -> str:
    """What resolvers would make of it: full-width and circled digits become digits, other scripts punycode."""
    if len(written) > LONGEST_HOST:
        raise UrlNotAllowed("a host that is no name")
    try:
        return (written if written.isascii() else written.encode("idna").decode("ascii")).lower()
    except UnicodeError as error:
        raise UrlNotAllowed("a host that is no name") from error


def _check(place: Place, ports: AbstractSet[int]) -> None:
    if place.port not in ports:
        raise _malformed(f"only the ports {', '.join(map(str, sorted(ports)))} are fetched from")
    if place.is_address and (why := closed(place.host)):
        raise UrlNotAllowed(f"{place.host} is {why}")


def _target(path: str, query: str) -> str:
    return quote(path or "/", safe=_AS_IT_IS) + quote(query, safe=_AS_IT_IS)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _malformed(what: str) -> BadRequest:
    return BadRequest(f"This is not a URL that can be fetched: {what}. Give one like https://example.com/photo.jpg.")
