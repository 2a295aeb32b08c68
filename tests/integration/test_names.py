"""`services` and `service_names` say what the database lists, for either tenant and any name."""

from urllib.parse import quote

import pytest

from tests.integration.asking import ask
from tests.integration.loading import HOSTILE
from tests.integration.stories import rows
from tests.integration.upstream import Upstream
from vtmcp.traces.safe import label
from vtmcp.traces.tenant import Tenant
from vtmcp.traces.trust import counted
from vtmcp.victoriatraces.settings import Settings
from vtmcp.victoriatraces.source import VictoriaTraces

pytestmark = pytest.mark.anyio

API = "/select/jaeger/api/services"

MINE = ("batch-worker", "cart", "frontend", "legacy/billing v2?x=1#frag", "каталог-サービス-🛒")
THEIRS = ("device-registry", "gateway", "telemetry-store")


async def test_services_of_the_default_tenant_are_those_that_the_database_lists(
    database: Upstream,
) -> None:
    listed = database.raw_data(API)
    answer = await ask(database.entrypoint, "services")
    assert answer.lines == [
        f"{counted(len(listed), 'service')} in tenant 0:0",
        *map(label, sorted(listed)),
    ]
    assert {database.service(name) for name in MINE} <= set(answer.lines)
    assert not {database.service(name) for name in THEIRS} & set(answer.lines)


@pytest.mark.parametrize("is_default", [False, True], ids=["named", "by default"])
async def test_services_of_another_tenant_are_its_own(database: Upstream, is_default: bool) -> None:
    tenant = database.second_tenant
    asked = {"default_tenant": tenant} if is_default else {"tenant": tenant}
    answer = await ask(database.entrypoint, "services", **asked)
    assert answer.lines[0].endswith(f" services in tenant {tenant}")
    assert {database.service(name) for name in THEIRS} <= set(answer.lines)
    assert not {database.service(name) for name in MINE} & set(answer.lines)


OPERATIONS = {
    "a plain name": ("frontend", "GET /products"),
    "a name of all scripts": ("каталог-サービス-🛒", "GET /поиск/検索 🔎"),
    "a name that a URL would take apart": (
        "legacy/billing v2?x=1#frag",
        r'"SELECT * FROM \"weird\"; DROP TABLE x; --"',
    ),
}


@pytest.mark.parametrize(("service", "line"), OPERATIONS.values(), ids=OPERATIONS)
async def test_span_names_are_those_that_the_database_lists(
    database: Upstream, service: str, line: str
) -> None:
    name = database.service(service)
    listed = database.raw_data(f"{API}/{quote(name, safe='')}/operations")
    answer = await ask(database.entrypoint, "service_names", service_name=name)
    head = f'{counted(len(listed), "span name")} of service "{name}" in tenant 0:0'
    assert answer.lines[0] == head
    assert answer.lines[1:] == list(map(label, sorted(listed)))
    assert line in answer.lines


async def test_span_names_of_another_tenant(database: Upstream) -> None:
    answer = await ask(
        database.entrypoint,
        "service_names",
        service_name=database.service("gateway"),
        tenant=database.second_tenant,
    )
    assert "GET /iot/devices" in answer.lines


async def test_an_unknown_service_has_no_span_names(database: Upstream) -> None:
    answer = await ask(database.entrypoint, "service_names", service_name=database.service("nope"))
    assert answer.lines[0].startswith("No span names of service")
    assert not answer.is_error


async def test_names_that_mean_something_elsewhere_are_only_names_here(
    database: Upstream,
) -> None:
    """By the source, since the tools show such names quoted; a recording has two of them."""
    asked = HOSTILE if database.is_real else dict(_recorded_hostile(database))
    source = VictoriaTraces(Settings(entrypoint=database.entrypoint))
    listed = await source.services(Tenant())
    found = {name: await source.operations(name, Tenant()) for name in asked}
    await source.aclose()
    assert set(asked) <= set(listed)
    assert found == {name: [operation] for name, operation in asked.items()}


def _recorded_hostile(database: Upstream) -> list[tuple[str, str]]:
    return [(row.service, row.name) for row in rows(database.mine["names of all scripts"])]
