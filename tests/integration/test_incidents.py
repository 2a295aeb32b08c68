"""What goes wrong in a system of eight services stands first in the answer, and nothing else does.

The spans are sent to tenants of this run alone. Recordings are no use here: one question about
three windows looks the same in each.
"""

import re
import secrets
import time
from typing import Any, NamedTuple

import pytest

from tests.integration import loading, planted
from tests.integration.asking import ask
from tests.integration.otlp import export_request
from tests.integration.upstream import Upstream

pytestmark = pytest.mark.anyio

A_MINUTE = 30.0
SINCE_MINUTES = 25
AGO_S = 75
"""The traces end so long ago: `triage` looks at nothing of the last minute."""

TRACES_A_REQUEST = 200
FIRST_BYTES = 2_000


class Expected(NamedTuple):
    """What the first lines of both tools must say; nothing where the tool is not the right one."""

    triage: str
    contrast: str = ""
    bound: str = ""


EXPECTED = {
    "bad pod": Expected("payment-7d9f-b", "payment-7d9f-b"),
    "slow pod": Expected("inventory-7d9f-c", "inventory-7d9f-c", "80ms"),
    "new version": Expected(r"2\.4\.1", r"2\.4\.1"),
    "slow version": Expected(r"catalog.*2\.4\.0", r"2\.4\.0", "30ms"),
    "slow for one customer": Expected("", "c-0007", "1s"),
    "passed up": Expected("fraud SELECT rules", "fraud SELECT rules"),
    "retry storm": Expected("shipping POST /ship.*retries", "shipping POST /ship"),
    "many queries": Expected("catalog SELECT products .* more often"),
    "missing service": Expected("service shipping is missing", "shipping"),
    "slow database": Expected("inventory UPDATE stock"),
    "bad node": Expected("node-1", "node-1"),
}


@pytest.fixture(scope="module")
def tenants(database: Upstream) -> dict[str, str]:
    """The tenant of each scene, loaded."""
    if not database.is_real:
        pytest.skip("only a real database was sent these: VT_TEST_ENTRYPOINT is not set")
    account = 10_000 + secrets.randbelow(10**6)
    end_us = (int(time.time()) - AGO_S) * planted.S
    places = {name: (account, place) for place, name in enumerate(planted.SCENES)}
    for name, tenant in places.items():
        _load(database.entrypoint, tenant, name, end_us)
    time.sleep(loading.POLL_S * 4)
    return {name: "{}:{}".format(*tenant) for name, tenant in places.items()}


def _load(entrypoint: str, tenant: tuple[int, int], name: str, end_us: int) -> None:
    scene = planted.SCENES[name]()
    scene.since_us = end_us - SINCE_MINUTES * planted.MINUTE
    for ago_minutes in (24 * 60, 0):
        last_us = end_us - ago_minutes * planted.MINUTE
        first_us = last_us - 125 * planted.MINUTE
        told = list(planted.traces(scene, tenant[1], first_us, last_us, a_minute=A_MINUTE))
        for start in range(0, len(told), TRACES_A_REQUEST):
            requests = map(export_request, told[start : start + TRACES_A_REQUEST])
            loading.send(entrypoint, tenant, b"".join(requests))


async def first_lines(database: Upstream, tool: str, tenant: str, **arguments: Any) -> str:
    """What is read of an answer, but for how it was judged."""
    answer = await ask(database.entrypoint, tool, tenant=tenant, **arguments)
    assert not answer.is_error, answer.text
    return answer.text.encode()[:FIRST_BYTES].decode(errors="replace").partition("\nHow: ")[0]


@pytest.mark.parametrize("name", EXPECTED)
async def test_the_cause_stands_first(
    database: Upstream, tenants: dict[str, str], name: str
) -> None:
    expected = EXPECTED[name]
    if expected.triage:
        text = await first_lines(database, "triage", tenants[name])
        assert re.search(expected.triage, text), text
        assert text.startswith("Most likely: ")
    if expected.contrast:
        bound = {"slower_than": expected.bound} if expected.bound else {}
        text = await first_lines(database, "contrast", tenants[name], **bound)
        assert re.search(expected.contrast, text), text


async def test_nothing_is_found_where_nothing_is_wrong(
    database: Upstream, tenants: dict[str, str]
) -> None:
    text = await first_lines(database, "triage", tenants["healthy"])
    assert text.startswith("Nothing stands out"), text
    for bound in ({}, {"slower_than": "20ms"}, {"slower_than": "150ms"}):
        text = await first_lines(database, "contrast", tenants["healthy"], **bound)
        assert not text.startswith(("Spans of ", "In many operations")), text


async def test_another_window_of_the_same_system_is_healthy(
    database: Upstream, tenants: dict[str, str]
) -> None:
    text = await first_lines(
        database, "triage", tenants["passed up"], start="now-1h", end="now-40m"
    )
    assert text.startswith("Nothing stands out"), text
