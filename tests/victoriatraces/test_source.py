"""The trace source on a real server: questions in our units, answers as data, one kind of error."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import h11
import pytest

from tests.victoriatraces.peer import Step, gzipped, head, peer
from tests.victoriatraces.recordings import recorded
from vtmcp.traces.model import Dependency, Found, SourceError, TraceQuery
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces.settings import Settings
from vtmcp.victoriatraces.source import VictoriaTraces

pytestmark = pytest.mark.anyio

TENANT = Tenant(7, 3)
ID = "d777a4774c66e0a8a013ac6ededa4e16"
LOADED_NS = 1_795_343_613_000_000_000
QUERY = TraceQuery(service="gateway", start_ns=LOADED_NS - 10**9, end_ns=LOADED_NS, limit=5)

Question = Callable[[VictoriaTraces], Awaitable[Any]]


def replay(name: str) -> tuple[Step, ...]:
    """Answer as recorded, compressed as a database does that is asked for it."""
    answer = recorded(name)
    lines = [f"Content-Type: {answer.header('content-type')}", "Content-Encoding: gzip"]
    packed = gzipped(answer.body).partition(b"\r\n\r\n")[2]
    return (head(answer.status, *lines, f"Content-Length: {len(packed)}"), packed)


async def ask(question: Question, *steps: Step) -> tuple[Any, h11.Request | None]:
    """Return what the source gave or raised, and the request that was sent, if any."""
    async with peer(steps) as server:
        source = VictoriaTraces(Settings(entrypoint=f"{server.url}/vt"))
        with anyio.fail_after(5):
            try:
                given = await question(source)
            except SourceError as error:
                given = error
            finally:
                await source.aclose()
    return given, server.requests[0] if server.requests else None


def services(source: VictoriaTraces) -> Awaitable[Any]:
    return source.services(TENANT)


def operations(source: VictoriaTraces) -> Awaitable[Any]:
    return source.operations("legacy/billing", TENANT)


def search(source: VictoriaTraces) -> Awaitable[Any]:
    return source.search(QUERY, TENANT)


def trace(source: VictoriaTraces) -> Awaitable[Any]:
    return source.trace(ID.upper(), TENANT)


def dependencies(source: VictoriaTraces) -> Awaitable[Any]:
    return source.dependencies(end_ms=1_795_343_613_000, lookback_ms=3_600_000, tenant=TENANT)


QUESTIONS: dict[str, tuple[Question, str, str, Callable[[Any], bool]]] = {
    "services": (
        services,
        "021-services-tenant73",
        "services",
        lambda given: given == ["device-registry", "gateway", "telemetry-store"],
    ),
    "operations": (
        operations,
        "045-ops-tenant73",
        "services/legacy%2Fbilling/operations",
        lambda given: "GET /iot/devices" in given,
    ),
    "a search": (
        search,
        "110-traces-tenant73",
        "traces?service=gateway&start=1795343612000000&end=1795343613000000&limit=5",
        lambda given: len(given.traces) == 1,
    ),
    "a trace": (
        trace,
        "115-trace-checkout_declined",
        f"traces/{ID}",
        lambda given: given.traces[0].trace_id == ID,
    ),
    "a trace that is not there": (
        trace,
        "132-trace-unknown",
        f"traces/{ID}",
        lambda given: given == Found((), ()),
    ),
    "a large trace, read beside the loop": (
        trace,
        "146-trace-timeout-1ms",
        f"traces/{ID}",
        lambda given: len(given.traces[0].spans) == 1_589,
    ),
    "dependencies": (
        dependencies,
        "161-deps-tenant73",
        "dependencies?endTs=1795343613000&lookback=3600000",
        lambda given: Dependency("gateway", "device-registry", 60) in given,
    ),
    "a refusal": (
        search,
        "066-traces-start-end-s",
        "traces?service=gateway&start=1795343612000000&end=1795343613000000&limit=5",
        lambda given: isinstance(given, SourceError) and "out of retention" in str(given),
    ),
}


@pytest.mark.parametrize(
    ("question", "name", "path", "is_right"), QUESTIONS.values(), ids=QUESTIONS
)
async def test_a_question_is_answered(
    question: Question, name: str, path: str, is_right: Callable[[Any], bool]
) -> None:
    given, sent = await ask(question, *replay(name))
    assert is_right(given)
    assert sent is not None
    assert sent.target.decode() == f"/vt/select/jaeger/api/{path}"
    assert {(b"accountid", b"7"), (b"projectid", b"3")} <= set(sent.headers)


def test_the_label_names_the_database() -> None:
    source = VictoriaTraces(Settings(entrypoint="https://db:10428/vt/"))
    assert source.label == "VictoriaTraces at https://db:10428/vt"
    assert source.notice == ""


STOPPED = {
    "no URL": ("nothing", "VT_INSTANCE_ENTRYPOINT is not an http"),
    "a password": ("https://me:s3cret@db", "VT_INSTANCE_ENTRYPOINT holds a user name"),
    "plain http to another machine": ("http://db", "VT_ALLOW_INSECURE_ENTRYPOINT=1"),
}


@pytest.mark.parametrize(("url", "complaint"), STOPPED.values(), ids=STOPPED)
def test_a_start_stops_at_what_is_wrong(url: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        VictoriaTraces(Settings(entrypoint=url))
    assert "s3cret" not in str(caught.value)


async def test_a_refused_address_is_told() -> None:
    told: list[tuple[str, str]] = []
    source = VictoriaTraces(
        Settings(entrypoint="https://169.254.169.254"),
        on_refused=lambda address, reason: told.append((address, reason)),
    )
    with pytest.raises(SourceError, match="VT_ALLOWED_HOSTS"):
        await source.services(TENANT)
    assert told == [("169.254.169.254", "link-local")]


async def test_one_connection_serves_call_after_call() -> None:
    async with peer(replay("020-services")) as server:
        source = VictoriaTraces(Settings(entrypoint=server.url))
        assert await source.services(TENANT) == await source.services(TENANT)
        await source.aclose()
    assert (len(server.requests), server.opened) == (2, 1)


async def test_a_source_that_was_never_asked_closes() -> None:
    await VictoriaTraces(Settings(entrypoint="https://db")).aclose()


async def test_each_caller_has_its_own_headers_on_the_same_connections() -> None:
    theirs = (("Authorization", "Bearer theirs"), ("traceparent", "00"))
    async with peer(replay("021-services-tenant73")) as server:
        source = VictoriaTraces(Settings(entrypoint=server.url, bearer_token="ours"))
        view = source.on_behalf(theirs)
        assert (view.label, view.notice) == (source.label, source.notice)
        assert source.on_behalf((), "somebody") is source
        with anyio.fail_after(5):
            for asked in (view, source, view.on_behalf(())):
                await asked.services(TENANT)
            await view.aclose()
    sent = [dict(request.headers) for request in server.requests]
    assert [headers[b"authorization"] for headers in sent] == [
        b"Bearer theirs",
        b"Bearer ours",
        b"Bearer ours",
    ]
    assert [headers.get(b"traceparent") for headers in sent] == [b"00", None, None]
    assert server.opened == 1
