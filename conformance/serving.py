"""Serve the fixtures on any transport, guarded by a token if one is given.

Must not be here: what the fixtures are (`fixture`).
"""

import os
import sys
from collections.abc import Awaitable, Callable

from vtmcp.conformance.fixture import build

KEY_BYTES = 32
"""The length of the key that signs sessions: that of the hash it is used with."""

AUTHORIZATION_SERVER = "https://auth.example.com"
"""What the metadata document names; the fixtures know one token and no such server."""

EXIT_OK, EXIT_USAGE = 0, 2


def serve(transport: str, listen: str, auth_token: str | None) -> int:
    """Serve until the end of the input or a signal, and return the exit code."""
    if transport == "stdio":
        build().run_stdio()
        return EXIT_OK
    from vtmcp.transports.binding import ListenError  # noqa: PLC0415 - HTTP only

    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        return _refuse(f"--listen {listen!r} is not HOST:PORT")
    try:
        _serve_http(host.strip("[]"), int(port), auth_token, is_old=transport == "sse")
    except ListenError as error:
        return _refuse(str(error))
    return EXIT_OK


def _serve_http(host: str, port: int, auth_token: str | None, *, is_old: bool) -> None:
    from vtmcp.transports.access import TokenAccess  # noqa: PLC0415 - HTTP only
    from vtmcp.transports.binding import Address  # noqa: PLC0415
    from vtmcp.transports.guards import Guard, parse_host  # noqa: PLC0415
    from vtmcp.transports.http_values import Request  # noqa: PLC0415
    from vtmcp.web import METADATA_PATH, WebOptions  # noqa: PLC0415

    def told(addresses: list[Address], path: str) -> None:
        for address in addresses:
            print(f"listening on http://{address}{path}", file=sys.stderr, flush=True)

    def metadata_url(request: Request) -> str:
        return f"http://{request.header('host')}{METADATA_PATH}/mcp"

    named = parse_host(host)
    options = WebOptions(
        host=host,
        port=port,
        is_old=is_old,
        session_key=os.urandom(KEY_BYTES),
        guard=Guard(is_loopback=named is not None and named.is_loopback),
        listening=told,
    )
    if auth_token:
        options = options._replace(
            access=TokenAccess(auth_token, metadata_url=metadata_url),
            more=_metadata_paths("/sse" if is_old else "/mcp"),
        )
    build().run_http(options)


def _metadata_paths(endpoint: str) -> "dict[str, Callable[..., Awaitable[None]]]":
    from vtmcp.transports.access import METADATA_PATH, metadata  # noqa: PLC0415 - HTTP only
    from vtmcp.transports.http import Exchange  # noqa: PLC0415

    async def answer(exchange: Exchange) -> None:
        resource = f"http://{exchange.request.header('host')}{endpoint}"
        await exchange.respond(metadata(resource, [AUTHORIZATION_SERVER]))

    return {METADATA_PATH: answer, f"{METADATA_PATH}{endpoint}": answer}


def _refuse(problem: str) -> int:
    print(f"vtmcp conformance: {problem}", file=sys.stderr)
    return EXIT_USAGE
