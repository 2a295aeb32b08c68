"""Waits until a client has gone away. Must not be here: what is cancelled then.

A client that closes its connection and one that only ends its sending side look the same to who
reads: both send a FIN. Only writing tells them apart, for a closed one answers with a reset. An
interim response is something that any client must take at any time and that means nothing here
(RFC 9110, 15.2), so that is what is written.
"""

import os
import select
from collections.abc import Callable

import anyio

from vtmcp.transports.http_limits import HALF_CLOSE_GRACE_S, PIPELINED_BYTES_MAX
from vtmcp.transports.http_wire import Wire

INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
"""The one interim response that all clients know."""


async def wait_gone(wire: Wire, may_ask: Callable[[], bool]) -> None:
    """Return when the client is gone. `may_ask`: whether it would understand an interim response.

    What comes meanwhile is kept for later. Where the client cannot be asked, it is gone when it
    sends no more: over TLS at once, else after the grace.
    """
    while len(wire.buffer) < PIPELINED_BYTES_MAX and await wire.receive():
        pass
    if not wire.is_ended:
        # It is there, and sends more than is kept for it: the rest waits in its own buffers.
        await anyio.sleep_forever()
    socket = wire.socket()
    if wire.is_broken or socket is None or not hasattr(select, "poll"):
        return
    await anyio.sleep(HALF_CLOSE_GRACE_S)
    if not may_ask() or not _ask(socket.fileno()):
        return
    poll = select.poll()
    poll.register(socket, 0)
    # Nothing is asked for, so that only a reset is reported.
    while not poll.poll(0):
        await anyio.sleep(HALF_CLOSE_GRACE_S)


def _ask(descriptor: int) -> bool:
    """Write past the stream, in which nothing waits: no answer is started yet."""
    try:
        os.write(descriptor, INTERIM)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return True
