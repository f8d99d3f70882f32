"""No address that leads to us, to our neighbours or to nobody is ever open."""

import pytest

from shared.fetch.networks import CLOSED, closed

HIDDEN = [
    "0.0.0.0", "0.1.2.3",  # noqa: S104
    "10.0.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1",
    "127.255.255.255", "168.63.129.16", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255",
    "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:53aa:64c::1", "2001:2::1",
    "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "3fff::1", "5f00::1",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%2", "febf::1", "fec0::1", "feff::1", "ff02::1", "ff0e::1",
    "1000::1", "4000::1", "9000::1", "e000::1",
    "localhost", "", "127.1", "0x7f.0.0.1", "1.1.1.1.1",
]  # fmt: skip
OPEN = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255",
    "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1",
    "2001:200::1", "2001:4860:4860::8888", "2003::1", "2400::1",
]  # fmt: skip


@pytest.mark.parametrize("address", HIDDEN)
def test_a_hidden_address_is_closed_and_it_is_known_why(address):
    assert closed(address)


@pytest.mark.parametrize("address", OPEN)
def test_a_public_address_is_open_also_beside_a_closed_network(address):
    assert closed(address) is None


@pytest.mark.parametrize("network", CLOSED)
def test_the_first_and_the_last_address_of_every_network_are_closed(network):
    from ipaddress import ip_network

    ends = ip_network(network)

    assert closed(str(ends[0]))
    assert closed(str(ends[-1]))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("169.254.169.254", "link-local"),
        ("::ffff:127.0.0.1", "v4-mapped"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("64:ff9b:1::1", "local NAT64"),
        ("2002:7f00:1::", "6to4"),
        ("fd00:ec2::254", "unique local"),
        ("9000::1", "never given out"),
        ("127.1", "not an address"),
    ],
)
def test_the_reason_is_the_most_telling_one(address, why):
    assert closed(address) == why
