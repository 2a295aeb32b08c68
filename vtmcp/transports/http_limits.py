"""What one client may cost. Must not be here: how the limits are held (`http_wire`, `http`)."""

from typing import NamedTuple

from vtmcp.protocol.framing import DOCUMENT_BYTES_MAX


class HttpLimits(NamedTuple):
    """Bounds on size, number and time. A client that reaches one loses its own connection only."""

    header_bytes_max: int = 32_768
    """Request line and headers together (431). Browsers and proxies send a few thousand bytes;
    a bearer token with many claims may have ten thousand."""

    header_count_max: int = 100
    """Headers in one request (431). Proxies add a dozen; each costs a little time to check."""

    body_bytes_max: int = DOCUMENT_BYTES_MAX
    """A body (413): as long as a document may be on any transport."""

    connections_max: int = 10_000
    """Open connections: a silent one costs about 11 KB and one descriptor. Over this bound the one
    that is idle for longest makes room, or else the one whose request is longest on its way, and
    if all are being answered the new one gets 503."""

    idle_s: float = 75.0
    """Silence before a request. Load balancers give up after 60 s, and should do so first:
    a request sent while we close would be lost."""

    header_read_s: float = 10.0
    """From the first byte of a head to its last (408). One packet or two, on any network."""

    body_read_s: float = 60.0
    """From the end of the head to the end of the body (408): the largest at 70 KB a second."""

    write_stall_s: float = 30.0
    """How long a client may not take what is sent to it. Longer than a mobile network's gaps."""


DEFAULT_LIMITS = HttpLimits()

PIECE_BYTES = 262_144
"""Large bodies are written in pieces, each with the time of `write_stall_s`: so a slow reader is
told from one that does not read. The smallest speed that follows is 9 KB a second."""

READ_BYTES = 65_536
"""One read takes no more: anyio's own default, and a good size for sockets."""

PIPELINED_BYTES_MAX = 65_536
"""What is kept of requests that come while one is being answered; then reading waits."""

LINGER_S = 2.0
"""How long what a client still sends is read after the last answer. Closing with bytes unread
resets the connection, and the reset can overtake the answer (RFC 9112, 9.6)."""

LINGER_BYTES_MAX = DOCUMENT_BYTES_MAX
"""And how much of it."""

CLOSE_S = 1.0
"""How long the farewell of TLS may take."""

HALF_CLOSE_GRACE_S = 0.25
"""How long a call goes on undisturbed when its client sends no more. Most end within it, and a
client that only closed its sending side needs not be asked whether it is still there."""

TICK_S_MAX = 1.0
"""How often time limits are looked at. They are coarse: a client gets up to this much more."""

CROWD_MIN = 1_000
"""From so many connections on, it is worth some 20 ms to collect what they leave behind."""
