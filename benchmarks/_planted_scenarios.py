"""Each planted fault with the question of whoever is on call, a call, and the words of its cause.

Must not be here: how traces are made, sent or asked for.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks import _planted_faults as faults
from benchmarks._planted_steps import Fault, Where

AT: Final = {"start": "{start}", "end": "{end}"}
"""Replaced by the window; `{trace}` by the id of a trace that the fault touched."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A call, and the words (regular expressions) that must stand in its first 2,000 bytes."""

    tool: str
    words: tuple[str, ...]
    arguments: dict[str, Any] = field(default_factory=dict)
    never: tuple[str, ...] = ()
    """What would be a false finding, anywhere in the answer."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One fault. The first call is the right one; the others may find it as well."""

    name: str
    seed: int
    fault: Fault
    question: str
    asks: tuple[Ask, ...]
    since_minutes: int = 35
    """How long before the end of the window it began."""


def pod(service: str, number: int) -> str:
    """The name of a pod."""
    version = Fault().version(service, number, 0)
    return Where(service, number, version, "", "", "", 0).pod_name


def triage(*words: str) -> Ask:
    return Ask("triage", words, AT)


def errors(*words: str, **more: Any) -> Ask:
    return Ask("errors", words, {**AT, **more})


def contrast(*words: str, **more: Any) -> Ask:
    return Ask("contrast", words, {**AT, **more})


def stats(*words: str, **more: Any) -> Ask:
    return Ask("span_stats", words, {**AT, **more})


def one(tool: str, *words: str, never: tuple[str, ...] = ()) -> Ask:
    return Ask(tool, words, {"trace_id": "{trace}"}, never)


FAULTS: Final = (
    Scenario(
        "a bad pod",
        101,
        faults.BadPod(),
        "Bookings fail. What is it?",
        (
            triage(r"booking POST /bookings", pod("booking", 2)),
            errors(pod("booking", 2), "no space left on device"),
            contrast(pod("booking", 2)),
        ),
    ),
    Scenario(
        "a slow pod",
        102,
        faults.SlowPod(),
        "Bookings are slow at times. What is it?",
        (
            triage(pod("availability", 1)),
            contrast(pod("availability", 1), service="availability", slower_than="60ms"),
        ),
    ),
    Scenario(
        "a bad version, on one pod of four",
        103,
        faults.BadVersion(),
        "Did a release break something?",
        (
            triage(r"3\.1\.0-rc1", "pricing POST /quote"),
            errors(r"3\.1\.0-rc1", "unsupported currency"),
        ),
    ),
    Scenario(
        "a slow version",
        104,
        faults.SlowVersion(),
        "Search became slow. Why?",
        (
            triage(r"7\.3\.0", "search rank"),
            stats("rank", by=["operation"], service="search"),
        ),
    ),
    Scenario(
        "one read for each row",
        105,
        faults.ManyReads(),
        "This room page took long. Why?",
        (
            one("trace", r"N\+1", "SELECT photos"),
            triage("SELECT photos"),
        ),
    ),
    Scenario(
        "a retry storm",
        106,
        faults.RetryStorm(),
        "This booking took long and failed. Why?",
        (
            one("trace", "retry storm", "payments"),
            triage("payments POST"),
            errors("payments POST", "Service Unavailable"),
        ),
    ),
    Scenario(
        "an error passed up five services",
        107,
        faults.PassedUp(),
        "The edge answers 500. Where does it begin?",
        (
            errors("rates SELECT rate_plans", "UndefinedColumn", r"passed on by .*edge"),
            triage("rates SELECT rate_plans"),
        ),
    ),
    Scenario(
        "slow for one customer",
        108,
        faults.SlowForOne(),
        "Some bookings take two seconds. Whose?",
        (
            contrast(faults.CUSTOMER, service="availability", slower_than="800ms"),
            contrast(faults.CUSTOMER, slower_than="1s"),
            triage("availability UPDATE holds"),
        ),
    ),
    Scenario(
        "a clock that is ahead",
        109,
        faults.ClockAhead(),
        "Can I trust the times of this trace?",
        (one("trace", "clock", "availability", r"2\.[45]\d? s"),),
    ),
    Scenario(
        "a service that is missing",
        110,
        faults.MissingService(),
        "What changed?",
        (triage("rates is missing"),),
    ),
    Scenario(
        "a trace of twenty thousand spans",
        111,
        faults.Huge(),
        "What failed in the nightly job?",
        (
            one("trace", "NumericOverflow", "amount out of range"),
            one("critical_path", "ledger SELECT entries", "ledger-db|reconcile"),
        ),
    ),
    Scenario(
        "a wait for a connection of the pool",
        112,
        faults.PoolWait(),
        "Bookings became slow. Why?",
        (triage(r"pool\.acquire"), stats(r"pool\.acquire", by=["operation"], service="booking")),
    ),
    Scenario(
        "names that one zone cannot resolve",
        113,
        faults.NamesOfZone(),
        "Everything fails a little. What is it?",
        (contrast("eu-1b"), triage("eu-1b"), errors("lookup on .*timeout")),
    ),
    Scenario(
        "a queue that is not emptied",
        114,
        faults.Backlog(),
        "The mail of this booking came late. Why?",
        (one("trace", "time in queue", "notify"), one("critical_path", "queue", "notify")),
    ),
    Scenario(
        "one after the other",
        115,
        faults.InTurn(),
        "This search is slow. Why?",
        (one("trace", "serial fan-out", "partner|search GET"), triage("search ask partners")),
    ),
    Scenario(
        "a flag",
        116,
        faults.Flag(),
        "Quotes fail for some. For whom?",
        (
            contrast(r"app\.flag\.quotes", "on", service="pricing"),
            triage(r"app\.flag\.quotes"),
        ),
    ),
    Scenario(
        "one endpoint",
        117,
        faults.OneEndpoint(),
        "Which endpoint became slow?",
        (triage("profile GET /me"), stats("GET /me", by=["operation"], service="profile")),
    ),
    Scenario(
        "one country",
        118,
        faults.OneCountry(),
        "Requests fail at the edge. Whose?",
        (contrast(r"client\.geo\.country", "PL"), errors("edge", "no tax zone"), triage("PL")),
    ),
    Scenario(
        "a cache that misses",
        119,
        faults.CacheMisses(),
        "The load of rates grew. Why?",
        (triage("SELECT rate_plans|rates Rates/Get|pricing Rates/Get"),),
    ),
    Scenario(
        "parents that are not there",
        120,
        faults.MissingParents(),
        "Is this trace whole?",
        (one("trace", "missing", "parent"),),
    ),
    Scenario(
        "a service that starts late",
        121,
        faults.LateStart(),
        "What was that, some minutes ago?",
        (
            errors("ECONNREFUSED", "GET", "edge|booking"),
            triage("profile"),
            contrast(r"profile\.prod\.svc"),
        ),
        since_minutes=45,
    ),
    Scenario(
        "a pause without a span",
        122,
        faults.LongGap(),
        "This booking took three seconds. Why?",
        (one("trace", "gap", "booking POST /bookings"), triage("booking POST /bookings")),
    ),
    Scenario(
        "errors in a consumer only",
        123,
        faults.ConsumerOnly(),
        "No mail for some. What fails?",
        (
            errors("notify process bookings", "TemplateNotFound"),
            triage("notify process bookings"),
        ),
    ),
    Scenario(
        "one slow among equals",
        124,
        faults.SlowAmongEquals(),
        "Which partner is slow?",
        (
            one("trace", "slow", "partner-7|search GET"),
            contrast("partner-7", service="search", slower_than="800ms"),
            triage("partner-7"),
        ),
    ),
    Scenario(
        "a new step",
        125,
        faults.NewCheck(),
        "What does this booking do that others did not?",
        (one("compare_traces", "fraud score"), triage("fraud score")),
    ),
    Scenario(
        "a slow bank",
        126,
        faults.SlowBank(),
        "Where did the time of this booking go?",
        (one("critical_path", "payments POST", r"psp\.example"), triage("payments POST")),
    ),
    Scenario(
        "a locked shard",
        127,
        faults.LockedShard(),
        "Deadlocks. Where?",
        (contrast("ledger_3", service="ledger"), errors("ledger", "ShareLock"), triage("ledger_3")),
    ),
    Scenario(
        "four times the traffic",
        128,
        faults.Surge(),
        "What changed?",
        (triage("traffic of service edge"),),
    ),
    Scenario(
        "slower and slower",
        129,
        faults.Leak(),
        "Room pages become slow. Where?",
        (triage("catalog GET /rooms"), stats("catalog")),
    ),
    Scenario(
        "two faults at once",
        130,
        faults.TwoAtOnce(),
        "What changed?",
        (triage(pod("booking", 2), "profile GET /me"),),
    ),
    Scenario(
        "a client that gives up",
        131,
        faults.GivesUp(),
        "Why did this search fail after a second?",
        (one("trace", "search rank", never=("clock",)), triage("search rank")),
    ),
)

HEALTHY: Final = (
    triage("Nothing stands out"),
    contrast(),
    contrast(slower_than="300ms"),
    errors(),
    stats(),
)
"""What is asked of data in which nothing is wrong: no cause may be named."""

FALSE_FINDINGS: Final = {
    "triage": (
        "Most likely",
        "Perhaps",
        "Also:",
        "Hit:",
        "traffic of",
        "to blame",
        "Noted: new service",
    ),
    "contrast": ("Spans of ", "In many operations"),
    "errors": ("all on ",),
    "span_stats": (),
    "trace": ("N+1", "storm", "fan-out", "long gap", "queue", "clock", "missing", "do not trust"),
}
"""Words of each tool that name a cause, which healthy data has not. That a version is new is a fact
there too, and so is a single span that took most of its trace's time."""
