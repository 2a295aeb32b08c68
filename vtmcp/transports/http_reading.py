"""Reads one request after the other from a connection. Must not be here: answering them."""

from collections.abc import Callable
from time import monotonic

from vtmcp.transports.http_chunks import ChunkedBody
from vtmcp.transports.http_gone import INTERIM
from vtmcp.transports.http_head import HALF_LINE_END, Head, parse_head
from vtmcp.transports.http_limits import HttpLimits
from vtmcp.transports.http_values import PeerGoneError, RefusalError, Request
from vtmcp.transports.http_wire import Wire

CheckHead = Callable[[Request], None]
"""Looks at a request before its body is waited for; raises `RefusalError` to do without."""


async def wait_for_request(wire: Wire, limits: HttpLimits) -> bool:
    """Wait for the first bytes of a request; False when the client sends no more."""
    wire.deadline_s = monotonic() + limits.idle_s
    return await wire.receive()


async def read_request(wire: Wire, limits: HttpLimits, check_head: CheckHead | None) -> Head:
    """Take the next request, whole, from the wire. Raises `RefusalError` or `PeerGoneError`."""
    head = parse_head(await _take_head(wire, limits), peer=wire.peer, is_tls=wire.is_tls)
    wire.is_last |= head.is_last
    if head.body_bytes or head.is_chunked:
        body = await _take_body(wire, head, limits, check_head)
        head = head._replace(request=head.request._replace(body=body))
    return head


async def _take_head(wire: Wire, limits: HttpLimits) -> bytes:
    buffer = wire.buffer
    # One empty line before a request is an old client's habit (RFC 9112, 2.2).
    start = 2 if buffer.startswith(b"\r\n") else 0
    end = buffer.find(b"\r\n\r\n", start)
    if end < 0:
        wire.deadline_s = monotonic() + limits.header_read_s
        end = await _find_end(wire, limits)
        start = 2 if buffer.startswith(b"\r\n") else 0
    if end - start > limits.header_bytes_max:
        raise _too_many_header_bytes(limits)
    head = bytes(buffer[start:end])
    del buffer[: end + 4]
    if head.count(b"\r\n") > limits.header_count_max:
        raise RefusalError(431, f"A request may have {limits.header_count_max} headers.")
    return head


async def _find_end(wire: Wire, limits: HttpLimits) -> int:
    """Receive until the head is whole, and no longer than it can become a good one."""
    buffer = wire.buffer
    looked_at = 0
    while (end := buffer.find(b"\r\n\r\n", max(2, looked_at - 3))) < 0:
        if buffer[0] < 0x21 and not b"\r\n".startswith(buffer[:2]):
            raise RefusalError(400, "This is not HTTP.")
        if HALF_LINE_END.search(buffer, looked_at):
            raise RefusalError(400, "Each line of the head must end with CR LF.")
        if len(buffer) > limits.header_bytes_max:
            raise _too_many_header_bytes(limits)
        # The last byte may be half a line's end, of which the other half is still to come.
        looked_at = len(buffer) - 1
        if not await wire.receive():
            if buffer == b"\r\n":
                raise PeerGoneError
            raise RefusalError(400, "The head of the request is not whole.")
    return end


async def _take_body(
    wire: Wire, head: Head, limits: HttpLimits, check_head: CheckHead | None
) -> bytes:
    if head.body_bytes > limits.body_bytes_max:
        raise RefusalError(413, f"A body may have {limits.body_bytes_max} bytes.")
    chunked = ChunkedBody(limits.body_bytes_max) if head.is_chunked else None
    if chunked is None and len(wire.buffer) >= head.body_bytes:
        return _take(wire.buffer, head.body_bytes)
    if check_head is not None:
        check_head(head.request)
    if head.expects_continue and not wire.buffer:
        await wire.send(INTERIM)
    wire.deadline_s = monotonic() + limits.body_read_s
    while not (
        chunked.feed(wire.buffer) if chunked is not None else len(wire.buffer) >= head.body_bytes
    ):
        if not await wire.receive():
            raise RefusalError(400, "The body of the request is not whole.")
    return bytes(chunked.data) if chunked is not None else _take(wire.buffer, head.body_bytes)


def _take(buffer: bytearray, count: int) -> bytes:
    taken = bytes(buffer[:count])
    del buffer[:count]
    return taken


def _too_many_header_bytes(limits: HttpLimits) -> RefusalError:
    return RefusalError(431, f"The head of a request may have {limits.header_bytes_max} bytes.")
