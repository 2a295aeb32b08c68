"""`VictoriaTraces`, the trace source on a real database, light enough to be made at the start.

Must not be here: any work. It hands every question on, and loads what answers it only then.
"""

from typing import TYPE_CHECKING

from vtmcp.traces.model import Dependency, Found, Span, TraceQuery
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces.checks import check
from vtmcp.victoriatraces.credentials import Credentials
from vtmcp.victoriatraces.headers import Header
from vtmcp.victoriatraces.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vtmcp.traces.spans import Counted, Facet, Histogram, Row, SpanFilter, SpanStats
    from vtmcp.victoriatraces.dialling import OnRefused
    from vtmcp.victoriatraces.span_questions import SpanQuestions


class VictoriaTraces:
    """Answers questions from one VictoriaTraces. Every method raises `SourceError` only.

    `headers` of a question are the caller's own, passed on beside the configured ones or, where
    they hold a credential, in the place of the configured credentials.
    """

    def __init__(self, settings: Settings, *, on_refused: "OnRefused | None" = None) -> None:
        """Raises `ValueError`, naming the variable, for what is wrong. Connects to nothing yet.

        `on_refused` is told of each address that was not connected to, and why.
        """
        self._settings = settings
        self._credentials = Credentials(settings)
        self._on_refused = on_refused
        self._label = f"VictoriaTraces at {check(settings, self._credentials).url}"
        self._questions: SpanQuestions | None = None

    @property
    def label(self) -> str:
        """Where the data comes from."""
        return self._label

    @property
    def notice(self) -> str:
        """Nothing: the data is real."""
        return ""

    async def services(self, tenant: Tenant, *, headers: tuple[Header, ...] = ()) -> list[str]:
        """Return the names of the services seen lately (three days by default)."""
        return await self._ask().services(tenant, headers)

    async def operations(
        self, service: str, tenant: Tenant, *, headers: tuple[Header, ...] = ()
    ) -> list[str]:
        """Return the span names of a service; none for one that is not known."""
        return await self._ask().operations(service, tenant, headers)

    async def search(
        self, query: TraceQuery, tenant: Tenant, *, headers: tuple[Header, ...] = ()
    ) -> Found:
        """Return whole traces, each with a span that fits the query."""
        return await self._ask().search(query, tenant, headers)

    async def trace(
        self, trace_id: str, tenant: Tenant, *, headers: tuple[Header, ...] = ()
    ) -> Found:
        """Return one trace, or none when the database has none of that id."""
        return await self._ask().trace(trace_id, tenant, headers)

    async def dependencies(
        self,
        *,
        end_ms: int,
        lookback_ms: int,
        tenant: Tenant,
        headers: tuple[Header, ...] = (),
    ) -> list[Dependency]:
        """Return the edges of the service graph; none when the database does not make one."""
        return await self._ask().dependencies(
            end_ms=end_ms, lookback_ms=lookback_ms, tenant=tenant, headers=headers
        )

    async def span_stats(
        self,
        wanted: "SpanFilter",
        by: "Sequence[str]",
        tenant: Tenant,
        *,
        limit: int | None = None,
        headers: tuple[Header, ...] = (),
    ) -> "list[SpanStats]":
        """Return counts, failures and durations of the groups with most spans."""
        return await self._ask().span_stats(wanted, by, tenant, headers, limit=limit)

    async def field_names(
        self, wanted: "SpanFilter", tenant: Tenant, *, headers: tuple[Header, ...] = ()
    ) -> "list[Counted]":
        """Return the attributes of the spans that fit, the most frequent first."""
        return await self._ask().field_names(wanted, tenant, headers)

    async def field_values(
        self,
        wanted: "SpanFilter",
        name: str,
        tenant: Tenant,
        *,
        limit: int,
        headers: tuple[Header, ...] = (),
    ) -> "list[Counted]":
        """Return the values of one field, the most frequent first."""
        return await self._ask().field_values(wanted, name, tenant, headers, limit=limit)

    async def facets(
        self,
        wanted: "SpanFilter",
        tenant: Tenant,
        *,
        limit: int,
        headers: tuple[Header, ...] = (),
    ) -> "list[Facet]":
        """Return the most frequent values of each field that has few of them."""
        return await self._ask().facets(wanted, tenant, headers, limit=limit)

    async def spans(
        self,
        wanted: "SpanFilter",
        tenant: Tenant,
        *,
        limit: int,
        slowest: bool = False,
        headers: tuple[Header, ...] = (),
    ) -> list[Span]:
        """Return spans that fit, the newest or the slowest first."""
        return await self._ask().spans(wanted, tenant, headers, limit=limit, slowest=slowest)

    async def span_counts(
        self,
        wanted: "SpanFilter",
        tenant: Tenant,
        *,
        buckets: int,
        headers: tuple[Header, ...] = (),
    ) -> "Histogram":
        """Return how many spans that fit ended when."""
        return await self._ask().span_counts(wanted, tenant, headers, buckets=buckets)

    async def logsql(
        self,
        text: str,
        tenant: Tenant,
        *,
        start_ns: int,
        end_ns: int,
        limit: int,
        headers: tuple[Header, ...] = (),
    ) -> "list[Row]":
        """Return the rows of a query as it was written."""
        return await self._ask().logsql(
            text, tenant, headers, start_ns=start_ns, end_ns=end_ns, limit=limit
        )

    async def aclose(self) -> None:
        """Close the connections."""
        if self._questions is not None:
            await self._questions.aclose()

    def _ask(self) -> "SpanQuestions":
        if self._questions is None:
            from vtmcp.victoriatraces.span_questions import (  # noqa: PLC0415 - h11, ssl: 30 ms
                SpanQuestions,
            )

            self._questions = SpanQuestions(self._settings, self._credentials, self._on_refused)
        return self._questions
