"""`VictoriaTraces`, the trace source on a real database, light enough to be made at the start.

Must not be here: any work. It hands every question on, and loads what answers it only then.
"""

from copy import copy
from typing import TYPE_CHECKING

from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces.checks import check
from vtmcp.victoriatraces.credentials import Credentials
from vtmcp.victoriatraces.headers import Header
from vtmcp.victoriatraces.kinds import OnAnswer, OnAsk, unfollowed, unobserved
from vtmcp.victoriatraces.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vtmcp.traces.activity import Activity
    from vtmcp.traces.model import Dependency, Found, Span, TraceQuery
    from vtmcp.traces.origins import Failing
    from vtmcp.traces.spans import Counted, Facet, Histogram, Row, SpanFilter, SpanStats
    from vtmcp.traces.trace_set import TraceSet
    from vtmcp.victoriatraces.dialling import OnRefused
    from vtmcp.victoriatraces.span_questions import SpanQuestions


class VictoriaTraces:
    """Answers questions from one VictoriaTraces. Every method raises `SourceError` only."""

    def __init__(
        self,
        settings: Settings,
        *,
        on_refused: "OnRefused | None" = None,
        on_answer: OnAnswer = unobserved,
        on_ask: OnAsk = unfollowed,
    ) -> None:
        """Raises `ValueError`, naming the variable, for what is wrong. Connects to nothing yet.

        `on_refused` is told of each address that was not connected to, and why; `on_answer` of
        each request that was sent, and how it ended; `on_ask` of each before it is sent.
        """
        credentials = Credentials(settings)
        self._label = f"VictoriaTraces at {check(settings, credentials).url}"
        self._connections = _Connections(settings, credentials, on_refused, on_answer, on_ask)
        self._caller: tuple[Header, ...] = ()

    @property
    def label(self) -> str:
        """Where the data comes from."""
        return self._label

    @property
    def notice(self) -> str:
        """Nothing: the data is real."""
        return ""

    def on_behalf(self, headers: tuple[Header, ...], caller: str = "") -> "VictoriaTraces":
        """Return the same database, over the same connections, asked with a caller's headers.

        They go beside the configured ones or, where they hold a credential, in the place of all
        configured credentials.
        """
        if headers == self._caller:
            return self
        view = copy(self)
        view._caller = headers
        return view

    async def services(self, tenant: Tenant) -> list[str]:
        """Return the names of the services seen lately (three days by default)."""
        return await self._ask().services(tenant, self._caller)

    async def operations(self, service: str, tenant: Tenant) -> list[str]:
        """Return the span names of a service; none for one that is not known."""
        return await self._ask().operations(service, tenant, self._caller)

    async def search(self, query: "TraceQuery", tenant: Tenant) -> "Found":
        """Return whole traces, each with a span that fits the query."""
        return await self._ask().search(query, tenant, self._caller)

    async def trace(self, trace_id: str, tenant: Tenant) -> "Found":
        """Return one trace, or none when the database has none of that id."""
        return await self._ask().trace(trace_id, tenant, self._caller)

    async def dependencies(
        self,
        *,
        end_ms: int,
        lookback_ms: int,
        tenant: Tenant,
    ) -> "list[Dependency]":
        """Return the edges of the service graph; none when the database does not make one."""
        return await self._ask().dependencies(
            end_ms=end_ms, lookback_ms=lookback_ms, tenant=tenant, headers=self._caller
        )

    async def span_stats(
        self,
        wanted: "SpanFilter",
        by: "Sequence[str]",
        tenant: Tenant,
        *,
        limit: int | None = None,
    ) -> "list[SpanStats]":
        """Return counts, failures and durations of the groups with most spans."""
        return await self._ask().span_stats(wanted, by, tenant, self._caller, limit=limit)

    async def field_names(self, wanted: "SpanFilter", tenant: Tenant) -> "list[Counted]":
        """Return the attributes of the spans that fit, the most frequent first."""
        return await self._ask().field_names(wanted, tenant, self._caller)

    async def field_values(
        self,
        wanted: "SpanFilter",
        name: str,
        tenant: Tenant,
        *,
        limit: int,
    ) -> "list[Counted]":
        """Return the values of one field, the most frequent first."""
        return await self._ask().field_values(wanted, name, tenant, self._caller, limit=limit)

    async def facets(
        self,
        wanted: "SpanFilter",
        tenant: Tenant,
        *,
        limit: int,
    ) -> "list[Facet]":
        """Return the most frequent values of each field that has few of them."""
        return await self._ask().facets(wanted, tenant, self._caller, limit=limit)

    async def spans(
        self,
        wanted: "SpanFilter",
        tenant: Tenant,
        *,
        limit: int,
        slowest: bool = False,
    ) -> "list[Span]":
        """Return spans that fit, the newest or the slowest first."""
        return await self._ask().spans(wanted, tenant, self._caller, limit=limit, slowest=slowest)

    async def trace_summaries(
        self, wanted: "SpanFilter", tenant: Tenant, *, limit: int, slowest: bool = False
    ) -> "TraceSet":
        """Return whole traces in figures, those with the newest or the slowest spans that fit."""
        return await self._ask().trace_summaries(
            wanted, tenant, self._caller, limit=limit, slowest=slowest
        )

    async def activity(
        self,
        wanted: "SpanFilter",
        tenant: Tenant,
        *,
        slower_than_ns: int | None = None,
        also_by: str = "",
    ) -> "list[Activity]":
        """Return what the spans that fit did, the groups with most spans first."""
        return await self._ask().activity(
            wanted,
            tenant,
            self._caller,
            slower_than_ns=slower_than_ns,
            also_by=also_by,
        )

    async def failing(self, wanted: "SpanFilter", tenant: Tenant, *, limit: int) -> "Failing":
        """Return failing spans that fit, and what is around them in their traces."""
        return await self._ask().failing(wanted, tenant, self._caller, limit=limit)

    async def span_counts(
        self,
        wanted: "SpanFilter",
        tenant: Tenant,
        *,
        buckets: int,
    ) -> "Histogram":
        """Return how many spans that fit ended when."""
        return await self._ask().span_counts(wanted, tenant, self._caller, buckets=buckets)

    async def logsql(
        self,
        text: str,
        tenant: Tenant,
        *,
        start_ns: int,
        end_ns: int,
        limit: int,
    ) -> "list[Row]":
        """Return the rows of a query as it was written."""
        return await self._ask().logsql(
            text, tenant, self._caller, start_ns=start_ns, end_ns=end_ns, limit=limit
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connections.aclose()

    def _ask(self) -> "SpanQuestions":
        return self._connections.questions()


class _Connections:
    """What is shared by all who ask on somebody's behalf; the first question makes it."""

    def __init__(
        self,
        settings: Settings,
        credentials: Credentials,
        on_refused: "OnRefused | None",
        on_answer: OnAnswer,
        on_ask: OnAsk,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._on_refused = on_refused
        self._on_answer = on_answer
        self._on_ask = on_ask
        self._questions: SpanQuestions | None = None

    def questions(self) -> "SpanQuestions":
        if self._questions is None:
            from vtmcp.victoriatraces.span_questions import (  # noqa: PLC0415 - h11, ssl: 30 ms
                SpanQuestions,
            )

            self._questions = SpanQuestions(
                self._settings,
                self._credentials,
                self._on_refused,
                self._on_answer,
                self._on_ask,
            )
        return self._questions

    async def aclose(self) -> None:
        if self._questions is not None:
            await self._questions.aclose()
