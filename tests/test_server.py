"""The engine embedded: fifteen lines make a server, and a process of it starts and ends well."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import anyio
import pytest

import vtmcp
from tests.clients import settle
from tests.descriptors import standard_pipes
from tests.protocol.playbook import INITIALIZED, initialize, modern, request
from vtmcp import Context, Prompt, Resource, Server, Tool, resource_updated
from vtmcp.protocol.messages import Json
from vtmcp.transports.memory import MemoryChannel, channel_pair

ROOT = Path(__file__).parents[1]
END_S = 10
"""How long a process may take in all; none comes near it."""

EXAMPLE = """
from vtmcp import Server, Tool

class Add(Tool):
    name = "add"
    description = "Add two whole numbers"
    input_schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    }
    async def call(self, arguments, context):
        return str(arguments["a"] + arguments["b"])

Server("adder", tools=[Add()]).run_stdio()
"""

PROCESS = """
import subprocess, sys
from contextlib import asynccontextmanager
import anyio
from vtmcp import Server, Tool
from vtmcp.serve import Limits

class Doing(Tool):
    name = "doing"
    input_schema = {"type": "object"}
    async def call(self, arguments, context):
        for _ in range(100):
            await anyio.lowlevel.checkpoint()
        return "done"

class Hanging(Doing):
    name = "hanging"
    async def call(self, arguments, context):
        await anyio.sleep_forever()

class Speaking(Doing):
    name = "speaking"
    async def call(self, arguments, context):
        print("stray")
        sys.stdout.flush()
        subprocess.run([sys.executable, "-c", "import sys; print('child' + sys.stdin.read())"])
        print("said to the original", file=sys.__stdout__, flush=True)
        return "said"

class Filling(Doing):
    name = "filling"
    async def call(self, arguments, context):
        return "x" * arguments["bytes"]

async def closing():
    print("closed", file=sys.stderr)

@asynccontextmanager
async def beside():
    print("begun", file=sys.stderr)
    try:
        yield
    finally:
        print("ended", file=sys.stderr)

tools = [Doing(), Hanging(), Speaking(), Filling()]
server = Server("process", tools=tools, limits=Limits(shutdown_s=float(sys.argv[1])))
server.run_stdio(document_bytes_max=1000, closing=closing, beside=beside)
"""


class Noting(Resource):
    uri = "note://a"
    name = "a"

    async def read(self, context: Context) -> str:
        await context.publish(resource_updated(self.uri))
        return "noted"


class Greeting(Prompt):
    name = "greet"

    async def get(self, arguments: Any, context: Context) -> str:
        return "hello"


class Adding(Tool):
    name = "add"

    async def call(self, arguments: Json, context: Context) -> str:
        return "3"


# ---- in this process --------------------------------------------------------------------------


async def talk(server: Server, messages: Sequence[Json], answers: int) -> list[Json]:
    """What a new client of `server` hears when it says all this."""
    ours, theirs = channel_pair()
    heard = []
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.conversation(ours).run)
            for message in messages:
                await theirs.send(json.dumps(message).encode())
            for _ in range(answers):
                heard.append(await decoded(theirs))
            theirs.close()
    ours.close()
    return heard


async def decoded(channel: MemoryChannel) -> Json:
    document = await channel.receive()
    assert isinstance(document, bytes)
    message: Json = json.loads(document)
    return message


DECLARED: dict[str, tuple[Server, Json]] = {
    "nothing but logs": (Server("n"), {"logging": {}}),
    "not even logs": (Server("n", logging=False), {}),
    "tools": (Server("n", tools=[Adding()], logging=False), {"tools": {"listChanged": True}}),
    "resources that can be watched": (
        Server("n", resources=[Noting()], subscribe=True, logging=False),
        {"resources": {"listChanged": True, "subscribe": True}},
    ),
    "resources that come later": (
        Server("n", resources=lambda: [Noting()], logging=False),
        {"resources": {"listChanged": True}},
    ),
    "watching alone": (
        Server("n", subscribe=True, logging=False),
        {"resources": {"subscribe": True}},
    ),
    "extensions": (
        Server("n", prompts=[Greeting()], extensions={"a/b": {}}, logging=False),
        {"prompts": {"listChanged": True}, "completions": {}, "extensions": {"a/b": {}}},
    ),
}


@pytest.mark.parametrize(("server", "capabilities"), DECLARED.values(), ids=DECLARED)
def test_a_server_declares_what_it_was_given(server: Server, capabilities: Json) -> None:
    assert server.profile.capabilities == capabilities


def test_a_server_says_who_it_is() -> None:
    server = Server("n", "1.2", info={"title": "N"}, instructions="do this", page_items=1)
    [greeting] = anyio.run(talk, server, [initialize()], 1)
    assert greeting["result"]["serverInfo"] == {"name": "n", "version": "1.2", "title": "N"}
    assert greeting["result"]["instructions"] == "do this"


def test_an_embedded_server_serves() -> None:
    server = Server("n", tools=[Adding()])
    said = [initialize(), INITIALIZED, request(1, "tools/call", name="add")]
    heard = anyio.run(talk, server, said, 2)
    assert heard[1]["result"] == {"content": [{"type": "text", "text": "3"}]}


def test_pages_are_as_long_as_was_said_and_calls_are_observed() -> None:
    seen: list[str] = []
    server = Server(
        "n",
        tools=[Adding(), type("Other", (Adding,), {"name": "other"})()],
        page_items=1,
        observe=lambda observed: seen.append(observed.method),
    )
    first = anyio.run(talk, server, [modern(1, "tools/list")], 1)[0]["result"]
    assert [tool["name"] for tool in first["tools"]] == ["add"]
    said = [modern(1, "tools/list", cursor=first["nextCursor"])]
    second = anyio.run(talk, server, said, 1)[0]["result"]
    assert [tool["name"] for tool in second["tools"]] == ["other"]
    assert seen == ["tools/list", "tools/list"]


def test_everyone_who_listens_hears_what_is_published() -> None:
    async def main() -> list[Json]:
        server = Server("n", resources=[Noting()], subscribe=True)
        wanted = {"resourceSubscriptions": ["note://a"]}
        clients = []
        async with anyio.create_task_group() as tasks:
            for number in range(2):
                ours, theirs = channel_pair()
                clients.append((ours, theirs))
                tasks.start_soon(server.conversation(ours).run)
                said = modern(number, "subscriptions/listen", notifications=wanted)
                await theirs.send(json.dumps(said).encode())
                await theirs.receive()
            await server.publish(resource_updated("note://a"))
            heard = [await decoded(theirs) for _, theirs in clients]
            tasks.cancel_scope.cancel()
        for ends in clients:
            for end in ends:
                end.close()
        return heard

    with anyio_bound():
        heard = anyio.run(main)
    assert [message["params"]["uri"] for message in heard] == ["note://a", "note://a"]


@contextmanager
def anyio_bound() -> Iterator[None]:
    """A bound for what has no event loop of its own to be bounded in."""

    def too_long(number: int, frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(END_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_standard_input_is_served_until_its_end_and_closing_comes_last() -> None:
    events: list[str] = []

    async def closing() -> None:
        events.append("closed")

    with standard_pipes() as ends, anyio_bound():
        ends.to_server.write(json.dumps(request(1, "ping")).encode() + b"\n")
        ends.to_server.close()
        Server("n").run_stdio(closing=closing)
        assert json.loads(ends.from_server.readline()) == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert events == ["closed"]


def test_without_anything_to_close_the_end_is_the_end() -> None:
    with standard_pipes() as ends, anyio_bound():
        ends.to_server.close()
        Server("n").run_stdio()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_the_client_is_there(number: signal.Signals) -> None:
    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Server("n").serve_stdio)
            await settle()
            os.kill(os.getpid(), number)

    with standard_pipes(), anyio_bound():
        anyio.run(main)


def test_where_signals_cannot_be_received_it_serves_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(*numbers: int) -> None:
        raise NotImplementedError

    monkeypatch.setattr(anyio, "open_signal_receiver", none)
    with standard_pipes() as ends, anyio_bound():
        ends.to_server.close()
        Server("n").run_stdio()


# ---- the public names -------------------------------------------------------------------------


@pytest.mark.parametrize("name", vtmcp.__all__)
def test_each_public_name_is_there(name: str) -> None:
    assert getattr(vtmcp, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'vtmcp' has no attribute 'nope'"):
        _ = vtmcp.nope


# ---- as a process -----------------------------------------------------------------------------


def start(
    script: str = PROCESS, shutdown_s: float = 5, stdin: Any = subprocess.PIPE, **more: Any
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(shutdown_s)],
        cwd=ROOT,
        stdin=stdin,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},
    )


@contextmanager
def started(**more: Any) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]]:
    """A server that is up: it has answered `initialize`. It is gone after the block."""
    with start(**more) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            server.stdin.write(lines(initialize(), INITIALIZED))
            server.stdin.flush()
            assert json.loads(server.stdout.readline())["id"] == 0
            yield server, server.stdin, server.stdout
        finally:
            server.kill()


def lines(*messages: Any) -> bytes:
    return b"".join(
        message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
        for message in messages
    )


def run(*messages: Any, **more: Any) -> tuple[dict[Any, Json], str]:
    """Everything said to a server that then ends: its messages by id, and its stderr."""
    server = start(**more)
    with anyio_bound():
        out, err = server.communicate(lines(*messages), timeout=END_S)
    assert server.returncode == 0, err
    heard = [json.loads(line) for line in out.splitlines()]
    return {message.get("id"): message for message in heard}, err.decode()


def call(request_id: Any, name: str, **arguments: Any) -> Json:
    return modern(request_id, "tools/call", name=name, arguments=arguments)


def text_of(message: Json) -> str:
    text: str = message["result"]["content"][0]["text"]
    return text


def test_fifteen_lines_are_a_server() -> None:
    assert len([line for line in EXAMPLE.splitlines() if line]) <= 15
    said = request(1, "tools/call", name="add", arguments={"a": 1, "b": 2})
    heard, err = run(initialize(), INITIALIZED, said, script=EXAMPLE)
    assert heard[0]["result"]["serverInfo"]["name"] == "adder"
    assert text_of(heard[1]) == "3"
    assert err == ""


def test_at_the_end_of_input_a_running_call_is_answered() -> None:
    heard, err = run(call(1, "doing"))
    assert text_of(heard[1]) == "done"
    assert err == "begun\nended\nclosed\n"


def test_at_the_end_of_input_a_call_that_hangs_is_given_up() -> None:
    heard, _ = run(call(1, "hanging"), call(2, "doing"), shutdown_s=0.2)
    assert heard.keys() == {2}


def test_at_the_end_of_input_large_answers_are_all_written() -> None:
    heard, _ = run(*(call(number, "filling", bytes=700_000) for number in range(6)))
    assert heard.keys() == set(range(6))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_in_good_order(number: signal.Signals) -> None:
    with started(shutdown_s=0) as (server, to_server, _):
        to_server.write(lines(call(1, "hanging")))
        to_server.flush()
        server.send_signal(number)
        assert server.wait(END_S) == 0
        assert server.stderr is not None
        assert server.stderr.read() == b"begun\nended\nclosed\n"


def test_what_a_tool_prints_goes_to_stderr() -> None:
    heard, err = run(call(1, "speaking"))
    assert text_of(heard[1]) == "said"
    assert "stray\n" in err
    assert "child\n" in err
    assert "said to the original\n" in err


def test_a_client_that_closes_its_reading_end_has_gone() -> None:
    with started() as (server, to_server, from_server):
        from_server.close()
        to_server.write(lines(request(1, "ping")))
        to_server.flush()
        assert server.wait(END_S) == 0


def test_a_client_that_does_not_read_does_not_hold_up_a_signal() -> None:
    with started(shutdown_s=0) as (server, to_server, _):
        to_server.write(lines(*(call(number, "filling", bytes=900_000) for number in range(4))))
        to_server.flush()
        server.send_signal(signal.SIGTERM)
        assert server.wait(END_S) == 0


REFUSED: dict[str, tuple[bytes, int]] = {
    "a line that is too long": (b"x" * 2000 + b"\n", -32600),
    "no UTF-8": (b'{"jsonrpc": "2.0", "id": 1, "method": "\xff"}\n', -32700),
    "no JSON": (b"Content-Length: 2\n", -32700),
}


@pytest.mark.parametrize(("line", "code"), REFUSED.values(), ids=REFUSED)
def test_a_bad_line_is_refused_and_the_next_is_served(line: bytes, code: int) -> None:
    heard, _ = run(line, request(1, "ping"))
    assert heard[None]["error"]["code"] == code
    assert heard[1]["result"] == {}


def test_from_one_file_to_another(tmp_path: Path) -> None:
    source, sink = tmp_path / "in", tmp_path / "out"
    source.write_bytes(lines(request(1, "ping"), call(2, "doing")))
    with source.open("rb") as stdin, sink.open("wb") as stdout:
        server = start(stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL)
        assert server.wait(END_S) == 0
    heard = [json.loads(line)["id"] for line in sink.read_bytes().splitlines()]
    assert heard == [1, 2]


def test_from_the_null_device_and_to_it() -> None:
    server = start(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert server.wait(END_S) == 0
