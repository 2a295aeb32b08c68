"""The server that a command line names, as a link, and a conversation with it from end to end.

Must not be here: what is asked.
"""

import os
import re
import shlex
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import anyio

from vtmcp.shell.client import Client
from vtmcp.shell.faults import Fault, UnreachableError, UsageError
from vtmcp.shell.links import Link, child, in_process
from vtmcp.shell.options import Options
from vtmcp.shell.spinner import Spinner

if TYPE_CHECKING:
    from vtmcp.conformance.http_client import Address

Found = TypeVar("Found")

NO_DATABASE = {"VT_INSTANCE_ENTRYPOINT": "demo"}
"""For what asks no database at all: then none needs to be configured."""

_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*[=:]\s*(.*)", re.DOTALL)


def converse(
    options: Options,
    what: str,
    ask: Callable[[Client], Awaitable[Found]],
    *,
    needs_database: bool = True,
) -> Found:
    """Open the server, ask, and close it; `what` is shown meanwhile. Raises `Fault`."""
    timeout_s = options.timeout_s

    async def main() -> Found:
        # Task groups wrap what is raised in them; so a fault leaves them as a value.
        fault: Fault | None = None
        async with _opened(options, needs_database) as link, anyio.create_task_group() as tasks:
            spinner = Spinner(what, is_verbose=options.is_verbose)
            tasks.start_soon(spinner.run)
            try:
                with anyio.fail_after(timeout_s):
                    level = "info" if options.is_verbose else ""
                    client = Client(link, spinner, log_level=level)
                    await client.open()
                    return await ask(client)
            except Fault as error:
                fault = error
            except TimeoutError:
                fault = UnreachableError(f"no answer within {timeout_s:g} s (--timeout)")
            finally:
                tasks.cancel_scope.cancel()
        assert fault is not None
        raise fault

    return anyio.run(main)


@asynccontextmanager
async def _opened(options: Options, needs_database: bool) -> AsyncIterator[Link]:
    command, url = options.one("--stdio"), options.one("--url")
    if command and url:
        raise UsageError("one of --stdio and --url; what is meant for the tool stands after --")
    if "--header" in options.values and not url:
        raise UsageError("--header goes with --url")
    if command:
        async with child(_words(command), is_verbose=options.is_verbose) as link:
            yield link
    elif url:
        from vtmcp.shell.web_link import WebLink  # noqa: PLC0415 - only with --url

        address = _address(url)
        async with WebLink(address, _headers(options, address, os.environ)) as web:
            yield web
    else:
        async with _configured(options, needs_database) as link:
            yield link


@asynccontextmanager
async def _configured(options: Options, needs_database: bool) -> AsyncIterator[Link]:
    """The server that the environment configures, in this process, for its owner."""
    from vtmcp.app import build  # noqa: PLC0415 - only where no server is named
    from vtmcp.config import Config, ConfigError  # noqa: PLC0415
    from vtmcp.logs import Log  # noqa: PLC0415

    # How it would listen, and to whom, is no matter here.
    env = {**os.environ, "MCP_SERVER_MODE": "stdio"}
    if not needs_database:
        env |= NO_DATABASE
    if not env.get("MCP_LOG_LEVEL"):
        # What a call warns of, its answer says too.
        env["MCP_LOG_LEVEL"] = "debug" if options.is_verbose else "error"
    try:
        config = Config.from_env(env)
        log = Log(sys.stderr, level=config.log_level, format=config.log_format)
        server, source = build(config, log)
    except ConfigError as error:
        hint = "; or name a server: --url, --stdio" if "ENTRYPOINT" in str(error) else ""
        raise UsageError(f"{error}{hint}") from None
    try:
        async with in_process(server) as link:
            yield link
    finally:
        await source.aclose()


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--stdio: {error}") from None
    if not words:
        raise UsageError("--stdio needs a command")
    return words


def _address(url: str) -> "Address":
    from vtmcp.conformance.http_client import address_of  # noqa: PLC0415 - only with --url

    try:
        return address_of(url)
    except ValueError as error:
        raise UsageError(f"--url: {error}") from None


def _headers(options: Options, address: "Address", env: Mapping[str, str]) -> dict[str, str]:
    """What is sent with each request: the given headers, and the token of the environment.

    The token is not given to whoever listens on a network; a header on the command line is.
    """
    headers = {}
    for text in options.values.get("--header", ()):
        found = _HEADER.fullmatch(text)
        if found is None:
            raise UsageError(f"--header: {text.partition('=')[0][:40]!r} is not NAME=VALUE")
        headers[found[1]] = found[2]
    token = env.get("MCP_AUTH_TOKEN", "")
    if token and not any(name.lower() == "authorization" for name in headers):
        if address.scheme == "http" and not address.is_loopback:
            raise UsageError(
                "MCP_AUTH_TOKEN is not sent over plain http to another machine; use https, or"
                " --header Authorization=... to send one all the same"
            )
        headers["Authorization"] = f"Bearer {token}"
    return headers
