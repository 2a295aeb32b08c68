"""From a name to an open connection: the look-up, the check of each address, the attempts.

The connection goes to an address that was checked, and to no second answer for the name.
Must not be here: which addresses are allowed (`hosts.py`), TLS and HTTP.
"""

import socket
from collections.abc import Callable, Iterable, Sequence

import anyio
from anyio.abc import SocketStream

from vtmcp.victoriatraces.hosts import Hosts

ADDRESSES_MAX = 16
"""A name with more addresses than this is no database's; each costs an attempt."""

HEAD_START_S = 0.25
"""An attempt gets so long before the next address is tried beside it (RFC 8305, section 5)."""

OnRefused = Callable[[str, str], None]
"""Told of each refused address: the address, and one of `hosts.REASONS`."""


class RefusedError(Exception):
    """No address is allowed. `reason` is one of `hosts.REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a name, each once, in the system's order; an address as it is.

    Raises `socket.gaierror` or `UnicodeError` when there is none.
    """
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(row[4][0] for row in found))[:ADDRESSES_MAX]


def choose(addresses: Iterable[str], hosts: Hosts, on_refused: OnRefused | None) -> list[str]:
    """Return the allowed addresses. Raises `RefusedError` when there is none."""
    allowed, reason = [], ""
    for address in addresses:
        refusal = hosts.refusal(address)
        if not refusal:
            allowed.append(address)
            continue
        reason = reason or refusal
        if on_refused is not None:
            on_refused(address, refusal)
    if not allowed:
        raise RefusedError(reason)
    return allowed


async def connect(addresses: Sequence[str], port: int) -> SocketStream:
    """Connect to the first address that accepts, in order, with a head start for each.

    Raises the `OSError` of the only address, or one whose cause is a group of all.
    """
    if len(addresses) == 1:
        return await anyio.connect_tcp(addresses[0], port)
    return await _Race(port).run(addresses)


class _Race:
    """Several attempts; the first connection wins, and what is left is closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._won: SocketStream | None = None
        self._errors: list[OSError] = []

    async def run(self, addresses: Sequence[str]) -> SocketStream:
        came_to_its_end = False
        try:
            async with anyio.create_task_group() as tasks:
                for address in addresses:
                    ended = anyio.Event()
                    tasks.start_soon(self._attempt, address, ended, tasks.cancel_scope)
                    with anyio.move_on_after(HEAD_START_S):
                        await ended.wait()
            came_to_its_end = True
        finally:
            if not came_to_its_end:  # Cancelled after an attempt had won: nobody will use it.
                await self._discard()
        if self._won is None:
            raise OSError("no address accepted") from ExceptionGroup("attempts", self._errors)
        return self._won

    async def _attempt(self, address: str, ended: anyio.Event, race: anyio.CancelScope) -> None:
        try:
            stream = await anyio.connect_tcp(address, self._port)
        except OSError as error:
            self._errors.append(error)
        else:
            if self._won is None:
                self._won = stream
                race.cancel()
            else:
                await anyio.aclose_forcefully(stream)
        finally:
            ended.set()

    async def _discard(self) -> None:
        if self._won is not None:
            with anyio.CancelScope(shield=True):
                await anyio.aclose_forcefully(self._won)
