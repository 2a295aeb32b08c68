"""The supervisor, with scripts for workers that do as their behaviour says."""

import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from vtmcp.logs import Log
from vtmcp.workers import control, restarts, supervisor, worker
from vtmcp.workers.supervisor import Plan, Supervisor
from vtmcp.workers.worker import Launch

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(os.name != "posix", reason="sockets are handed on there only"),
]

WAIT_S = 10
KEY = "the key of all"

SCRIPT = """
import json, os, signal, socket, sys

def say(kind, **more):
    control.sendall(json.dumps({"kind": kind, **more}).encode() + b"\\n")

def counts(number):
    return [{"name": "calls_total", "kind": "counter", "help": "", "labels": [], "bounds": [],
             "merge": "sum", "series": [[[], [number]]]}]

behaviour, descriptor = sys.argv[1], int(sys.argv[2])
control = socket.socket(fileno=descriptor)
lines = control.makefile("rb")
begin = json.loads(next(lines))
number = begin["number"]
assert begin["key"] not in " ".join(sys.argv)
exec(behaviour)
say("a word of a later version")
say("ready")
for line in lines:
    frame = json.loads(line)
    if frame["kind"] == "stop":
        stop() if "stop" in globals() else sys.exit(0)
    if frame["kind"] == "count":
        say("counts", counts=counts(number + 1), asked=True)
    if frame["kind"] == "total":
        found = {family["name"]: family["series"][0][1][0] for family in frame["counts"]}
        sys.exit(found["calls_total"] * 10 + found["vtmcp_workers"])
    if frame["kind"] == "note":
        sys.exit(frame["note"]["code"] + number)
"""


class Case:
    """A supervisor that runs, and what it logs."""

    def __init__(self, behaviour: str, workers: int, stop_s: float, **launch: Any) -> None:
        self.lines = Lines()
        self.closed = 0
        self.serving = anyio.Event()
        self.code = -1
        self.ended = anyio.Event()
        command = [sys.executable, "-c", SCRIPT, behaviour]
        defaults: dict[str, Any] = {"command": command, "env": {}, "sockets": (), "key": KEY}
        plan = Plan(Launch(**{**defaults, **launch}), workers, stop_s)
        self.supervisor = Supervisor(plan, Log(self.lines, format="json"))

    async def run(self) -> None:
        self.code = await self.supervisor.run(self.serving.set, self.close)
        self.ended.set()

    async def close(self) -> None:
        self.closed += 1

    async def until(self, is_true: Callable[[], bool]) -> None:
        while not is_true():
            await self.lines.wait()

    def logged(self, message: str) -> list[dict[str, Any]]:
        return [line for line in self.lines.found if line["msg"] == message]

    async def logs(self, message: str, count: int = 1) -> list[dict[str, Any]]:
        """The lines with that message, once there are so many."""
        await self.until(lambda: len(self.logged(message)) >= count)
        return self.logged(message)


class Lines(io.StringIO):
    """What is logged, and a way to wait for more."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, Any]] = []
        self._more = anyio.Event()

    def write(self, text: str) -> int:
        self.found += map(json.loads, text.splitlines())
        more, self._more = self._more, anyio.Event()
        more.set()
        return len(text)

    async def wait(self) -> None:
        await self._more.wait()


@asynccontextmanager
async def supervised(
    behaviour: str = "", workers: int = 2, stop_s: float = WAIT_S, **launch: Any
) -> AsyncIterator[Case]:
    """A supervisor while the block runs; it is told to end after it, if it has not ended."""
    case = Case(behaviour, workers, stop_s, **launch)
    with anyio.fail_after(WAIT_S):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(case.run)
            try:
                yield case
            except BaseException:
                print(case.lines.found)
                raise
            if not case.ended.is_set():
                os.kill(os.getpid(), signal.SIGTERM)
                await case.ended.wait()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restarts, "PAUSE_S", 0.01)


async def test_one_worker_serves_before_the_others_are_started() -> None:
    async with supervised(workers=3) as case:
        await case.serving.wait()
        started = await case.logs("worker started", 3)
        assert [line["worker"] for line in started] == [0, 1, 2]
        assert len({line["pid"] for line in started}) == 3
    assert case.code == 0
    assert case.closed == 1
    assert [line["msg"] for line in case.lines.found][-1] == "stopping"


async def test_settings_that_are_wrong_end_the_start() -> None:
    async with supervised("sys.exit(2)") as case:
        await case.ended.wait()
    assert case.code == 2
    assert len(case.logged("worker started")) == 1
    assert not case.serving.is_set()
    assert not case.logged("stopping")


async def test_settings_that_went_wrong_while_others_serve_end_nothing(tmp_path: Path) -> None:
    """A file that is just being replaced must not end a server that works."""
    path = tmp_path / "wrong"
    async with supervised(f"number and os.path.exists({str(path)!r}) and sys.exit(2)") as case:
        await case.serving.wait()
        path.touch()
        second = case.logged("worker started")[1]
        os.kill(second["pid"], signal.SIGKILL)
        ended = await case.logs("worker ended", 3)
        assert [line.get("signal", line.get("code")) for line in ended[:3]] == ["SIGKILL", 2, 2]
        path.unlink()
    assert case.code == 0
    assert {line["worker"] for line in case.logged("worker ended")} == {1}


HOW = {
    "an exit code": ("sys.exit(7)", {"code": 7}),
    "a signal": ("os.kill(os.getpid(), signal.SIGSEGV)", {"signal": "SIGSEGV"}),
    "a signal without a name": ("os.kill(os.getpid(), 40)", {"signal": "signal 40"}),
}


@pytest.mark.parametrize(("behaviour", "told"), HOW.values(), ids=HOW)
async def test_a_worker_that_dies_again_and_again_is_waited_for_longer(
    behaviour: str, told: dict[str, Any]
) -> None:
    async with supervised(f"if number: {behaviour}") as case:
        ended = await case.logs("worker ended", 6)
    assert [line["restart_s"] for line in ended[:6]] == [0.0, 0.0, 0.0, 0.01, 0.02, 0.04]
    assert all(line.items() >= {"worker": 1, **told}.items() for line in ended)
    assert case.code == 0
    # Not all have served yet.
    assert not case.serving.is_set()


async def test_a_worker_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    async with supervised(command=[str(tmp_path / "nothing")]) as case:
        await case.logs("worker cannot be started", 3)
        ended = await case.logs("worker ended", 2)
    assert ended[0]["code"] == 1
    assert case.logged("worker cannot be started")[0]["reason"] == "No such file or directory"
    assert case.code == 0


async def test_a_worker_that_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "MARGIN_S", 0.1)
    async with supervised("stop = lambda: signal.pause()", stop_s=0) as case:
        await case.serving.wait()
    assert case.code == 0


async def test_a_second_signal_kills_at_once() -> None:
    async with supervised("stop = lambda: signal.pause()", stop_s=3_600) as case:
        await case.serving.wait()
        os.kill(os.getpid(), signal.SIGINT)
        await case.logs("stopping")
        os.kill(os.getpid(), signal.SIGTERM)
        await case.ended.wait()
    assert case.code == 0


async def test_a_worker_that_closes_its_socket_has_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "MARGIN_S", 0.05)
    mute = "if not number: say('ready'); lines.close(); control.close(); signal.pause()"
    async with supervised(mute, workers=1, stop_s=0) as case:
        ended = await case.logs("worker ended")
    assert ended[0]["signal"] == "SIGKILL"


async def test_a_stop_reaches_a_worker_that_is_just_being_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = worker.start_worker
    begun, go_on = anyio.Event(), anyio.Event()

    async def slow(launch: Launch, number: int) -> worker.Worker:
        if number == 1:
            begun.set()
            await go_on.wait()
        return await whole(launch, number)

    monkeypatch.setattr(supervisor, "start_worker", slow)
    for signals in (1, 2):
        begun, go_on = anyio.Event(), anyio.Event()
        behaviour = "stop = lambda: signal.pause()" if signals > 1 else ""
        async with supervised(behaviour, workers=3) as case:
            await begun.wait()
            for _ in range(signals):
                os.kill(os.getpid(), signal.SIGTERM)
                await anyio.wait_all_tasks_blocked()
            # What is listened on stays open until the worker has it.
            assert case.closed == 0
            go_on.set()
            await case.ended.wait()
        assert case.code == 0
        assert case.closed == 1
        # The third has waited for its turn, and is started no more.
        assert len(case.logged("worker started")) == 2


ASKS = """
def ask(*_):
    # Two clients at once: each other worker is asked once.
    say("ask", number=9, counts=counts(3))
    say("ask", number=10, counts=counts(3))
number == 2 and signal.signal(signal.SIGUSR1, ask)
"""

TOTALS = {
    "each says how much it is": ("", 1 + 2 + 3),
    "one that hangs is counted by its last word": (
        "if number == 1: say('counts', counts=counts(20)); say('ready'); signal.pause()",
        1 + 20 + 3,
    ),
}


@pytest.mark.parametrize(("behaviour", "total"), TOTALS.values(), ids=TOTALS)
async def test_a_worker_is_told_the_counts_of_all(
    behaviour: str, total: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "GATHER_S", 0.2 if behaviour else WAIT_S)
    monkeypatch.setattr(supervisor, "MARGIN_S", 0.1)
    async with supervised(f"{ASKS}\n{behaviour}", workers=3, stop_s=0) as case:
        await case.serving.wait()
        os.kill(case.logged("worker started")[2]["pid"], signal.SIGUSR1)
        # It answers by the code that it ends with.
        ended = await case.logs("worker ended")
    assert ended[0]["code"] == total * 10 + 3


async def test_a_note_of_one_worker_reaches_all_others() -> None:
    tells = "signal.signal(signal.SIGUSR1, lambda *_: say('note', note={'code': 60}))"
    async with supervised(tells, workers=3) as case:
        await case.serving.wait()
        os.kill(case.logged("worker started")[0]["pid"], signal.SIGUSR1)
        ended = await case.logs("worker ended", 2)
    assert {line["code"] for line in ended} == {61, 62}


async def test_notes_for_a_worker_that_does_not_read_are_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(control, "WAITING_MAX", 0)
    told = "(say('note', note={'code': 60}), sys.exit(9))"
    tells = f"signal.signal(signal.SIGUSR1, lambda *_: {told})"
    async with supervised(tells) as case:
        await case.serving.wait()
        os.kill(case.logged("worker started")[0]["pid"], signal.SIGUSR1)
        ended = await case.logs("worker ended")
    assert [line["code"] for line in ended] == [9]
