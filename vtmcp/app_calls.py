"""What becomes known of a call: a line in the log, counts, and a span where spans are exported.

Must not be here: what is counted (`app_metrics`), or what is in a span (`app_telemetry`). A line
carries metadata; arguments stand in it with `debug` only, redacted by the log.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from vtmcp.handlers.context import Context
from vtmcp.logs import Log, fingerprint
from vtmcp.protocol.errors import Forbidden
from vtmcp.router import CANCELLED, Observed

if TYPE_CHECKING:
    from vtmcp.app_metrics import AppMetrics

SESSION_HEADER = "mcp-session-id"

BeginSpan = Callable[[Context, str], Callable[[Observed], None]]
"""Begins the span of a call with that id, before anything is known of how it ends."""

NAME_CHARS_MAX = 100
"""What a line shows of the name or address that a client asked for."""

_FORBIDDEN = str(Forbidden.code)
"""Only one thing is: a tool that the caller's policy does not list."""


class Calls:
    """Follows the calls of one process.

    A tool call that ends well is worth a line to an operator, who reads what a service for many
    did. Over stdio it is not, unless `debug` is asked for: standard error there is the window of
    the person whose client started the server, and some clients show each line as an alarm.
    """

    def __init__(
        self,
        log: Log,
        metrics: "AppMetrics | None" = None,
        begin_span: BeginSpan | None = None,
        *,
        is_quiet: bool = True,
    ) -> None:
        self._log = log
        self._metrics = metrics
        self._begin_span = begin_span
        self._is_quiet = is_quiet
        # Several processes write into one log, so their numbers alone would not tell calls apart.
        self._process = os.urandom(2).hex()
        self._number = 0

    def follow(self, context: Context) -> Callable[[Observed], None]:
        """Give a call that begins its id; return what is told how it ended."""
        self._number += 1
        request = f"{self._process}-{self._number}"
        end_span = self._begin_span(context, request) if self._begin_span else None

        def ended(observed: Observed) -> None:
            if end_span is not None:
                end_span(observed)
            if self._metrics:
                self._metrics.observed(observed)
            self._note(context, request, observed)

        return ended

    def _note(self, context: Context, request: str, observed: Observed) -> None:
        level, is_refused = self._level(observed), observed.outcome == _FORBIDDEN
        if is_refused and self._metrics:
            self._metrics.refused("tool", "not_allowed")
        if not self._log.tells(level):
            return
        fields = {"request": request, **_whose(context)}
        if is_refused:
            name = observed.name[:NAME_CHARS_MAX]
            self._log.warn("refused", reason="tool", **fields, tool=name)
            return
        fields |= {
            "method": observed.method,
            "name": observed.name[:NAME_CHARS_MAX],
            "seconds": round(observed.seconds, 6),
            "outcome": observed.outcome,
        }
        if self._log.tells("debug"):
            arguments = context.call.params.get("arguments")
            fields |= {} if arguments is None else {"arguments": arguments}
        getattr(self._log, level)("call", **fields)

    def _level(self, observed: Observed) -> str:
        if observed.outcome not in ("ok", "input_required", CANCELLED):
            return "warn"
        return "info" if observed.method == "tools/call" and not self._is_quiet else "debug"


def session_of(context: Context) -> str:
    """Digits by which a session over HTTP is known again; nothing where there is none."""
    tokens = context.header_values(SESSION_HEADER)
    return fingerprint(tokens[0]) if tokens else ""


def _whose(context: Context) -> dict[str, object]:
    """Who calls, in which session and which trace, as far as it is known."""
    trace = context.trace
    known = {
        "session": session_of(context),
        "caller": context.caller,
        "trace": "" if trace is None else trace.trace_id,
    }
    return {name: value for name, value in known.items() if value}
