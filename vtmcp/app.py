"""The composition root of the product: from settings to a running server, and exit codes.

Must not be here: a rule of the protocol, a tool, or a second place that reads the environment.
"""

import os
import sys
import time
from collections.abc import Mapping

from vtmcp import __version__
from vtmcp.callers import EVERYONE, Callers
from vtmcp.config import Config, ConfigError
from vtmcp.config_values import DEMO
from vtmcp.handlers.library import Library
from vtmcp.handlers.prompts import PROMPTS
from vtmcp.handlers.resources.documentation import page_resources, page_templates
from vtmcp.handlers.source import TraceSource
from vtmcp.handlers.tools import tool_classes
from vtmcp.handlers.trace_tool import Desk, TraceTool
from vtmcp.logs import Log
from vtmcp.router import Observed
from vtmcp.serve import Limits
from vtmcp.server import Server

EXIT_OK = 0
EXIT_USAGE = 2

INSTRUCTIONS = (
    "Read distributed traces from VictoriaTraces. services lists services, service_names their"
    " span names, traces finds traces (last hour unless told otherwise), trace shows one as a"
    " tree, dependencies shows who calls whom, documentation answers questions on"
    " VictoriaTraces itself. Leave tenant out unless the user names one. Answers are text in"
    " UTC; each says what it left out and the call that shows it."
)


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
        else:
            _serve_http(config, log)
    except ConfigError as error:
        print(f"vtmcp: {error}", file=sys.stderr)
        return EXIT_USAGE
    log.info("stopped")
    return EXIT_OK


def _serve_stdio(config: Config, log: Log) -> None:
    server, source = build(config, log)
    log.info("serving", version=__version__, mode=config.mode, source=source.label)
    server.run_stdio(document_bytes_max=config.message_bytes_max, closing=source.aclose)


def _serve_http(config: Config, log: Log) -> None:
    from vtmcp.app_callers import open_callers  # noqa: PLC0415 - not for stdio
    from vtmcp.app_web import run_web  # noqa: PLC0415

    opened = open_callers(config, log)
    server, source = build(config, log, opened.callers)
    log.info("serving", version=__version__, mode=config.mode, source=source.label)
    run_web(config, opened, server, source, log)


def build(config: Config, log: Log, callers: Callers = EVERYONE) -> tuple[Server, TraceSource]:
    """The server for these settings, and the source that it asks. Raises `ConfigError`."""
    source, library = open_source(config, log), open_library(config, log)
    desk = Desk(
        source=source,
        library=library,
        default_tenant=config.default_tenant,
        answer_bytes=config.answer_bytes_max,
        now_ns=time.time_ns,
        allows_tenant=callers.allows_tenant,
    )
    server = Server(
        "vtmcp",
        __version__,
        info={
            "title": "VictoriaTraces",
            "description": "Distributed traces and documentation of VictoriaTraces",
        },
        tools=enabled_tools(desk, config.disabled_tools, log),
        prompts=[prompt(library) for prompt in PROMPTS],
        resources=page_resources(library),
        templates=page_templates(library),
        instructions=INSTRUCTIONS,
        rules=callers.rules,
        limits=Limits(calls_max=config.calls_max, shutdown_s=config.shutdown_timeout_s),
        state_key=config.session_key.encode() or None,
        observe=lambda observed: _log_call(log, observed),
    )
    return server, source


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


def open_source(config: Config, log: Log) -> TraceSource:
    """The trace source that the entrypoint names. Raises `ConfigError`."""
    if config.entrypoint == DEMO:
        from vtmcp.demo.source import Demo  # noqa: PLC0415 - only where it is asked for

        return Demo()
    from vtmcp.victoriatraces.settings import Settings  # noqa: PLC0415 - not for the demo
    from vtmcp.victoriatraces.source import VictoriaTraces  # noqa: PLC0415

    def refused(address: str, reason: str) -> None:
        log.warn("an address of the database is refused", address=address, reason=reason)

    settings = Settings(
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
    try:
        return VictoriaTraces(settings, on_refused=refused)
    except ValueError as error:
        raise ConfigError(str(error)) from None


def enabled_tools(desk: Desk, disabled: tuple[str, ...], log: Log) -> list[TraceTool]:
    """All tools but the disabled ones; an unknown name is warned about."""
    tools = [tool(desk) for tool in tool_classes()]
    known = {name: tool.name for tool in tools for name in (tool.name, *tool.aliases)}
    for name in disabled:
        if name not in known:
            log.warn("MCP_DISABLED_TOOLS names no tool", name=name, tools=", ".join(known))
    off = {known[name] for name in disabled if name in known}
    return [tool for tool in tools if tool.name not in off]


def _log_call(log: Log, observed: Observed) -> None:
    failed = observed.outcome not in ("ok", "input_required")
    (log.warn if failed else log.debug)(
        "call",
        method=observed.method,
        name=observed.name[:100],
        seconds=round(observed.seconds, 6),
        outcome=observed.outcome,
    )
