"""Which addresses a connection may go to. Pure; loaded by the first connection.

Must not be here: the look-up of names (`dialling.py`). What is judged is an address, never a
name: who answers for a name may answer differently the next time.
"""

import re
from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import NamedTuple

from vtmcp.victoriatraces.entrypoint import Entrypoint
from vtmcp.victoriatraces.settings import Settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ENTRIES_MAX = 1_000
"""A longer list is a mistake, and each new connection goes through it."""

VARIABLE = "VT_ALLOWED_HOSTS"
ACCEPTED = "names, addresses and networks, such as traces.example.com,10.0.0.7,fd12:3456::/32"

LINK_LOCAL = "link-local"
METADATA = "cloud metadata"
UNSPECIFIED = "unspecified"
MULTICAST = "multicast"
RESERVED = "broadcast or reserved"
DISGUISED = "IPv4 inside IPv6"
NOT_LOOPBACK = "not loopback"
NOT_LISTED = "not listed"

REASONS = (
    *(LINK_LOCAL, METADATA, UNSPECIFIED, MULTICAST),
    *(RESERVED, DISGUISED, NOT_LOOPBACK, NOT_LISTED),
)
"""All reasons for a refusal there are, fit for the label of a metric."""

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_.])?")
_LIKE_AN_ADDRESS = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?")
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class _Special(NamedTuple):
    """A network that is refused until an entry lists a part of it, and not merely all around."""

    network: Network
    reason: str


# The first that holds an address counts. Metadata services listen on these in the clouds of
# Amazon, Google, Azure, Alibaba, Oracle and Scaleway; most others listen on 169.254.169.254.
_SPECIAL = tuple(
    _Special(ip_network(text), reason)
    for reason, texts in (
        (UNSPECIFIED, ("0.0.0.0/8", "::/128")),
        (LINK_LOCAL, ("169.254.0.0/16", "fe80::/10")),
        (METADATA, ("100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32")),
        (METADATA, ("fd00:ec2::254/128", "fd20:ce::254/128", "fd00:42::42/128")),
        (METADATA, ("fd00:c1::a9fe:a9fe/128",)),
        (MULTICAST, ("224.0.0.0/4", "ff00::/8")),
        (RESERVED, ("240.0.0.0/4",)),
    )
    for text in texts
)
_MAPPED = ip_network("::ffff:0:0/96")
_TRANSLATED = ip_network("::ffff:0:0:0/96")
_COMPATIBLE = ip_network("::/96")
_NAT64 = ip_network("64:ff9b::/96")
_NAT64_LOCAL = ip_network("64:ff9b:1::/48")
_SIX_TO_FOUR = ip_network("2002::/16")
_TEREDO = ip_network("2001::/32")
_DISGUISES = (
    *(_MAPPED, _TRANSLATED, _COMPATIBLE, _NAT64, _NAT64_LOCAL),
    *(_SIX_TO_FOUR, _TEREDO),
)
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # RFC 5214: the upper half of the interface identifier.
_LOW_32 = 0xFFFF_FFFF


def host_fault(entry: str) -> str:
    """Say what is wrong with one entry of `VT_ALLOWED_HOSTS`, or return an empty text."""
    try:
        _read_network(entry)
    except ValueError:
        pass
    else:
        return ""
    if _LIKE_AN_ADDRESS.fullmatch(entry) or not _NAME.fullmatch(entry):
        return f"holds {entry[:60]!a}, which is none of what is accepted: {ACCEPTED}"
    return ""


class Hosts:
    """Judges the addresses that the name of one database leads to."""

    def __init__(self, entries: Iterable[str], *, host: str, loopback_only: bool) -> None:
        """`host` is the configured one. Raises `ValueError` for an entry that cannot be read."""
        names: set[str] = set()
        networks: list[Network] = []
        entries = tuple(entries)
        if len(entries) > ENTRIES_MAX:
            raise ValueError(f"{VARIABLE} has more than {ENTRIES_MAX} entries")
        for entry in entries:
            fault = host_fault(entry)
            if fault:
                raise ValueError(f"{VARIABLE} {fault}")
            try:
                networks.append(_read_network(entry))
            except ValueError:
                names.add(_plain_name(entry))
        self._networks = tuple(networks)
        self._any_host = not entries or _plain_name(host) in names
        self._loopback_only = loopback_only

    @classmethod
    def of(cls, settings: Settings, entrypoint: Entrypoint) -> "Hosts":
        """The rule for one database: over plain http only this machine, unless that is allowed."""
        loopback_only = entrypoint.scheme == "http" and not settings.allow_insecure
        return cls(settings.allowed_hosts, host=entrypoint.host, loopback_only=loopback_only)

    def refusal(self, text: str) -> str:
        """Return one of `REASONS` when the address must not be connected to, or nothing."""
        address = ip_address(text.partition("%")[0])
        entries = [entry for entry in self._networks if address in entry]
        reason = self._special(address, entries)
        if reason:
            return reason
        if self._loopback_only and not any(address in network for network in _LOOPBACK):
            return NOT_LOOPBACK
        return "" if entries or self._any_host else NOT_LISTED

    def _special(self, address: Address, entries: Iterable[Network]) -> str:
        """Return why nobody would mean this address, unless an entry within its kind lists it."""
        found = _kind(address)
        if found is None:
            return ""
        listing = [entry for entry in entries if _is_within(entry, found.network)]
        if not listing:
            return found.reason
        is_listed_itself = any(entry.num_addresses == 1 for entry in listing)
        if is_listed_itself or found.reason != DISGUISED or isinstance(address, IPv4Address):
            return ""
        for inner in _inner(address):
            reason = self._special(inner, [entry for entry in self._networks if inner in entry])
            if reason:
                return reason
        return ""


def _kind(address: Address) -> _Special | None:
    if address in _LOOPBACK[1]:
        return None
    for special in _SPECIAL:
        if address in special.network:
            return special
    if isinstance(address, IPv6Address):
        for network in _DISGUISES:
            if address in network:
                return _Special(network, DISGUISED)
        if int(address) >> 32 & _LOW_32 in _ISATAP:
            return _Special(ip_network(f"{address}/128"), DISGUISED)
    return None


def _inner(address: IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that traffic to the address may come out at."""
    number = int(address)
    if address in _SIX_TO_FOUR:
        return [IPv4Address(number >> 80 & _LOW_32)]
    if address in _TEREDO:
        return [IPv4Address(number >> 64 & _LOW_32), IPv4Address(~number & _LOW_32)]
    found = [IPv4Address(number & _LOW_32)]
    if address in _NAT64_LOCAL:  # RFC 6052, section 2.2: with 48 bits, bits 64 to 71 are skipped.
        found.append(IPv4Address((number >> 64 & 0xFFFF) << 16 | number >> 40 & 0xFFFF))
    return found


def _is_within(entry: Network, outer: Network) -> bool:
    return entry.network_address in outer and entry.broadcast_address in outer


def _read_network(entry: str) -> Network:
    if "%" in entry:
        raise ValueError("a zone is of one machine's interfaces only")
    bracketed = entry.startswith("[") and entry.endswith("]")
    return ip_network(entry[1:-1] if bracketed else entry)


def _plain_name(name: str) -> str:
    return name.lower().rstrip(".")
