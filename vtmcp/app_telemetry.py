"""Spans of our own: one for each call, and below it one for each request to the database.

Names and attributes are those of OpenTelemetry's conventions for MCP, databases and HTTP. Loaded
only where an endpoint is set. Must not be here: how spans are made, sampled and sent
(`telemetry`). No argument, no answer and no text of an error is in a span.
"""

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from vtmcp.app_calls import session_of
from vtmcp.config import Config, ConfigError
from vtmcp.handlers.context import Context
from vtmcp.handlers.prompts import PROMPTS
from vtmcp.handlers.tools import tool_classes
from vtmcp.logs import Log
from vtmcp.posting import Answer, Poster
from vtmcp.protocol.trace_context import TRACEPARENT, TRACESTATE, TraceContext, parse
from vtmcp.router import CANCELLED, Observed
from vtmcp.telemetry.exporter import Exporter, Told
from vtmcp.telemetry.otlp import CONTENT_TYPE, SCOPE_NAME, SCOPE_VERSION
from vtmcp.telemetry.settings import Settings, Texts, read_settings
from vtmcp.telemetry.tracer import Tracer
from vtmcp.victoriatraces.kinds import CANCELLED as GIVEN_UP
from vtmcp.victoriatraces.kinds import OK, Ended, path_template
from vtmcp.victoriatraces.requests import HttpRequest

INSTANCE_ID_BYTES = 16

ID_CHARS_MAX = 64
"""What a span shows of the id that a client gave its request."""

_TRANSPORTS = {"stdio": "pipe", "http": "tcp", "sse": "tcp"}
_FINE = ("ok", "input_required", CANCELLED)


def open_telemetry(config: Config, log: Log, version: str) -> "Telemetry | None":
    """What the OTEL_* variables ask for; None where it is nothing. Raises `ConfigError`."""
    texts = Texts(
        endpoint=config.otlp_endpoint,
        traces_endpoint=config.otlp_traces_endpoint,
        insecure=config.otlp_insecure,
        headers=config.otlp_headers,
        timeout=config.otlp_timeout,
        service_name=config.otel_service_name,
        resource_attributes=config.otel_resource_attributes,
        sampler=config.otel_sampler,
        sampler_arg=config.otel_sampler_arg,
        disabled=config.otel_disabled,
    )
    try:
        settings = read_settings(texts)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if settings is None:
        return None
    return Telemetry(settings, log, version, transport=_TRANSPORTS[config.mode])


class Telemetry:
    """The spans of one process, and the task that sends them."""

    def __init__(self, settings: Settings, log: Log, version: str, *, transport: str) -> None:
        poster = Poster(settings.target, total_s=settings.timeout_s)
        headers = (("user-agent", f"vtmcp/{version}"), *settings.headers, CONTENT_TYPE)

        async def post(body: bytes) -> Answer:
            return await poster.post(body, headers)

        told = Told(
            lambda reason: log.warn("spans cannot be exported", reason=reason),
            lambda: log.info("spans are exported again"),
            lambda count: log.warn("spans were dropped", count=count),
        )
        self._exporter = Exporter(post, told)
        self._tracer = Tracer(
            settings.sampler,
            self._exporter.put,
            service=settings.service,
            resource={
                "service.version": version,
                "service.instance.id": os.urandom(INSTANCE_ID_BYTES).hex(),
                **settings.resource,
            },
            scope={SCOPE_NAME: "vtmcp", SCOPE_VERSION: version},
        )
        self._transport = transport
        self._names = {name for tool in tool_classes() for name in (tool.name, *tool.aliases)}
        self._names |= {prompt.name for prompt in PROMPTS}

    def running(self) -> AbstractAsyncContextManager[None]:
        """Export meanwhile, and in the end what is left."""
        return self._exporter.running()

    def begin(self, context: Context, request: str) -> Callable[[Observed], None]:
        """Begin the span of a call, which becomes its place in the trace; return what ends it."""
        begun = self._tracer.begin(context.trace)
        context.trace = begun.context

        def end(observed: Observed) -> None:
            if begun.context.is_sampled:
                name = observed.name if observed.name in self._names else ""
                attributes = self._attributes(context, observed, name, request)
                failed = observed.outcome not in _FINE
                shown = f"{observed.method} {name}" if name else observed.method
                self._tracer.end(begun, shown, "server", attributes, failed=failed)

        return end

    def asking(self, kind: str, request: HttpRequest) -> tuple[HttpRequest, Ended] | None:
        """Begin the span of a request to the database; return what is sent, and what ends it.

        None for a request that belongs to no call, or to one that is not recorded.
        """
        call = _context_of(request)
        if call is None or not call.is_sampled:
            return None
        begun = self._tracer.begin_below(call)

        def end(outcome: str, status: int) -> None:
            attributes = {
                "db.system.name": "victoriatraces",
                "db.operation.name": kind,
                "http.request.method": request.method,
                "url.template": path_template(kind, request.target),
                **_server(request),
                **({"http.response.status_code": str(status)} if status else {}),
                **({} if outcome == OK else {"error.type": outcome}),
            }
            failed = outcome not in (OK, GIVEN_UP)
            self._tracer.end(begun, f"{kind} victoriatraces", "client", attributes, failed=failed)

        kept = [header for header in request.headers if not _is_context(header[0])]
        return replace(request, headers=(*kept, *begun.context.headers())), end

    def _attributes(
        self, context: Context, observed: Observed, name: str, request: str
    ) -> dict[str, str]:
        call, outcome = context.call, observed.outcome
        found = {
            "mcp.method.name": observed.method,
            "mcp.protocol.version": call.revision.name,
            "network.transport": self._transport,
            "jsonrpc.request.id": str(call.id)[:ID_CHARS_MAX],
            "vtmcp.request.id": request,
            "vtmcp.outcome": outcome,
        }
        if observed.method == "tools/call":
            found["gen_ai.operation.name"] = "execute_tool"
        if name:
            what = "tool" if observed.method == "tools/call" else "prompt"
            found[f"gen_ai.{what}.name"] = name
        elif observed.method == "resources/read" and outcome == "ok":
            found["mcp.resource.uri"] = observed.name
        if session := session_of(context):
            found["mcp.session.id"] = session
        if observed.caller:
            found["enduser.id"] = observed.caller
        if outcome not in _FINE:
            # Of an exception its type: the place of it is in the log.
            found["error.type"] = outcome.partition(":")[0]
        return found


def _context_of(request: HttpRequest) -> TraceContext | None:
    def values(wanted: str) -> list[str]:
        return [value for name, value in request.headers if name.lower() == wanted]

    return parse(values(TRACEPARENT), values(TRACESTATE))


def _is_context(name: str) -> bool:
    return name.lower() in (TRACEPARENT, TRACESTATE)


def _server(request: HttpRequest) -> dict[str, str]:
    [authority] = (value for name, value in request.headers if name.lower() == "host")
    host, colon, port = authority.rpartition(":")
    if not colon or port.endswith("]"):
        return {"server.address": authority.strip("[]")}
    return {"server.address": host.strip("[]"), "server.port": port}
