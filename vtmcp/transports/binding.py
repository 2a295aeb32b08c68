"""Binds the sockets to listen on: a name to addresses, both families, one port.

Must not be here: accepting and serving.
"""

import errno
import socket
from collections.abc import Iterable
from typing import NamedTuple, cast

import anyio
from anyio.abc import SocketAttribute, SocketListener

PORT_TRIES = 10
"""How often to look for a port that is free in both families."""

_HOSTS = {"": ("0.0.0.0", "::"), "localhost": ("127.0.0.1", "::1")}
"""Names that stand for one address in each family."""

_UNUSABLE = "choose an address of this machine"
_ADVICE = {
    errno.EADDRINUSE: "it is in use; stop what uses it, or choose another port",
    errno.EACCES: "that is not permitted; choose a port from 1024 on",
    errno.EADDRNOTAVAIL: f"this machine has no such address; {_UNUSABLE}",
    errno.EAFNOSUPPORT: f"this machine does not have that kind of address; {_UNUSABLE}",
}


class ListenError(Exception):
    """Listening is impossible; the text says where, why, and what to do."""


class Address(NamedTuple):
    """Where to listen or where we do; `str` gives it as in a URL."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


async def bind(host: str, port: int) -> list[SocketListener]:
    """Bind the host and port, and let clients queue there. Raises `ListenError`.

    No host is all interfaces, in both families. Port 0 is any free one, the same in both.
    """
    name = host.removeprefix("[").removesuffix("]")
    addresses = [Address(each, port) for each in _HOSTS.get(name.lower(), (name,))]
    tries = PORT_TRIES if port == 0 else 1
    while True:
        tries -= 1
        try:
            return await _bind_each(addresses)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not tries:
                raise ListenError(_explain(addresses, error)) from None


async def adopt(sockets: Iterable[socket.socket]) -> list[SocketListener]:
    """Listen on sockets that were bound elsewhere; they are closed as our own would be."""
    return [await SocketListener.from_socket(one) for one in sockets]


def address_of(listener: SocketListener) -> Address:
    """Where a listener listens."""
    address = listener.extra(SocketAttribute.local_address)
    return Address(str(address[0]), int(address[1]))


async def close_all(listeners: Iterable[SocketListener]) -> None:
    """Close each; to close twice does no harm."""
    for listener in listeners:
        await listener.aclose()


async def _bind_each(addresses: Iterable[Address]) -> list[SocketListener]:
    """Bind each address, but for those of a family that this machine does not have."""
    listeners: list[SocketListener] = []
    missing = None
    for host, wanted in addresses:
        # The first one's port is the port of all.
        port = address_of(listeners[0]).port if listeners else wanted
        try:
            bound = await anyio.create_tcp_listener(local_host=host, local_port=port)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                await close_all(listeners)
                raise
            missing = error
        else:
            listeners += cast("list[SocketListener]", bound.listeners)
    if missing is not None and not listeners:
        raise missing
    return listeners


def _explain(addresses: list[Address], error: OSError) -> str:
    where = " and ".join(map(str, addresses))
    if isinstance(error, socket.gaierror):
        return f"cannot listen on {where}: there is no host of that name; choose another"
    reason = _ADVICE.get(error.errno or 0, error.strerror or type(error).__name__)
    return f"cannot listen on {where}: {reason}"
