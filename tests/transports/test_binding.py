"""From a name and a port to bound sockets, or to an error that says what to do."""

import errno
import socket

import anyio
import pytest

from vtmcp.transports import binding
from vtmcp.transports.binding import Address, ListenError, address_of, bind, close_all

pytestmark = pytest.mark.anyio


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")

BOUND: dict[str, tuple[str, list[str]]] = {
    "localhost is both families": ("localhost", ["127.0.0.1", "::1"]),
    "localhost in capitals": ("LocalHost", ["127.0.0.1", "::1"]),
    "no host is all interfaces": ("", ["0.0.0.0", "::"]),
    "an address of IPv4": ("127.0.0.1", ["127.0.0.1"]),
    "an address of IPv6": ("::1", ["::1"]),
    "an address of IPv6 in brackets": ("[::1]", ["::1"]),
}


@ipv6
@pytest.mark.parametrize(("host", "hosts"), BOUND.values(), ids=BOUND)
async def test_bound(host: str, hosts: list[str]) -> None:
    listeners = await bind(host, 0)
    addresses = [address_of(listener) for listener in listeners]
    try:
        assert [address.host for address in addresses] == hosts
        assert len({address.port for address in addresses}) == 1
        assert addresses[0].port
        with anyio.fail_after(5):
            for address in addresses:
                await (await anyio.connect_tcp(*address)).aclose()
    finally:
        await close_all(listeners)


async def test_the_port_that_was_asked_for() -> None:
    listeners = await bind("127.0.0.1", 0)
    port = address_of(listeners[0]).port
    await close_all(listeners)
    again = await bind("127.0.0.1", port)
    assert address_of(again[0]) == ("127.0.0.1", port)
    await close_all(again)


def test_addresses_are_written_as_in_a_url() -> None:
    assert str(Address("127.0.0.1", 80)) == "127.0.0.1:80"
    assert str(Address("::1", 80)) == "[::1]:80"


async def test_an_occupied_port_is_named() -> None:
    listeners = await bind("127.0.0.1", 0)
    port = address_of(listeners[0]).port
    with pytest.raises(ListenError) as error:
        await bind("127.0.0.1", port)
    await close_all(listeners)
    assert str(error.value) == (
        f"cannot listen on 127.0.0.1:{port}: it is in use; stop what uses it, or choose another"
        " port"
    )


@ipv6
async def test_a_port_that_is_occupied_in_one_family_only_is_occupied() -> None:
    listeners = await bind("::1", 0)
    port = address_of(listeners[0]).port
    with pytest.raises(ListenError, match=rf"127\.0\.0\.1:{port} and \[::1\]:{port}: it is in use"):
        await bind("localhost", port)
    await close_all(listeners)
    # Nothing is left of the attempt.
    await close_all(await bind("127.0.0.1", port))


ERRORS: dict[str, tuple[OSError, str]] = {
    "a port for the administrator": (OSError(errno.EACCES, ""), "choose a port from 1024 on"),
    "an address of elsewhere": (OSError(errno.EADDRNOTAVAIL, ""), "choose an address of this"),
    "a family that is not there": (OSError(errno.EAFNOSUPPORT, ""), "choose an address of this"),
    "a name of nobody": (socket.gaierror(socket.EAI_NONAME, ""), "there is no host of that name"),
    "something else": (OSError(errno.ENOBUFS, "no space"), "h:1: no space"),
    "something without a name": (OSError(), "h:1: OSError"),
}


@pytest.mark.parametrize(("error", "text"), ERRORS.values(), ids=ERRORS)
async def test_what_is_impossible_is_explained(
    error: OSError, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(**more: object) -> None:
        raise error

    monkeypatch.setattr(anyio, "create_tcp_listener", fail)
    with pytest.raises(ListenError) as raised:
        await bind("h", 1)
    assert str(raised.value).startswith("cannot listen on h:1: ")
    assert text in str(raised.value)


class Attempts:
    """Binds as anyio does, but fails where the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failures: list[int | None]) -> None:
        self._failures = failures
        self._create = anyio.create_tcp_listener
        monkeypatch.setattr(anyio, "create_tcp_listener", self)

    async def __call__(
        self, *, local_host: str, local_port: int
    ) -> anyio.abc.Listener[anyio.abc.SocketStream]:
        failure = self._failures.pop(0) if self._failures else None
        if failure is not None:
            raise OSError(failure, "failed")
        return await self._create(local_host="127.0.0.1", local_port=0)


async def test_a_family_that_this_machine_does_not_have_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Attempts(monkeypatch, [None, errno.EAFNOSUPPORT])
    listeners = await bind("localhost", 0)
    assert len(listeners) == 1
    await close_all(listeners)


async def test_a_free_port_is_looked_for_until_it_is_free_in_both_families(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Attempts(monkeypatch, [None, errno.EADDRINUSE, None, errno.EADDRINUSE, None, None])
    listeners = await bind("localhost", 0)
    assert len(listeners) == 2
    await close_all(listeners)


async def test_a_free_port_is_not_looked_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    Attempts(monkeypatch, [errno.EADDRINUSE] * binding.PORT_TRIES)
    with pytest.raises(ListenError, match="it is in use"):
        await bind("localhost", 0)
