"""What the product counts: its families, their labels, and who tells of what.

The names `mcp_victoriatraces_...` and their labels are those of the established server, so that
its dashboards work. Must not be here: how counts are kept and written (`metrics`), and any file.
"""

import platform
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from vtmcp.handlers.prompts import PROMPTS
from vtmcp.handlers.tools import tool_classes
from vtmcp.metrics import OTHER, Counter, Registry, render
from vtmcp.process_figures import read_figures
from vtmcp.protocol.answered import Answered
from vtmcp.protocol.messages import Json
from vtmcp.protocol.requests import Client, read_client, read_initialize
from vtmcp.protocol.versions import METHODS
from vtmcp.router import CANCELLED, Observed
from vtmcp.victoriatraces.kinds import KINDS, OUTCOMES

if TYPE_CHECKING:
    from vtmcp.server import Server
    from vtmcp.web import Open

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""From an answer out of memory to `VT_TOTAL_TIMEOUT`."""

BYTES = (256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304)
"""From one line to more than a model reads; the default budget of an answer is in the midst."""

ERRORS = {
    -32700: "parse_error",
    -32600: "invalid_request",
    -32601: "method_not_found",
    -32602: "invalid_params",
    -32603: "internal_error",
    -32002: "resource_not_found",
    -32020: "header_mismatch",
    -32021: "missing_capability",
    -32022: "unsupported_version",
    -32042: "url_elicitation_required",
    403: "forbidden",
}
"""What the codes of errors are called: their texts hold what clients sent."""

REFUSED = ("destination", "caller", "tool", "tenant", "call")
"""What may be refused: an address of the database, who asks, a tool or a tenant to a caller that
is known, and a call for which there is no room."""


class AppMetrics:
    """The counts of one process. Each method is told of one thing, and never raises."""

    def __init__(self, version: str) -> None:
        self.registry = Registry()
        self._tools = {
            name: tool.name for tool in tool_classes() for name in (tool.name, *tool.aliases)
        }
        self._resources: Callable[[], Mapping[str, object]] = dict
        self._running: Callable[[], int] = int
        self._count_open: Callable[[], Open] | None = None
        self._make_established()
        self._make_own(version)
        self.registry.before_snapshot(self._look)

    def text(self) -> str:
        """All of it, as Prometheus reads it."""
        return render([self.registry.snapshot()])

    def follow(self, server: "Server") -> None:
        """Look at this server for what is under way, and for the addresses of its pages."""
        self._running = lambda: server.calls_running
        self._resources = lambda: server.catalogue.resources

    def counting(self, count: "Callable[[], Open]") -> None:
        """Ask `count` for what clients hold open."""
        self._count_open = count

    def expect(self, what: str, reasons: Iterable[str]) -> None:
        """Show these refusals from now on, at zero."""
        for reason in reasons:
            self._refused.begin(what, reason)

    # ---- what is told of ----------------------------------------------------------------

    def observed(self, one: Observed) -> None:
        """A call has ended."""
        name = self._name(one.method, one.name)
        self._call_seconds.observe(one.seconds, one.method, name)
        if one.outcome == CANCELLED:
            self._cancelled.add(one.method)
        elif one.method == "tools/call":
            if one.outcome != "input_required" and not _is_code(one.outcome):
                self._called.add(name, "false" if one.outcome == "ok" else "true")
        elif one.outcome == "ok" and one.method in self._counted:
            self._counted[one.method](one.name)

    def answered(self, one: Answered) -> None:
        """An answer was written."""
        if one.code:
            self._errors.add(one.method, ERRORS.get(one.code, OTHER))
        elif one.method == "tools/call":
            if one.document_bytes:
                name = one.params.get("name", "")
                self._answer_bytes.observe(one.document_bytes, self._name(one.method, name))
        elif one.method in _INTRODUCTIONS:
            client = _INTRODUCTIONS[one.method](one.params)
            self._introduced.add(client.name, client.version)

    def asked(self, kind: str, seconds: float, outcome: str) -> None:
        """The database was asked."""
        self._database_seconds.observe(seconds, kind, outcome)

    def refused(self, what: str, reason: str) -> None:
        """One of `REFUSED`, and why; neither is chosen by a client."""
        self._refused.add(what, reason)

    # ---- families -----------------------------------------------------------------------

    def _make_established(self) -> None:
        counter, tools = self.registry.counter, tuple(dict.fromkeys(self._tools.values()))
        prompts = tuple(prompt.name for prompt in PROMPTS)
        self._introduced = counter(
            "mcp_victoriatraces_initialize_total",
            "Clients that introduced themselves, by initialize or server/discover.",
            {"client_name": None, "client_version": None},
        )
        listed = {
            f"{what}/list": counter(
                f"mcp_victoriatraces_list_{what}_total", f"Lists of {what} that were given."
            )
            for what in ("tools", "resources", "prompts")
        }
        self._called = counter(
            "mcp_victoriatraces_call_tool_total",
            "Calls of tools that were answered.",
            {"name": tools, "is_error": ("true", "false")},
        )
        got = counter(
            "mcp_victoriatraces_get_prompt_total", "Prompts that were given.", {"name": prompts}
        )
        read = counter(
            "mcp_victoriatraces_read_resource_total",
            "Resources that were read, by page.",
            {"uri": None},
        )
        self._errors = counter(
            "mcp_victoriatraces_error_total",
            "Requests that were answered by a JSON-RPC error.",
            {"method": METHODS, "error": ERRORS.values()},
        )
        for name in tools:
            self._called.begin(name, "true")
            self._called.begin(name, "false")
        for name in prompts:
            got.begin(name)
        self._counted: dict[str, Callable[[str], None]] = {
            **{method: partial(_add_any, one) for method, one in listed.items()},
            "prompts/get": got.add,
            "resources/read": lambda uri: read.add(self._page(uri)),
        }

    def _make_own(self, version: str) -> None:
        registry, tools = self.registry, tuple(dict.fromkeys(self._tools.values()))
        self._call_seconds = registry.histogram(
            "vtmcp_call_seconds",
            "Time that calls took, by method and, for tools and prompts, name.",
            {"method": METHODS, "name": ("", *tools, *(prompt.name for prompt in PROMPTS))},
            bounds=SECONDS,
        )
        self._cancelled = registry.counter(
            "vtmcp_cancelled_calls_total",
            "Calls that were cut short by their client or at the end.",
            {"method": METHODS},
        )
        self._cancelled.begin("tools/call")
        self._answer_bytes = registry.histogram(
            "vtmcp_answer_bytes", "Size of tool answers.", {"name": tools}, bounds=BYTES
        )
        self._database_seconds = registry.histogram(
            "vtmcp_database_seconds",
            "Time that requests to the database took, with reading the answers.",
            {"kind": KINDS, "outcome": OUTCOMES},
            bounds=SECONDS,
        )
        self._refused = registry.counter(
            "vtmcp_refused_total",
            "What was refused, and why.",
            {"what": REFUSED, "reason": None},
        )
        self._in_flight = registry.gauge("vtmcp_calls_in_flight", "Calls that run now.")
        self._held = [
            registry.gauge(f"vtmcp_open_{what}", f"Open {what} of clients.")
            for what in ("connections", "sessions", "streams")
        ]
        registry.gauge(
            "vtmcp_build_info",
            "1, with the versions of vtmcp and Python as labels.",
            {"version": None, "python": None},
            merge="max",
        ).set(1, version, platform.python_version())
        self._cpu = registry.counter(
            "process_cpu_seconds_total", "Time on the processor, of user and system.", begins=False
        )
        self._resident = registry.gauge("process_resident_memory_bytes", "Memory in RAM.")
        self._descriptors = registry.gauge("process_open_fds", "Open file descriptors.")
        self._start = registry.gauge(
            "process_start_time_seconds", "Start of the process, Unix time.", merge="min"
        )

    def _look(self) -> None:
        self._in_flight.set(self._running())
        if self._count_open is not None:
            for gauge, number in zip(self._held, self._count_open(), strict=True):
                gauge.set(number)
        figures = read_figures()
        if figures is not None:
            self._cpu.set(figures.cpu_seconds)
            self._resident.set(figures.resident_bytes)
            self._descriptors.set(figures.open_descriptors)
            self._start.set(figures.start_seconds)

    def _name(self, method: str, name: str) -> str:
        """What a call is about, in words that are ours."""
        if method == "tools/call":
            return self._tools.get(name, OTHER)
        return name if method == "prompts/get" else ""

    def _page(self, uri: str) -> str:
        """A passage counts for its page; another spelling of an address is none of ours."""
        page = uri.partition("#")[0]
        return page if page in self._resources() else OTHER


def _add_any(counter: Counter, name: str) -> None:
    counter.add()


def _is_code(outcome: str) -> bool:
    """Whether a call was answered by an error, which is counted where errors are."""
    return outcome.lstrip("-").isdecimal()


_INTRODUCTIONS: dict[str, Callable[[Json], Client]] = {
    "initialize": lambda params: read_initialize(params)[1],
    "server/discover": read_client,
}
"""Requests by which a client introduces itself, once they have been found good."""
