"""Spans of our own in a real database: exported there, and found with the tool `trace`."""

import urllib.request

import anyio
import pytest

from tests.integration import loading
from tests.integration.asking import ask
from tests.integration.upstream import Upstream
from tests.telemetry.protobuf import to_protobuf
from vtmcp.posting import Answer, Poster, read_target
from vtmcp.telemetry.exporter import Exporter
from vtmcp.telemetry.otlp import CONTENT_TYPE
from vtmcp.telemetry.sampling import read_sampler
from vtmcp.telemetry.tracer import Tracer

pytestmark = pytest.mark.anyio

TOO_OLD = b"json encoding isn't supported"
"""What databases before v0.3.0 answer; they get the same in protobuf."""


async def test_an_exported_trace_is_found(database: Upstream) -> None:
    if not database.is_real:
        pytest.skip("a recording takes no spans")
    url = f"{database.entrypoint}/insert/opentelemetry/v1/traces"
    poster = Poster(read_target(url))

    async def post(body: bytes) -> Answer:
        answer = await poster.post(body, (CONTENT_TYPE,))
        if answer.status == 400 and TOO_OLD in answer.body:
            headers = {"content-type": "application/x-protobuf"}
            sent = urllib.request.Request(url, to_protobuf(body), headers)
            with urllib.request.urlopen(sent, timeout=10) as response:
                return Answer(response.status, b"")
        return answer

    exporter = Exporter(post)
    resource, scope = {"service.version": "1"}, {"otel.scope.name": "vtmcp"}
    tracer = Tracer(
        read_sampler("", ""), exporter.put, service="vtmcp-test", resource=resource, scope=scope
    )
    async with exporter.running():
        call = tracer.begin(None)
        asked = tracer.begin_below(call.context)
        tracer.end(asked, "services victoriatraces", "client", {"server.port": "1"}, failed=True)
        tracer.end(call, "tools/call services", "server", {"a": "b"}, failed=False)

    trace_id = call.context.trace_id
    with anyio.fail_after(loading.FOUND_S_MAX):
        while (
            "services victoriatraces"
            not in (found := await ask(database.entrypoint, "trace", trace_id=trace_id)).text
        ):
            await anyio.sleep(loading.POLL_S)  # Nothing tells when a database has indexed it.
    assert "vtmcp-test tools/call services" in found.text
    assert "2 spans" in found.text
