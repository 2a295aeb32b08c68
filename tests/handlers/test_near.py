"""What is said of a service that nothing was found for."""

import pytest

from tests.handlers.tools.source import HIDDEN, HOSTILE, ScriptedSource
from vtmcp.handlers.near import COMPARED_CHARS_MAX, near_service
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

TENANT = Tenant(1, 2)
LONG = "x" * COMPARED_CHARS_MAX

SAID: dict[str, tuple[str, tuple[str, ...], str]] = {
    "it is there": ("cart", ("ship", "cart"), "The service itself is known here."),
    "nothing is there": (
        "cart",
        (),
        "This tenant has no services at all in the look-back of the list.",
    ),
    "near names, the nearest first": (
        "cart",
        ("carts", "card", "ship"),
        'Near names: "carts", "card".',
    ),
    "another case": ("CART", ("cart",), 'Near names: "cart".'),
    "no more than three": (
        "cart",
        ("cart1", "cart2", "cart3", "cart4"),
        'Near names: "cart4", "cart3", "cart2".',
    ),
    "none is near": ("cart", ("ship", "zoo"), "Services of this tenant: 2, none with a near name."),
    "the beginning of long names counts": (
        f"{LONG}a",
        (f"{LONG}b",),
        f'Near names: "{LONG}"…(+1 chars).',
    ),
}


@pytest.mark.parametrize(("service", "services", "said"), SAID.values(), ids=SAID)
async def test_said(service: str, services: tuple[str, ...], said: str) -> None:
    source = ScriptedSource(services=services)
    assert await near_service(source, service, TENANT) == said
    assert source.asked == [("services", TENANT)]


async def test_a_source_that_cannot_say_is_no_failure() -> None:
    source = ScriptedSource(failing=("services",))
    said = await near_service(source, "cart", TENANT)
    assert said == "Whether there is such a service could not be asked."


async def test_a_hostile_near_name_is_harmless() -> None:
    said = await near_service(ScriptedSource(services=(HOSTILE,)), f"{HOSTILE}s", TENANT)
    assert said.startswith("Near names: ")
    assert not [char for char in HIDDEN if char in said]


async def test_the_name_that_was_asked_for_is_not_offered_as_a_near_one() -> None:
    said = await near_service(ScriptedSource(services=("x\u202egnp.exe",)), "xgnp.exe", TENANT)
    assert said.startswith("A service of that name has characters that cannot be seen")
