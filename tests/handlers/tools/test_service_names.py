"""`service_names`: the span names of one service, and near services where it has none."""

import pytest

from tests.handlers.tools.source import (
    DEFAULT_TENANT,
    HIDDEN,
    HOSTILE,
    WIDE,
    ScriptedSource,
    call_for_text,
)
from vtmcp.handlers.tools.service_names import ServiceNames
from vtmcp.protocol.errors import ToolError
from vtmcp.protocol.messages import Json
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

ASKED: dict[str, tuple[Json, tuple[str, Tenant]]] = {
    "a service of the server's own tenant": ({"service_name": "cart"}, ("cart", DEFAULT_TENANT)),
    "a service of a tenant": (
        {"service_name": "cart", "tenant": "1:2"},
        ("cart", Tenant(1, 2)),
    ),
    "a name is handed on as it is": (
        {"service_name": " ../a?b#c\u202e"},
        (" ../a?b#c\u202e", DEFAULT_TENANT),
    ),
    "a number is a name": ({"service_name": 404}, ("404", DEFAULT_TENANT)),
}

NOTHING: dict[str, tuple[Json, tuple[str, ...], list[str]]] = {
    "a near name": (
        {"service_name": "Carts"},
        ("cart", "ship"),
        [
            'No span names of service "Carts" in tenant 7:3. Near names: "cart".',
            "Next: services()",
        ],
    ),
    "the tenant is kept in the next call": (
        {"service_name": "x", "tenant": "1:2"},
        (),
        [
            'No span names of service "x" in tenant 1:2. This tenant has no services at all in'
            " the look-back of the list.",
            'Next: services(tenant="1:2")',
        ],
    ),
}


@pytest.mark.parametrize(("arguments", "asked"), ASKED.values(), ids=ASKED)
async def test_what_the_source_is_asked(arguments: Json, asked: tuple[str, Tenant]) -> None:
    source = ScriptedSource(operations=("GET /b", "GET /a"))
    text = await call_for_text(ServiceNames, arguments, source)
    assert source.asked == [("operations", *asked)]
    assert text.startswith("2 span names of service ")
    assert text.splitlines()[1:] == ["GET /a", "GET /b"]


@pytest.mark.parametrize(("arguments", "services", "lines"), NOTHING.values(), ids=NOTHING)
async def test_no_span_names(arguments: Json, services: tuple[str, ...], lines: list[str]) -> None:
    text = await call_for_text(ServiceNames, arguments, ScriptedSource(services=services))
    assert text.splitlines() == lines


@pytest.mark.parametrize(
    ("arguments", "words"),
    {
        "no service": ({}, "missing argument service_name"),
        "an empty service": ({"service_name": ""}, "argument service_name"),
        "an unusable tenant": ({"service_name": "a", "tenant": "-1"}, "argument tenant: '-1'"),
    }.values(),
)
async def test_refused(arguments: Json, words: str) -> None:
    with pytest.raises(ToolError, match=f"^service_names: .*{words}"):
        await call_for_text(ServiceNames, arguments, ScriptedSource())


async def test_a_failure_of_the_source_is_told() -> None:
    with pytest.raises(ToolError, match="the database does not answer operations"):
        await call_for_text(
            ServiceNames, {"service_name": "a"}, ScriptedSource(failing=("operations",))
        )


async def test_a_failure_to_name_near_services_does_not_fail_the_answer() -> None:
    source = ScriptedSource(failing=("services",))
    text = await call_for_text(ServiceNames, {"service_name": "a"}, source)
    assert text.startswith('No span names of service "a" in tenant 7:3. Whether there is')


async def test_hostile_names_are_harmless_in_every_line() -> None:
    arguments = {"service_name": HOSTILE, "max_bytes": 1000}
    source = ScriptedSource(operations=tuple(f"{HOSTILE}{number}" for number in range(100)))
    text = await call_for_text(ServiceNames, arguments, source)
    assert not [char for char in HIDDEN if char in text]
    assert all(line.startswith(("100 span", '"ared', "Left out")) for line in text.splitlines())


async def test_the_next_call_has_a_hostile_name_exactly() -> None:
    arguments = {"service_name": "\u202ea\U000e0041", "max_bytes": 1000}
    source = ScriptedSource(operations=tuple(f"{WIDE}{number}" for number in range(100)))
    text = await call_for_text(ServiceNames, arguments, source)
    call = r'service_names(service_name="\u202ea\udb40\udc41", max_bytes=4000)'
    assert len(text.encode()) <= 1000
    assert text.endswith(f"Next: {call}")


def test_the_old_name_is_still_taken() -> None:
    assert ServiceNames.aliases == ("service_operations",)
