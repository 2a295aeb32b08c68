"""Which addresses a connection may go to, whatever the name of the database leads to."""

import pytest

from vtmcp.victoriatraces.hosts import (
    DISGUISED,
    ENTRIES_MAX,
    LINK_LOCAL,
    METADATA,
    MULTICAST,
    NOT_LISTED,
    NOT_LOOPBACK,
    REASONS,
    RESERVED,
    UNSPECIFIED,
    Hosts,
    host_fault,
)


def hosts(*entries: str, host: str = "db.test", loopback_only: bool = False) -> Hosts:
    return Hosts(entries, host=host, loopback_only=loopback_only)


BY_DEFAULT = {
    "127.0.0.1": "",
    "127.8.9.10": "",
    "::1": "",
    "10.1.2.3": "",
    "172.16.0.1": "",
    "192.168.1.1": "",
    "100.64.0.1": "",
    "8.8.8.8": "",
    "fd12:3456::1": "",
    "2606:4700::1": "",
    "0.0.0.0": UNSPECIFIED,
    "0.1.2.3": UNSPECIFIED,
    "::": UNSPECIFIED,
    "169.254.169.254": LINK_LOCAL,
    "169.254.170.2": LINK_LOCAL,
    "169.254.0.1": LINK_LOCAL,
    "fe80::1": LINK_LOCAL,
    "fe80::1%eth0": LINK_LOCAL,
    "fe80::a9fe:a9fe": LINK_LOCAL,
    "100.100.100.200": METADATA,
    "168.63.129.16": METADATA,
    "192.0.0.192": METADATA,
    "fd00:ec2::254": METADATA,
    "fd20:ce::254": METADATA,
    "fd00:42::42": METADATA,
    "fd00:c1::a9fe:a9fe": METADATA,
    "224.0.0.1": MULTICAST,
    "239.255.255.255": MULTICAST,
    "ff02::1": MULTICAST,
    "240.0.0.1": RESERVED,
    "255.255.255.255": RESERVED,
    "::ffff:169.254.169.254": DISGUISED,
    "::ffff:10.0.0.1": DISGUISED,
    "::ffff:127.0.0.1": DISGUISED,
    "::ffff:0:169.254.169.254": DISGUISED,
    "::169.254.169.254": DISGUISED,
    "::2": DISGUISED,
    "64:ff9b::a9fe:a9fe": DISGUISED,
    "64:ff9b::10.0.0.1": DISGUISED,
    "64:ff9b:1::a9fe:a9fe": DISGUISED,
    "64:ff9b:1:a9fe:a9:fe00::": DISGUISED,
    "2002:a9fe:a9fe::1": DISGUISED,
    "2001:0:1:2:3:4:5601:5601": DISGUISED,
    "2001:db8::5efe:169.254.169.254": DISGUISED,
    "2001:db8::200:5efe:10.0.0.1": DISGUISED,
}


@pytest.mark.parametrize(("address", "reason"), BY_DEFAULT.items(), ids=BY_DEFAULT)
def test_by_default_private_networks_are_allowed_and_traps_are_not(
    address: str, reason: str
) -> None:
    assert hosts().refusal(address) == reason
    assert hosts("db.test").refusal(address) == reason
    assert hosts("0.0.0.0/0", "::/0").refusal(address) == reason
    assert reason in ("", *REASONS)


@pytest.mark.parametrize("address", BY_DEFAULT)
def test_an_address_that_is_listed_itself_is_allowed(address: str) -> None:
    assert hosts(address.partition("%")[0]).refusal(address) == ""


LISTED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "the name": (("db.test",), "10.0.0.1", ""),
    "the name in another case, with a dot": (("DB.Test.",), "10.0.0.1", ""),
    "another name": (("other.test",), "10.0.0.1", NOT_LISTED),
    "a name that ends alike": (("b.test",), "10.0.0.1", NOT_LISTED),
    "the address": (("10.0.0.1",), "10.0.0.1", ""),
    "another address": (("10.0.0.2",), "10.0.0.1", NOT_LISTED),
    "an address in brackets": (("[fd12::1]",), "fd12::1", ""),
    "a network": (("10.0.0.0/8",), "10.0.0.1", ""),
    "another network": (("10.0.0.0/8",), "192.168.0.1", NOT_LISTED),
    "a network of the other kind": (("::/0",), "192.168.0.1", NOT_LISTED),
    "the name or a network": (("db.test", "10.0.0.0/8"), "192.168.0.1", ""),
    "all of link-local": (("169.254.0.0/16",), "169.254.169.254", ""),
    "a part of link-local": (("fe80::/64",), "fe80::1", ""),
    "more than link-local": (("169.0.0.0/8",), "169.254.169.254", LINK_LOCAL),
    "a network around metadata": (("100.64.0.0/10",), "100.100.100.200", METADATA),
    "a network around metadata, elsewhere": (("100.64.0.0/10",), "100.100.100.201", ""),
    "NAT64": (("64:ff9b::/96",), "64:ff9b::10.0.0.1", ""),
    "NAT64 to metadata": (("64:ff9b::/96",), "64:ff9b::169.254.169.254", LINK_LOCAL),
    "NAT64 to metadata, both listed": (
        ("64:ff9b::/96", "169.254.169.254"),
        "64:ff9b::169.254.169.254",
        "",
    ),
    "local NAT64 to metadata at its end": (
        ("64:ff9b:1::/48",),
        "64:ff9b:1::169.254.169.254",
        LINK_LOCAL,
    ),
    "local NAT64 to metadata in its middle": (
        ("64:ff9b:1::/48",),
        "64:ff9b:1:a9fe:a9:fe01:203:405",
        LINK_LOCAL,
    ),
    "6to4 to metadata": (("2002::/16",), "2002:a9fe:a9fe::1", LINK_LOCAL),
    "6to4": (("2002::/16",), "2002:808:808::1", ""),
    "Teredo to a server of metadata": (("2001::/32",), "2001:0:a9fe:a9fe::f7f7:f7f7", LINK_LOCAL),
    "Teredo to a client at metadata": (
        ("2001::/32",),
        "2001:0:808:808:0:0:5601:5601",
        LINK_LOCAL,
    ),
    "mapped": (("::ffff:0:0/96",), "::ffff:10.0.0.1", ""),
}


@pytest.mark.parametrize(("entries", "address", "reason"), LISTED.values(), ids=LISTED)
def test_a_list_decides(entries: tuple[str, ...], address: str, reason: str) -> None:
    assert hosts(*entries).refusal(address) == reason


PLAIN = {
    "127.0.0.1": "",
    "::1": "",
    "10.0.0.1": NOT_LOOPBACK,
    "8.8.8.8": NOT_LOOPBACK,
    "fd12::1": NOT_LOOPBACK,
    "169.254.169.254": LINK_LOCAL,
    "::ffff:127.0.0.1": DISGUISED,
}


@pytest.mark.parametrize(("address", "reason"), PLAIN.items(), ids=PLAIN)
def test_plain_http_stays_on_this_machine(address: str, reason: str) -> None:
    assert hosts(loopback_only=True).refusal(address) == reason


def test_plain_http_stays_on_this_machine_even_where_others_are_listed() -> None:
    assert hosts("10.0.0.0/8", loopback_only=True).refusal("10.0.0.1") == NOT_LOOPBACK


GOOD = ["db", "db.test.", "a_b-c.test", "10.0.0.1", "10.0.0.0/8", "::1", "[::1]", "fd00::/8", "a1"]
BAD = [
    *("", " ", "db:10428", "http://db", "10.0.0.1/8", "10.0.0.256", "10.0.0", "2130706433"),
    *("0x7f.1", "[db]", "*.test", "a b", "10.0.0.0/33", "fe80::1%eth0/128", "db/24", "d\u0430ta"),
    *("x" * 254, "-db", "db\n"),
]


@pytest.mark.parametrize("entry", GOOD)
def test_an_entry_that_can_be_read(entry: str) -> None:
    assert host_fault(entry) == ""


@pytest.mark.parametrize("entry", BAD)
def test_an_entry_that_cannot_be_read(entry: str) -> None:
    with pytest.raises(ValueError, match=r"^VT_ALLOWED_HOSTS holds .* what is accepted: names"):
        hosts(entry)


def test_a_list_is_bounded() -> None:
    assert hosts(*["db"] * ENTRIES_MAX)
    with pytest.raises(ValueError, match="more than 1000 entries"):
        hosts(*["db"] * (ENTRIES_MAX + 1))
