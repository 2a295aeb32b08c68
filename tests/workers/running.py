"""The product as several processes, and clients that reach a certain one of them, for tests."""

import http.client
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.protocol.playbook import modern
from vtmcp.protocol.messages import Json

WAIT_S = 20.0
"""Longer than anything here takes; who waits longer waits in vain."""

VERSION = "2026-07-28"


class Running:
    """A supervisor with its workers."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.lines: list[str] = []
        self.port = 0
        self.workers: list[int] = []
        """The process ids, by number."""
        self.connections: list[http.client.HTTPConnection] = []
        self._new: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The next line with the pattern."""
        while True:
            line = self._new.get(timeout=WAIT_S)
            if found := re.search(pattern, line):
                return found
            assert line, f"no {pattern} in {self.lines}"

    def wait_for_worker(self) -> int:
        """The process id of the next worker that is started."""
        found = self.wait_for(r"worker started.* worker=(\d+) pid=(\d+)")
        number, pid = int(found[1]), int(found[2])
        self.workers[number : number + 1] = [pid]
        return pid

    def wait_for_end(self) -> None:
        """Wait until nobody can write to standard error any more: no process is left."""
        while self._new.get(timeout=WAIT_S):
            pass
        self.workers.clear()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    @contextmanager
    def alone(self, pid: int) -> Iterator[None]:
        """Let no other worker do anything: whoever connects now is served by this one."""
        others = [other for other in self.workers if other != pid]
        for other in others:
            os.kill(other, signal.SIGSTOP)
        try:
            yield
        finally:
            for other in others:
                os.kill(other, signal.SIGCONT)

    def connect(self, pid: int) -> "Connection":
        """A connection that is served by this worker."""
        with self.alone(pid):
            connection = self.connect_any()
            assert connection.get("/health/liveness") == (200, "OK\n")
            return connection

    def connect_any(self) -> "Connection":
        http_connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        self.connections.append(http_connection)
        return Connection(http_connection)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.decode())
            self._new.put(self.lines[-1])
        self._new.put("")


class Connection:
    """One connection of a client."""

    def __init__(self, http: http.client.HTTPConnection) -> None:
        self._http = http

    def open(self) -> None:
        """Connect, and ask nothing yet."""
        self._http.connect()

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        self._http.request("GET", path, headers=headers)
        answer = self._http.getresponse()
        return answer.status, answer.read().decode()

    def metrics(self) -> dict[str, float]:
        """Each series of `/metrics`, and its value."""
        status, text = self.get("/metrics")
        assert status == 200
        lines = (line for line in text.splitlines() if not line.startswith("#"))
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}

    def call(self, tool: str = "services", **arguments: Any) -> Json:
        """The result of a call without a session."""
        said = modern(1, "tools/call", name=tool, arguments=arguments)
        headers = {"MCP-Protocol-Version": VERSION, "Mcp-Method": "tools/call", "Mcp-Name": tool}
        status, answer, _ = self.post(said, **headers)
        assert status == 200, answer
        result: Json = answer["result"]
        return result

    def post(self, said: Json, **headers: str) -> tuple[int, Json, str]:
        """Status, document and session of the answer."""
        accepted = "application/json, text/event-stream"
        headers = {"Content-Type": "application/json", "Accept": accepted, **headers}
        self._http.request("POST", "/mcp", json.dumps(said), headers)
        answer = self._http.getresponse()
        text = answer.read().decode()
        if text.startswith(("id:", "event:", "data:", ":")):
            text = next(
                line.removeprefix("data: ")
                for line in text.splitlines()
                if line.startswith("data: {")
            )
        return answer.status, json.loads(text or "{}"), answer.headers.get("mcp-session-id", "")

    def delete(self, session: str) -> int:
        self._http.request("DELETE", "/mcp", headers={"Mcp-Session-Id": session})
        answer = self._http.getresponse()
        answer.read()
        return answer.status


@contextmanager
def started(**env: str) -> Iterator[Running]:
    """Processes that begin to serve; all are gone after the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "vtmcp"],
        env={
            "PATH": os.environ["PATH"],
            "VT_INSTANCE_ENTRYPOINT": "demo",
            "MCP_SERVER_MODE": "http",
            "MCP_LISTEN_ADDR": "127.0.0.1:0",
            "MCP_WORKERS": "2",
            **env,
        },
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    running = Running(process)
    try:
        yield running
    finally:
        for connection in running.connections:
            connection.close()
        # A process that was stopped by a test would never see that its supervisor is gone.
        process.kill()
        for pid in running.workers:
            if is_there(pid):
                os.kill(pid, signal.SIGKILL)
        process.wait(WAIT_S)
        assert process.stderr is not None
        process.stderr.close()


@contextmanager
def serving(**env: str) -> Iterator[Running]:
    """Processes that all serve."""
    with started(**env) as running:
        for _ in range(int(env.get("MCP_WORKERS", "2"))):
            running.wait_for_worker()
        running.port = int(running.wait_for(r"listening.* url=\S+:(\d+)/mcp")[1])
        yield running


def is_there(pid: int) -> bool:
    """Whether the process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
