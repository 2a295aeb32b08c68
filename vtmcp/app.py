"""The composition root of the product: from settings to a running server, and exit codes.

Must not be here: a rule of the protocol, a tool, or a second place that reads the environment.
"""

import gc
import os
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from vtmcp import __version__
from vtmcp.app_calls import Calls
from vtmcp.app_desk import open_desk, open_sources
from vtmcp.callers import EVERYONE, Callers
from vtmcp.config import Config, ConfigError
from vtmcp.config_values import DEMO
from vtmcp.handlers.desk import Desk
from vtmcp.handlers.instructions import INSTRUCTIONS
from vtmcp.handlers.library import Library
from vtmcp.handlers.prompts import PROMPTS
from vtmcp.handlers.resources.documentation import page_resources, page_templates
from vtmcp.handlers.source import TraceSource
from vtmcp.handlers.tools import tool_classes
from vtmcp.handlers.trace_tool import TraceTool
from vtmcp.logs import Log
from vtmcp.protocol.answered import unobserved
from vtmcp.serve import Limits
from vtmcp.server import Beside, Server

if TYPE_CHECKING:
    from vtmcp.app_metrics import AppMetrics
    from vtmcp.app_telemetry import Telemetry
    from vtmcp.victoriatraces.settings import Settings
    from vtmcp.workers.link import Link

COLLECTOR = (50_000, 20, 20)
"""When the garbage collector looks for cycles: a trace of thousands of spans is read as a hundred
thousand objects without one, and looking again and again took a seventh of the time."""

EXIT_OK = 0
EXIT_USAGE = 2

SEVERAL = " There are several deployments (databases): deployments lists them."


def run(env: Mapping[str, str] | None = None) -> int:
    """Serve as the environment says; return the exit code."""
    try:
        config = Config.from_env(os.environ if env is None else env)
    except ConfigError as error:
        print(f"vtmcp: {error}", file=sys.stderr)
        return EXIT_USAGE
    log = Log(sys.stderr, level=config.log_level, format=config.log_format)
    try:
        if config.mode == "stdio":
            _serve_stdio(config, log)
        elif config.workers > 1:
            from vtmcp.app_workers import supervise  # noqa: PLC0415 - only where asked for

            if code := supervise(config, os.environ if env is None else env, log):
                return code
        else:
            _serve_http(config, log)
    except ConfigError as error:
        print(f"vtmcp: {error}", file=sys.stderr)
        return EXIT_USAGE
    log.info("stopped")
    return EXIT_OK


def run_worker(descriptor: int) -> int:
    """Serve as one of the processes of `MCP_WORKERS`, whose supervisor is reached there."""
    from vtmcp.app_workers import begin_work  # noqa: PLC0415 - only where asked for

    try:
        config, link = begin_work(os.environ, descriptor)
        _serve_http(config, Log(sys.stderr, level=config.log_level, format=config.log_format), link)
    except ConfigError as error:
        print(f"vtmcp: {error}", file=sys.stderr)
        return EXIT_USAGE
    return EXIT_OK


def _serve_stdio(config: Config, log: Log) -> None:
    if not config.metrics_file:
        _run_stdio(config, log)
        return
    from vtmcp.app_metrics import AppMetrics  # noqa: PLC0415 - only where it is asked for
    from vtmcp.metrics_file import kept_in  # noqa: PLC0415

    def report(problem: str) -> None:
        log.warn("MCP_METRICS_FILE cannot be written", path=config.metrics_file, problem=problem)

    metrics = AppMetrics(__version__)
    with kept_in(config.metrics_file, metrics.text, report):
        _run_stdio(config, log, metrics)


def _run_stdio(config: Config, log: Log, metrics: "AppMetrics | None" = None) -> None:
    gc.set_threshold(*COLLECTOR)
    telemetry = open_telemetry(config, log)
    server, source = build(config, log, metrics=metrics, telemetry=telemetry)
    log.info("serving", version=__version__, mode=config.mode, source=source.label)
    server.run_stdio(
        document_bytes_max=config.message_bytes_max,
        closing=source.aclose,
        beside=_beside(telemetry),
    )


def _serve_http(config: Config, log: Log, link: "Link | None" = None) -> None:
    from vtmcp.app_callers import REFUSALS, open_callers  # noqa: PLC0415 - not for stdio
    from vtmcp.app_metrics import AppMetrics  # noqa: PLC0415
    from vtmcp.app_web import run_web  # noqa: PLC0415

    gc.set_threshold(*COLLECTOR)
    metrics = AppMetrics(__version__)
    for what, reasons in REFUSALS.items():
        metrics.expect(what, reasons)
    opened = open_callers(config, log, metrics.refused)
    telemetry = open_telemetry(config, log)
    server, source = build(config, log, opened.callers, metrics, telemetry)
    if link is None:
        log.info("serving", version=__version__, mode=config.mode, source=source.label)
    else:
        link.follow(metrics.registry.snapshot)
    beside = _beside(telemetry)
    run_web(config, opened, server, source, log, metrics=metrics, beside=beside, link=link)


def build(
    config: Config,
    log: Log,
    callers: Callers = EVERYONE,
    metrics: "AppMetrics | None" = None,
    telemetry: "Telemetry | None" = None,
) -> tuple[Server, TraceSource]:
    """The server for these settings, and the source that it asks. Raises `ConfigError`."""
    library = open_library(config, log)
    open_one = partial(open_source, log=log, metrics=metrics, telemetry=telemetry)
    sources = open_sources(config, open_one, callers)
    desk = open_desk(config, log, sources, callers, library)
    server = Server(
        "vtmcp",
        __version__,
        info={
            "title": "VictoriaTraces",
            "description": "Distributed traces and documentation of VictoriaTraces",
        },
        tools=enabled_tools(desk, config.disabled_tools, log),
        prompts=[prompt(desk) for prompt in PROMPTS],
        resources=page_resources(library),
        templates=page_templates(library),
        instructions=INSTRUCTIONS + (SEVERAL if sources.deployments else ""),
        rules=callers.rules,
        limits=Limits(calls_max=config.calls_max, shutdown_s=config.shutdown_timeout_s),
        state_key=config.session_key.encode() or None,
        follow=Calls(
            log,
            metrics,
            telemetry.begin if telemetry else None,
            is_quiet=config.mode == "stdio",
        ).follow,
        observe_answers=metrics.answered if metrics else unobserved,
    )
    if metrics:
        metrics.follow(server)
    return server, sources.whole


def open_library(config: Config, log: Log) -> Library:
    """The documentation, with the operator's own folder if there is one. Raises `ConfigError`."""
    if not config.docs_dir:
        return Library()
    from pathlib import Path  # noqa: PLC0415 - for those who have a folder

    from vtmcp.search.local import LocalFolderError, read_local_pages  # noqa: PLC0415

    folder = Path(config.docs_dir)
    try:
        left_out = read_local_pages(folder).left_out
    except LocalFolderError as error:
        raise ConfigError(f"VT_DOCS_DIR: {error}") from None
    for each in left_out:
        log.warn("VT_DOCS_DIR: a file is left out", path=each.path, reason=each.reason)
    return Library(own=folder)


def open_telemetry(config: Config, log: Log) -> "Telemetry | None":
    """What exports spans of our own, where that is asked for. Raises `ConfigError`."""
    if not (config.otlp_endpoint or config.otlp_traces_endpoint):
        return None
    from vtmcp import app_telemetry  # noqa: PLC0415 - only where it is asked for

    return app_telemetry.open_telemetry(config, log, __version__)


def open_source(
    config: Config,
    log: Log,
    metrics: "AppMetrics | None" = None,
    telemetry: "Telemetry | None" = None,
) -> TraceSource:
    """The trace source that the entrypoint names. Raises `ConfigError`."""
    if config.entrypoint == DEMO:
        from vtmcp.demo.source import Demo  # noqa: PLC0415 - only where it is asked for

        return Demo()
    from vtmcp.victoriatraces import kinds  # noqa: PLC0415 - not for the demo
    from vtmcp.victoriatraces.source import VictoriaTraces  # noqa: PLC0415

    if metrics:
        from vtmcp.victoriatraces.hosts import REASONS  # noqa: PLC0415 - ipaddress: 4 ms

        metrics.expect("destination", REASONS)

    def refused(address: str, reason: str) -> None:
        log.warn("an address of the database is refused", address=address, reason=reason)
        if metrics:
            metrics.refused("destination", reason)

    try:
        return VictoriaTraces(
            database_settings(config),
            on_refused=refused,
            on_answer=metrics.asked if metrics else kinds.unobserved,
            on_ask=telemetry.asking if telemetry else kinds.unfollowed,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from None


def database_settings(config: Config) -> "Settings":
    """What the settings say of the database, as its client wants it."""
    from vtmcp.victoriatraces.settings import Settings  # noqa: PLC0415 - not for the demo

    return Settings(
        entrypoint=config.entrypoint,
        allow_insecure=config.allow_insecure,
        allowed_hosts=config.vt_allowed_hosts,
        bearer_token=config.bearer_token,
        bearer_token_file=config.bearer_token_file,
        headers=config.headers,
        headers_file=config.headers_file,
        tls_ca_file=config.vt_tls_ca_file,
        tls_cert_file=config.vt_tls_cert_file,
        tls_key_file=config.vt_tls_key_file,
        connect_timeout_s=config.connect_timeout_s,
        tls_timeout_s=config.tls_timeout_s,
        first_byte_timeout_s=config.first_byte_timeout_s,
        read_timeout_s=config.read_timeout_s,
        total_timeout_s=config.total_timeout_s,
        response_bytes_max=config.response_bytes_max,
        connections_max=config.connections_max,
        hidden_fields=config.hidden_fields,
    )


def enabled_tools(desk: Desk, disabled: tuple[str, ...], log: Log) -> list[TraceTool]:
    """All tools but the disabled ones; an unknown name is warned about."""
    classes = tool_classes()
    known = {name: tool.name for tool in classes for name in (tool.name, *tool.aliases)}
    for name in disabled:
        if name not in known:
            log.warn("MCP_DISABLED_TOOLS names no tool", name=name, tools=", ".join(known))
    off = {known[name] for name in disabled if name in known}
    return [tool(desk) for tool in classes if tool.is_offered(desk) and tool.name not in off]


def _beside(telemetry: "Telemetry | None") -> Beside:
    return nullcontext if telemetry is None else telemetry.running
