"""`MCP_WORKERS` with real processes: who serves, what a killed one takes along, how all end."""

import os
import signal
import socket
import threading
from http.client import HTTPException
from itertools import pairwise

import pytest

from tests.protocol.playbook import INITIALIZED, cancelled, initialize, request
from tests.workers.running import WAIT_S, Running, is_there, serving, started

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.name != "posix", reason="sockets are handed on there only"),
]

CALLED = 'mcp_victoriatraces_call_tool_total{name="services",is_error="false"}'
COUNTERS = ("_total", "_count", "_bucket", "_sum")


def test_each_worker_serves_on_the_one_socket() -> None:
    with serving(MCP_WORKERS="3") as running:
        assert len(set(running.workers)) == 3
        for pid in running.workers:
            connection = running.connect(pid)
            assert connection.get("/health/readiness") == (200, "Ready\n")
            assert not connection.call().get("isError")


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="what is open is seen on Linux only")
def test_clients_that_come_all_at_once_are_shared_out() -> None:
    with serving() as running:
        before = [_open(pid) for pid in running.workers]
        connections = [running.connect_any() for _ in range(20)]
        for connection in connections:
            connection.open()
        for connection in connections:
            assert connection.get("/health/liveness") == (200, "OK\n")
        taken = [_open(pid) - count for pid, count in zip(running.workers, before, strict=True)]
        assert sum(taken) == 20
        assert min(taken) > 0


def _open(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_a_session_of_one_worker_is_served_by_each() -> None:
    with serving() as running:
        one, other = (running.connect(pid) for pid in running.workers)
        status, _, session = one.post(initialize())
        assert status == 200
        headers = {"Mcp-Session-Id": session}
        assert other.post(INITIALIZED, **headers)[0] == 202
        for number, connection in enumerate((other, one, other), start=1):
            status, answer, _ = connection.post(
                request(number, "tools/call", name="services", arguments={}), **headers
            )
            assert status == 200
            assert answer["id"] == number
            assert not answer["result"].get("isError")


def test_what_no_worker_kept_is_refused_as_a_replica_would() -> None:
    """A stream is in one process; its client is told, and asks again without the id."""
    with serving() as running:
        one, other = (running.connect(pid) for pid in running.workers)
        session = one.post(initialize())[2]
        asked = {"Mcp-Session-Id": session, "Accept": "text/event-stream"}
        status, text = other.get("/mcp", **asked, **{"Last-Event-ID": "0123abcd.1-0"})
        assert status == 400
        assert "Last-Event-ID names no stream that is kept" in text
        assert other.post(cancelled(1), **{"Mcp-Session-Id": session})[0] == 202


def test_a_session_that_was_ended_at_one_is_over_at_each() -> None:
    with serving() as running:
        one, other = (running.connect(pid) for pid in running.workers)
        headers = {"Mcp-Session-Id": one.post(initialize())[2]}
        said = request(1, "tools/call", name="services", arguments={})
        assert other.post(said, **headers)[0] == 200
        assert one.delete(headers["Mcp-Session-Id"]) == 204
        assert one.post(said, **headers)[0] == 404
        # The word is on its way to the other; each answer is a wait.
        while other.post(said, **headers)[0] == 200:
            pass
        assert other.post(said, **headers)[0] == 404


def test_the_counts_are_those_of_all_workers_at_each() -> None:
    with serving() as running:
        one, other = (running.connect(pid) for pid in running.workers)
        for connection, calls in ((one, 3), (other, 4)):
            for _ in range(calls):
                connection.call()
        for connection in (one, other):
            found = connection.metrics()
            assert found[CALLED] == 7
            assert found["vtmcp_workers"] == 2
            assert found["vtmcp_worker_restarts_total"] == 0
            assert found["vtmcp_open_connections"] == 2


def test_a_worker_that_hangs_does_not_hold_up_the_counts() -> None:
    with serving() as running:
        one, other = (running.connect(pid) for pid in running.workers)
        one.call()
        assert other.metrics()[CALLED] == 1
        with running.alone(running.workers[1]):
            assert other.metrics()[CALLED] == 1


def test_a_worker_that_is_killed_under_load_is_replaced_and_takes_only_its_own_along() -> None:
    with serving() as running:
        victim, survivor = running.workers
        broken, whole = running.connect(victim), running.connect(survivor)
        watching = running.connect(survivor)
        calls, stop = Load(running, survivor), threading.Event()
        loads = [threading.Thread(target=calls.run, args=(stop,)) for _ in range(2)]
        for load in loads:
            load.start()
        seen = [watching.metrics()]
        for round in range(3):
            broken.call()
            seen.append(watching.metrics())
            os.kill(victim, signal.SIGKILL)
            ended = running.wait_for(r"worker ended.* pid=(\d+) signal=(\w+)")
            assert (int(ended[1]), ended[2]) == (victim, "SIGKILL")
            # Nothing is broken off: this connection is the other's.
            whole.call()
            seen.append(watching.metrics())
            with pytest.raises((OSError, HTTPException)):
                broken.call()
            victim = running.wait_for_worker()
            broken = running.connect(victim)
            seen.append(watching.metrics())
            assert seen[-1]["vtmcp_worker_restarts_total"] == round + 1
        stop.set()
        for load in loads:
            load.join(WAIT_S)
        assert calls.failures == []
        assert calls.done > 0
        for before, after in pairwise(seen):
            fallen = {
                name: (number, after.get(name))
                for name, number in before.items()
                if name.partition("{")[0].endswith(COUNTERS) and after.get(name, -1) < number
            }
            assert not fallen
        assert seen[-1]["vtmcp_workers"] == 2


class Load:
    """Calls without a break, over connections to one worker."""

    def __init__(self, running: Running, pid: int) -> None:
        self._connections = [running.connect(pid) for _ in range(2)]
        self.done = 0
        self.failures: list[BaseException] = []

    def run(self, stop: threading.Event) -> None:
        connection = self._connections.pop()
        try:
            while not stop.is_set():
                assert not connection.call().get("isError")
                self.done += 1
        except BaseException as error:
            self.failures.append(error)


def test_a_worker_that_is_told_to_end_does_so_in_order_and_is_replaced() -> None:
    with serving() as running:
        leaving, staying = running.workers
        running.connect(leaving).call()
        os.kill(leaving, signal.SIGTERM)
        assert running.wait_for(rf"worker ended.* pid={leaving} code=(\d+)")[1] == "0"
        assert running.wait_for_worker() != leaving
        # It told its last counts before it left, whenever that was.
        assert running.connect(staying).metrics()[CALLED] == 1


@pytest.mark.parametrize("everyone", [False, True], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_ends_all_in_good_order(everyone: bool) -> None:
    with serving(MCP_WORKERS="3") as running:
        for pid in running.workers:
            running.connect(pid)
        workers = list(running.workers)
        if everyone:
            os.killpg(running.process.pid, signal.SIGINT)
        else:
            running.signal(signal.SIGTERM)
        running.wait_for_end()
        assert running.process.wait(WAIT_S) == 0
        assert [line.partition("msg=")[2] for line in running.lines[-2:]] == [
            '"stopping"\n',
            '"stopped"\n',
        ]
        assert not any(map(is_there, workers))


def test_a_second_signal_ends_even_who_hangs_at_once() -> None:
    with serving(MCP_SHUTDOWN_TIMEOUT="1h") as running:
        workers = list(running.workers)
        os.kill(workers[0], signal.SIGSTOP)
        running.signal(signal.SIGTERM)
        running.wait_for("stopping")
        running.signal(signal.SIGTERM)
        running.wait_for_end()
        assert running.process.wait(WAIT_S) == 0
        assert not any(map(is_there, workers))


def test_nobody_is_left_when_the_supervisor_is_killed() -> None:
    with serving() as running:
        running.connect(running.workers[0])
        running.signal(signal.SIGKILL)
        running.wait_for_end()
        assert running.process.wait(WAIT_S) == -signal.SIGKILL
        with pytest.raises(ConnectionRefusedError):
            running.connect_any().get("/health/liveness")


def test_a_port_that_is_taken_ends_the_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with started(MCP_LISTEN_ADDR=f"127.0.0.1:{port}") as running:
            running.wait_for_end()
            assert running.process.wait(WAIT_S) == 2
    assert running.lines[-1].startswith(
        f"vtmcp: MCP_LISTEN_ADDR: cannot listen on 127.0.0.1:{port}"
    )
    assert not [line for line in running.lines if "worker started" in line]


WRONG = {
    "a certificate": ({"MCP_TLS_CERT_FILE": "no.pem", "MCP_TLS_KEY_FILE": "no.pem"}, "MCP_TLS_"),
    "a folder": ({"VT_DOCS_DIR": "no/such/folder"}, "VT_DOCS_DIR: "),
    "an address without a token": ({"MCP_LISTEN_ADDR": "0.0.0.0:0"}, "MCP_LISTEN_ADDR: "),
}


@pytest.mark.parametrize(("env", "told"), WRONG.values(), ids=WRONG)
def test_settings_that_no_worker_can_use_are_told_once(env: dict[str, str], told: str) -> None:
    with started(MCP_WORKERS="3", **env) as running:
        running.wait_for_end()
        assert running.process.wait(WAIT_S) == 2
    said = [line for line in running.lines if line.startswith("vtmcp: ")]
    assert len(said) == 1
    assert said[0].startswith(f"vtmcp: {told}")
    assert sum("worker started" in line for line in running.lines) == 1
