"""Several processes: how the settings are shared out, and one worker from its start to its end.

The supervisor with real workers is in `tests/workers`.
"""

import http.client
import io
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest

from vtmcp import app, app_workers
from vtmcp.app_workers import begin_work, share_of, supervise
from vtmcp.cli import main
from vtmcp.config import Config, ConfigError
from vtmcp.logs import Log
from vtmcp.workers import frames
from vtmcp.workers.frames import KIND, Frame, read_frame, write_frame

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sockets are handed on there only")

KEY = "the key of all workers"
ENV = {
    "VT_INSTANCE_ENTRYPOINT": "demo",
    "MCP_SERVER_MODE": "http",
    "MCP_LISTEN_ADDR": "127.0.0.1:0",
}


def config(**env: str) -> Config:
    return Config.from_env({**ENV, **env})


SHARES: dict[str, tuple[dict[str, str], str, list[int]]] = {
    "calls at once": ({"MCP_TOTAL_CALLS": "7"}, "total_calls", [3, 2, 2]),
    "calls a minute": ({"MCP_TOTAL_RATE_LIMIT": "60"}, "total_rate_limit", [20, 20, 20]),
    "no limit on calls a minute": ({}, "total_rate_limit", [0, 0, 0]),
    "calls that wait": ({"MCP_QUEUE_CALLS": "2"}, "queue_calls", [1, 1, 0]),
    "what holds for one caller is not divided": ({"MCP_RATE_LIMIT": "9"}, "rate_limit", [9] * 3),
}


@pytest.mark.parametrize(("env", "field", "shares"), SHARES.values(), ids=SHARES)
def test_totals_are_shared_out(env: dict[str, str], field: str, shares: list[int]) -> None:
    whole = config(MCP_WORKERS="3", **env)
    found = [share_of(whole, number, KEY) for number in range(3)]
    assert [getattr(one, field) for one in found] == shares
    assert {one.session_key for one in found} == {KEY}


def test_another_system_is_told_to_take_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.name", "nt")
    with pytest.raises(ConfigError, match=r"^MCP_WORKERS: this system .*; accepted: 1$"):
        supervise(config(MCP_WORKERS="2"), ENV, Log(io.StringIO()))


def test_an_address_that_is_taken_is_told_with_its_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigError, match=f"^MCP_LISTEN_ADDR: cannot listen on {address}"):
            supervise(config(MCP_WORKERS="2", MCP_LISTEN_ADDR=address), ENV, Log(io.StringIO()))


class Kept:
    """A supervisor that keeps nobody, and looks at what it is given."""

    def __init__(self, plan: Any, log: Log) -> None:
        self.plan = plan

    async def run(self, serving: Any, closing: Any) -> int:
        serving()
        launch = self.plan.launch
        assert self.plan.workers == 2
        assert self.plan.stop_s == 3.0
        assert launch.env.items() >= {**ENV, "MCP_WORKERS": "2"}.items()
        assert len(launch.key) >= 32
        assert not any(launch.key in text for text in (*launch.command, *launch.env.values()))
        with socket.socket(fileno=os.dup(launch.sockets[0])) as listened:
            assert listened.getsockname()[0] == "127.0.0.1"
        await closing()
        await anyio.lowlevel.checkpoint()
        return 2


def test_the_code_of_the_supervisor_is_that_of_the_server(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app_workers, "Supervisor", Kept)
    assert app.run({**ENV, "MCP_WORKERS": "2"}) == 2
    lines = capfd.readouterr().err.splitlines()
    assert "workers=2" in lines[0]
    assert 'msg="listening" url=http://127.0.0.1:' in lines[1]
    assert len(lines) == 2


# ---- one worker ------------------------------------------------------------------------------


class Other(threading.Thread):
    """The supervisor of a worker in this process, which has the main thread."""

    def __init__(self, **begun: Any) -> None:
        super().__init__()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.control, theirs = socket.socketpair()
        self.control.settimeout(10)
        self.descriptor = theirs.detach()
        self.answers: list[tuple[int, str]] = []
        self.heard: list[Frame] = []
        self._lines = self.control.makefile("rb")
        self.say(frames.BEGIN, number=0, sockets=[os.dup(self.listener.fileno())], key=KEY, **begun)

    def say(self, kind: str, **more: Any) -> None:
        self.control.sendall(write_frame(kind, **more))

    def hear(self, kind: str) -> Frame:
        for line in self._lines:
            frame = read_frame(line)
            assert frame is not None
            self.heard.append(frame)
            if frame[KIND] == kind:
                return frame
        raise EOFError

    def run(self) -> None:
        try:
            self.hear(frames.READY)
            counts = self.hear(frames.COUNTS)["counts"]
            scraping = threading.Thread(target=self.get, args=("/metrics",))
            scraping.start()
            ask = self.hear(frames.ASK)
            self.say(frames.TOTAL, number=ask["number"], counts=counts)
            scraping.join()
            self.get("/health/readiness")
        finally:
            self.say(frames.STOP)
            for line in self._lines:
                self.heard.append(read_frame(line) or {})
            self._lines.close()
            self.control.close()
            self.listener.close()

    def get(self, path: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        self.answers.append((answer.status, answer.read().decode()))
        connection.close()


@contextmanager
def environment(monkeypatch: pytest.MonkeyPatch, **env: str) -> Iterator[None]:
    for name, value in {**ENV, "MCP_WORKERS": "2", **env}.items():
        monkeypatch.setenv(name, value)
    yield


def test_a_worker_serves_until_its_supervisor_says_stop(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    other = Other()
    other.start()
    with environment(monkeypatch):
        assert main(["__worker", str(other.descriptor)]) == 0
    other.join(10)
    (status, text), ready = other.answers
    assert status == 200
    assert "vtmcp_build_info{" in text
    assert ready == (200, "Ready\n")
    assert other.heard[-1][KIND] == frames.COUNTS
    # What concerns all is said by the supervisor.
    assert capfd.readouterr().err == ""


def test_a_worker_with_wrong_settings_says_so(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with environment(monkeypatch, MCP_LISTEN_ADDR="0.0.0.0:0"):
        ours, theirs = socket.socketpair()
        listener = socket.create_server(("127.0.0.1", 0))
        with ours, listener:
            descriptors = [os.dup(listener.fileno())]
            ours.sendall(write_frame(frames.BEGIN, number=0, sockets=descriptors, key=KEY))
            config_and_link = begin_work(os.environ, theirs.detach())
        monkeypatch.setattr(app_workers, "begin_work", lambda env, descriptor: config_and_link)
        assert main(["__worker", "9"]) == 2
        for one in (*config_and_link[1].sockets, config_and_link[1]._end):
            one.close()
        config_and_link[1]._notes.close()
        config_and_link[1]._noted.close()
    assert capfd.readouterr().err.startswith("vtmcp: MCP_LISTEN_ADDR: ")


@pytest.mark.parametrize("words", [[], ["x"], ["-1"]])
def test_nobody_but_a_supervisor_starts_a_worker(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with environment(monkeypatch):
        assert main(["__worker", *words]) == 2
    assert capfd.readouterr().err == (
        "vtmcp: __worker: this is started by the server itself, for MCP_WORKERS\n"
    )


def test_no_list_of_commands_names_it(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert main(["nothing"]) == 2
    heard = capfd.readouterr()
    assert "__worker" not in heard.out + heard.err
