"""All checks of one database, in their order, within one bound of time.

Must not be here: what an answer means, or what is shown of it.
"""

from collections.abc import Awaitable, Callable

import anyio

from vtmcp.doctor import access, clock, data, product, versions
from vtmcp.doctor.asking import Asked, Asker
from vtmcp.doctor.data import Ages
from vtmcp.doctor.findings import CREDENTIALS, HEALTH, NEWEST, TENANT, Finding, Sheet, failure
from vtmcp.doctor.flags import read_told
from vtmcp.doctor.product import Signs
from vtmcp.doctor.reaching import Reaching
from vtmcp.durations import format_duration
from vtmcp.traces.model import Dependency, SourceError
from vtmcp.traces.spans import SpanFilter
from vtmcp.traces.tenant import Tenant
from vtmcp.traces.times import parse_time_ns
from vtmcp.victoriatraces.answers import read_dependencies
from vtmcp.victoriatraces.logsql_answers import read_rows
from vtmcp.victoriatraces.logsql_requests import spans_request
from vtmcp.victoriatraces.requests import dependencies_request, services_request
from vtmcp.victoriatraces.response import HttpResponse
from vtmcp.victoriatraces.settings import Settings

WHOLE_S = 60.0
"""All checks together: twice the usual patience for one answer, and less than a person's."""

DAY_NS = 86_400_000_000_000
AGES_NS = (DAY_NS // 24, *(days * DAY_NS for days in (1, 3, 7, 14, 30, 90, 365)))
"""Where the age of the oldest span is looked for: about three cheap questions find its place."""

FUTURE_NS = 2 * DAY_NS
"""Spans of clocks that are ahead: the database takes them from so far (-futureRetention)."""


class Examination:
    """The checks of one database. Use `run` once; it raises nothing."""

    def __init__(
        self, settings: Settings, tenant: Tenant, sheet: Sheet, now_ns: Callable[[], int]
    ) -> None:
        self._settings = settings
        self._tenant = tenant
        self._sheet = sheet
        self._now_ns = now_ns
        self._asker = Asker(settings, tenant, now_ns)
        self._asked: list[Asked] = []

    async def run(self) -> None:
        """Tell of all checks; those that an earlier one makes impossible are skipped."""
        with anyio.move_on_after(WHOLE_S) as scope:
            try:
                await self._run()
            finally:
                await self._asker.aclose()
        if scope.cancelled_caught and self._sheet.left:
            fact = f"not done within the {WHOLE_S:g} s that all checks have together"
            self._sheet.tell(
                Finding(
                    self._sheet.left[0],
                    "fail",
                    fact,
                    "find out why the database, or the way to it, is slow",
                )
            )
            self._sheet.skip_rest("the time for all checks was over")

    async def _run(self) -> None:
        reaching = Reaching(self._settings, self._sheet, self._now_ns)
        if not (await reaching.run() and await self._enter()):
            self._sheet.skip_rest(f"{self._sheet.findings[-1].check} failed")
            return
        await self._examine()

    async def _enter(self) -> bool:
        """Tell of health and credentials; the first question is the one that every tool needs."""
        try:
            self._health = await self._ask(self._asker.get("/health"))
        except SourceError as error:
            return self._sheet.tell(_unanswered(HEALTH, error))
        took = format_duration(round(self._health.took_s * 1e9))
        if not self._sheet.tell(access.judge_health(self._health.response, took)):
            return False
        try:
            request = services_request(self._asker.asking())
            self._services = await self._ask(self._asker.send(request))
        except SourceError as error:
            return self._sheet.tell(_unanswered(CREDENTIALS, error))
        sent = access.credential_variables(self._settings)
        return self._sheet.tell(
            access.judge_credentials(self._services.response, sent, self._tenant)
        )

    async def _examine(self) -> None:
        """Tell of what the database is, has and does."""
        metrics = await self._try("/metrics")
        self._told = read_told(metrics, await self._try("/flags"))
        if not self._sheet.tell(product.judge_product(await self._signs(metrics))):
            self._sheet.skip_rest("product failed")
            return
        version = versions.read_version(
            await self._try("/select/buildinfo"), self._told.release, self._told.build
        )
        self._sheet.tell(versions.judge_version(version))
        await self._look_for_data()
        self._sheet.tell(data.judge_latency(self._told))
        self._sheet.tell(data.judge_graph(await self._edges(), self._told))
        self._sheet.tell(data.judge_speed(self._services.took_s, self._health.took_s))

    async def _signs(self, metrics: HttpResponse | None) -> Signs:
        """Collect what tells servers apart; no more is asked than is needed."""
        signs = Signs(self._services.response, metrics, self._told.build)
        if product.services_of(signs.services) is not None or product.product_of(signs):
            return signs
        return signs._replace(
            front=await self._try("/"),
            jaeger=await self._try("/api/services"),
            tempo=await self._try("/api/echo"),
        )

    async def _look_for_data(self) -> None:
        """Tell of tenants, clocks, and the ages of spans."""
        sheet, tenant = self._sheet, self._tenant
        tenants = data.read_tenants(await self._try("/select/tenant_ids", of_all=True))
        services = product.services_of(self._services.response) or []
        try:
            newest_ns = await self._newest_of_all()
        except SourceError as error:
            trouble = str(error)
            sheet.tell(failure(TENANT, trouble))
            sheet.tell(data.judge_other_tenants(tenant, tenants))
            self._tell_clock()
            sheet.tell(Finding(NEWEST, "skip", "tenant failed"))
            sheet.tell(data.judge_retention(self._told, None))
            return
        others = [each for each in tenants or () if each != tenant]
        sheet.tell(data.judge_tenant(tenant, len(services), newest_ns, others))
        sheet.tell(data.judge_other_tenants(tenant, tenants))
        self._tell_clock()
        sheet.tell(data.judge_newest(newest_ns, self._now_ns()))
        oldest = await self._oldest() if newest_ns is not None else None
        sheet.tell(data.judge_retention(self._told, oldest))

    def _tell_clock(self) -> None:
        """Compare clocks by the quickest answer, which leaves the least doubt."""
        dated = [asked for asked in self._asked if asked.response.header("date")]
        quickest = min(dated or self._asked, key=lambda asked: asked.took_s)
        date = quickest.response.header("date")
        self._sheet.tell(clock.judge_clock(date, quickest.sent_ns / 1e9, quickest.took_s))

    async def _newest_of_all(self) -> int | None:
        """When the newest span ended. Looked for in the last day first: some databases refuse
        long windows (-search.maxQueryTimeRange).
        """
        now_ns = self._now_ns()
        end_ns = now_ns + FUTURE_NS
        lately_ns = await self._newest(end_ns, now_ns - DAY_NS)
        return await self._newest(end_ns) if lately_ns is None else lately_ns

    async def _newest(self, end_ns: int, start_ns: int = 0) -> int | None:
        """When the newest span of a window ended; the database stops at the first it finds."""
        wanted = SpanFilter(start_ns=start_ns, end_ns=end_ns)
        request = spans_request(self._asker.asking(), wanted, 1, slowest=False)
        rows = read_rows((await self._ask(self._asker.send(request))).response)
        try:
            ends = [parse_time_ns(row.get("_time", ""), now_ns=0) for row in rows]
        except ValueError:
            raise SourceError("a span has no time that can be read") from None
        return max(ends, default=None)

    async def _oldest(self) -> Ages | None:
        """Find between which of `AGES_NS` the age of the oldest span is, by halving."""
        now_ns, least, most = self._now_ns(), -1, len(AGES_NS)
        try:
            while most - least > 1:
                middle = (least + most) // 2
                if await self._newest(now_ns - AGES_NS[middle]) is None:
                    most = middle
                else:
                    least = middle
        except SourceError:
            return None
        upper = AGES_NS[most] if most < len(AGES_NS) else None
        return Ages(AGES_NS[least] if least >= 0 else 0, upper)

    async def _edges(self) -> list[Dependency] | str:
        end_ms = self._now_ns() // 1_000_000
        request = dependencies_request(
            self._asker.asking(), end_ms=end_ms, lookback_ms=DAY_NS // 1_000_000
        )
        try:
            return read_dependencies((await self._ask(self._asker.send(request))).response)
        except SourceError as error:
            return str(error)

    async def _ask(self, asking: Awaitable[Asked]) -> Asked:
        asked = await asking
        self._asked.append(asked)
        return asked

    async def _try(self, path: str, *, of_all: bool = False) -> HttpResponse | None:
        """Ask for what may be closed or missing; None where there is no answer at all."""
        get = self._asker.get_of_all if of_all else self._asker.get
        try:
            return (await self._ask(get(path))).response
        except SourceError:
            return None


def _unanswered(check: str, error: SourceError) -> Finding:
    """No answer to a cheap question: there is nothing less to ask for, as a tool could."""
    finding = failure(check, str(error))
    if not finding.remedy.startswith("ask for less"):
        return finding
    remedy = (
        "see the load and the log of the database, and of a proxy before it, or raise the limit "
        "that is named"
    )
    return finding._replace(remedy=remedy)
