"""A small MCP client over a child process's standard input and output, for the demo.

It waits for each answer before the next question. Must not be here: what is asked, or how an
answer is shown.
"""

import contextlib
import subprocess
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from vtmcp import __version__
from vtmcp.protocol.codec import decode, encode
from vtmcp.protocol.errors import ParseError
from vtmcp.protocol.messages import Json
from vtmcp.protocol.versions import LATEST_LEGACY

SESSION_S = 55.0
"""How long a session may last in all: a server that hangs is ended within the demo's minute."""

END_S = 5.0
"""How long the server may take to end once its input is closed."""


class ServerFailedError(Exception):
    """The server ended, or answered with an error. The text says which."""


class StdioClient:
    """A session with the server that `command` starts; use it in a `with` block.

    Every method raises `ServerFailedError` only.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        session_s: float = SESSION_S,
        end_s: float = END_S,
    ) -> None:
        self._server = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._end_s = end_s
        self._last_id = 0
        self._session_s = session_s
        self._is_late = False
        self._watch = threading.Timer(session_s, self._end_late)
        self._watch.daemon = True

    def __enter__(self) -> Self:
        self._watch.start()
        try:
            self._initialize()
        except ServerFailedError:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def request(self, method: str, params: Json) -> Json:
        """Send a request and return its result."""
        self._last_id += 1
        self._write({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") != self._last_id:
                continue
            if "error" in message:
                raise ServerFailedError(f"{method}: {message['error']['message']}")
            result: Json = message["result"]
            return result

    def call(self, tool: str, arguments: Json) -> str:
        """Call a tool and return the text of its answer."""
        result = self.request("tools/call", {"name": tool, "arguments": arguments})
        text = "\n".join(block.get("text", "") for block in result["content"])
        if result.get("isError"):
            raise ServerFailedError(f"{tool}: {text}")
        return text

    def _initialize(self) -> None:
        self.request(
            "initialize",
            {
                "protocolVersion": LATEST_LEGACY,
                "capabilities": {},
                "clientInfo": {"name": "vtmcp demo", "version": __version__},
            },
        )
        self._write({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def _write(self, message: Json) -> None:
        assert self._server.stdin is not None
        try:
            self._server.stdin.write(encode(message) + b"\n")
            self._server.stdin.flush()
        except OSError:
            raise self._ended() from None

    def _read(self) -> Any:
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        if not line:
            raise self._ended()
        try:
            return decode(line)
        except ParseError:
            raise ServerFailedError("the server sent a line that is not JSON") from None

    def _ended(self) -> ServerFailedError:
        if self._is_late:
            return ServerFailedError(f"the server did not answer within {self._session_s:g} s")
        return ServerFailedError("the server ended without an answer")

    def _end_late(self) -> None:
        self._is_late = True
        self._server.kill()

    def _end(self) -> None:
        """Close its input, wait for its end, and end it if that takes too long."""
        self._watch.cancel()
        for pipe in (self._server.stdin, self._server.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):  # What a server that ended did not read.
                pipe.close()
        try:
            self._server.wait(self._end_s)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
