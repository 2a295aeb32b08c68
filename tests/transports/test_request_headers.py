"""Each call sees the headers of the request that it came by, and of no other."""

from typing import Any

import anyio
import pytest

from tests.clients import PATIENT, serving
from tests.protocol.playbook import request
from tests.transports.site import call, said, stateless, streamable
from tests.transports.test_sse import old
from vtmcp.handlers.base import Tool
from vtmcp.handlers.context import Context
from vtmcp.protocol.messages import Json
from vtmcp.server import Server

pytestmark = pytest.mark.anyio

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


class Who(Tool):
    """Waits until so many calls are there, then says which headers each came with."""

    name = "who"
    input_schema: Json = {"type": "object"}  # noqa: RUF012

    def __init__(self, calls: int = 1) -> None:
        self._calls = calls
        self._all = anyio.Event()

    async def call(self, arguments: Json, context: Context) -> str:
        self._calls -= 1
        if self._calls <= 0:
            self._all.set()
        await self._all.wait()
        trace = "" if context.trace is None else context.trace.trace_id
        return " ".join([*context.header_values("x-team"), trace])


def server(calls: int = 1) -> Server:
    return Server("test", tools=[Who(calls)])


async def test_a_session_has_the_headers_of_each_post_and_not_of_its_opening() -> None:
    async with streamable(server(calls=2)) as site:
        session = await site.greet(x_team="opening")
        answers: dict[str, str] = {}

        async def ask(team: str, number: int) -> None:
            answer = await site.post(
                call(number, "who"), session=session, x_team=team, traceparent=PARENT
            )
            answers[team] = said(answer.json)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, "ann", 1)
            tasks.start_soon(ask, "bob", 2)
        assert answers == {"ann": f"ann {TRACE}", "bob": f"bob {TRACE}"}
        assert said((await site.post(call(3, "who"), session=session)).json) == ""


async def test_a_stateless_request_has_its_own() -> None:
    async with streamable(server()) as site:
        message, headers = stateless(call(1, "who"))
        assert said((await site.post(message, **headers, x_team="ann")).json) == "ann "
        message["params"]["_meta"]["traceparent"] = PARENT
        answer = await site.post(message, **headers, traceparent=PARENT.replace("4", "5"))
        assert said(answer.json) == TRACE


async def test_on_an_old_stream_each_post_has_its_own() -> None:
    async with old(server(calls=2)) as site:
        stream, path = await site.greet(x_team="opening")
        await site.say(path, call(1, "who"), x_team="ann")
        await site.say(path, call(2, "who"), x_team="bob", traceparent=PARENT)
        found = [await stream.message() for _ in range(2)]
        assert {one["id"]: said(one) for one in found} == {1: "ann ", 2: f"bob {TRACE}"}


CALLS: dict[str, tuple[Any, str]] = {
    "nothing": ({}, ""),
    "a trace": ({"traceparent": PARENT}, TRACE),
    "what is no trace": ({"traceparent": "x"}, ""),
}


@pytest.mark.parametrize(("meta", "text"), CALLS.values(), ids=CALLS)
async def test_without_http_there_are_none(meta: Json, text: str) -> None:
    async with serving(Who(), limits=PATIENT) as client:
        await client.greet()
        await client.say(request(1, "tools/call", name="who", arguments={}, _meta=meta))
        assert said(await client.hear()) == text
