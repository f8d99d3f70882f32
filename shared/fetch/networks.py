"""Which addresses lead to us, to our neighbours or to nobody: the networks that are never connected to."""

from collections.abc import Mapping
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

# Written out, for `ipaddress` calls NAT64, 6to4, v4-compatible, site-local, multicast and 192.0.0.192 global.
CLOSED: Final[Mapping[str, str]] = {
    "0.0.0.0/8": "this host",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "behind a carrier's translation",
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": "a cloud's own services",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "protocol assignments",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "a sink",
    "192.52.193.0/24": "multicast tunnels",
    "192.88.99.0/24": "6to4 relays",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "a sink",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved or broadcast",
    "::/128": "this host",
    "::1/128": "loopback",
    "::/96": "v4-compatible",
    "::ffff:0:0/96": "v4-mapped",
    "::ffff:0:0:0/96": "v4-translated",
    "64:ff9b::/96": "NAT64",
    "64:ff9b:1::/48": "local NAT64",
    "100::/64": "discarded",
    "2001::/32": "Teredo",
    "2001::/23": "protocol assignments, benchmarking and ORCHID",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4",
    "2620:4f:8000::/48": "a sink",
    "3fff::/20": "documentation",
    "5f00::/16": "segment routing",
    "fc00::/7": "unique local",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
    # Only 2000::/3 was ever given out; what the rest will mean one day is not ours to guess.
    "::/3": "never given out",
    "4000::/2": "never given out",
    "8000::/1": "never given out",
}


def closed(address: str) -> str | None:
    """Say why this address is never connected to; nothing if it may be."""
    try:
        found = ip_address(address)
    except ValueError:
        return "not an address"
    return next((why for network, why in _networks() if _holds(network, found)), None)


def _holds(network: IPv4Network | IPv6Network, address: IPv4Address | IPv6Address) -> bool:
    return network.version == address.version and address in network


@cache
def _networks() -> tuple[tuple[IPv4Network | IPv6Network, str], ...]:
    return tuple((ip_network(network), why) for network, why in CLOSED.items())
