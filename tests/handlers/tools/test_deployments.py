"""The databases that may be asked, for whom, and nothing where there is only one."""

import pytest

from tests.handlers.peer import a_call, a_context
from tests.handlers.tools.source import NOW_NS, ScriptedSource
from vtmcp.handlers.deployment import Deployment
from vtmcp.handlers.deployment import Deployments as Known
from vtmcp.handlers.desk import Desk
from vtmcp.handlers.library import Library
from vtmcp.handlers.tools.deployments import Deployments
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

EU = Deployment("eu", "eu.example", ScriptedSource(), Tenant(0, 0))
US = Deployment(
    "us", "us.example:8443", ScriptedSource(), Tenant(7, 0), frozenset({Tenant(8, 1), Tenant(7, 0)})
)
ALL = Known(
    EU,
    (US,),
    allows=lambda caller, name: caller != "ann",
    may_read=lambda caller, tenant: caller != "bob" or tenant == Tenant(8, 1),
)

ANSWERS = {
    "one who may do all": (
        "",
        "2 deployments; a call that names none asks eu.\n"
        "eu  eu.example  default tenant 0:0\n"
        "us  us.example:8443  default tenant 7:0  tenants 7:0, 8:1",
    ),
    "one who may read one tenant": (
        "bob",
        "2 deployments; a call that names none asks eu.\n"
        "eu  eu.example  default tenant 0:0\n"
        "us  us.example:8443  default tenant 7:0  tenants 8:1",
    ),
    "one who may ask the usual one": (
        "ann",
        "1 deployment; a call that names none asks eu.\neu  eu.example  default tenant 0:0",
    ),
}


def a_desk(known: Known | None) -> Desk:
    desk = Desk(ScriptedSource(), Library(), Tenant(), 24_000, lambda: NOW_NS)
    return desk._replace(deployments=known)


@pytest.mark.parametrize(("caller", "answer"), ANSWERS.values(), ids=ANSWERS)
async def test_a_caller_reads_of_what_it_may_ask(caller: str, answer: str) -> None:
    tool = Deployments(a_desk(ALL))
    assert await tool.call({}, a_context(a_call(), caller=caller)) == answer


async def test_a_long_list_keeps_to_its_size() -> None:
    many = tuple(EU._replace(name=f"eu-{number:03}") for number in range(99))
    answer = await Deployments(a_desk(Known(EU, many))).call({"max_bytes": 1_000}, a_context())
    assert isinstance(answer, str)
    assert len(answer.encode()) <= 1_000
    assert answer.endswith(" deployments. Next: deployments(max_bytes=4000)")


async def test_it_is_offered_where_there_are_several() -> None:
    assert Deployments.is_offered(a_desk(ALL))
    assert not Deployments.is_offered(a_desk(None))
    alone = await Deployments(a_desk(None)).call({}, a_context())
    assert alone == "0 deployments; a call that names none asks a script."
