"""What groups of generated spans did is what their spans say."""

from collections import Counter

from tests.demo.samples import HOUR_NS, NOW_NS, S
from vtmcp.demo.spans import SpanAnswers
from vtmcp.traces.activity import OVER_NS
from vtmcp.traces.model import Span
from vtmcp.traces.spans import SpanFilter
from vtmcp.traces.tenant import Tenant

SHOP = Tenant(0, 0)
ANSWERS = SpanAnswers(lambda: NOW_NS)
HOUR = SpanFilter(start_ns=NOW_NS - HOUR_NS, end_ns=NOW_NS)
PAYMENT = SpanFilter(start_ns=NOW_NS - HOUR_NS, end_ns=NOW_NS, service="payment")
VERSION = "resource_attr:service.version"


def spans(wanted: SpanFilter) -> list[Span]:
    half = NOW_NS - HOUR_NS // 2
    parts = ((wanted.start_ns, half), (half, wanted.end_ns))
    return [
        span
        for start_ns, end_ns in parts
        for service in sorted({"payment", "fraud", "checkout", "frontend"})
        if wanted.service in ("", service)
        for span in ANSWERS.spans(
            SpanFilter(start_ns=start_ns, end_ns=end_ns, service=service),
            SHOP,
            limit=1_000,
            slowest=False,
        )
    ]


def test_groups_are_the_sums_of_their_spans() -> None:
    held = spans(PAYMENT)
    groups = ANSWERS.activity(PAYMENT, SHOP, slower_than_ns=None, also_by="")
    assert {group.key: group.count for group in groups} == Counter(
        (span.service, span.name, span.kind) for span in held
    )
    (charge,) = [group for group in groups if group.operation == "POST /charge"]
    served = [span for span in held if span.name == "POST /charge"]
    assert charge.bad == sum(span.failed for span in served)
    assert charge.sum_ns == sum(span.duration_ns for span in served)
    assert charge.over == tuple(sum(s.duration_ns >= bound for s in served) for bound in OVER_NS)
    assert charge.first_ns == min(span.start_ns for span in served)
    assert charge.last_ns == max(span.end_ns for span in served)
    assert (charge.roots, charge.serves) == (0, charge.count)


def test_failures_begin_where_no_span_below_fails() -> None:
    groups = {
        group.key: group for group in ANSWERS.activity(HOUR, SHOP, slower_than_ns=None, also_by="")
    }
    fraud = groups["fraud", "POST /assess", "server"]
    charge = groups["payment", "POST /charge", "server"]
    checkout = groups["frontend", "POST /checkout", "server"]
    assert fraud.origins == fraud.origin_traces == fraud.bad == charge.bad > 0
    assert charge.origins == 0
    assert checkout.bad_roots == checkout.bad == fraud.bad
    # Who asks about one service learns the same of it: what is below counts all the same.
    (alone,) = [
        group
        for group in ANSWERS.activity(PAYMENT, SHOP, slower_than_ns=None, also_by="")
        if group.operation == "POST /charge"
    ]
    assert alone == charge


def test_a_bound_makes_slow_spans_the_bad_ones() -> None:
    groups = ANSWERS.activity(PAYMENT, SHOP, slower_than_ns=2 * S, also_by="")
    (bank,) = [group for group in groups if group.operation == "POST" and group.bad]
    (charge,) = [group for group in groups if group.operation == "POST /charge"]
    assert bank.bad == bank.origins == charge.bad > 0
    assert charge.origins == 0


def test_groups_are_told_apart_by_a_field_more() -> None:
    groups = ANSWERS.activity(HOUR, SHOP, slower_than_ns=None, also_by=VERSION)
    versions = {group.also: group for group in groups if group.operation == "POST /assess"}
    assert set(versions) == {"4.1.3", "4.2.0"}
    assert versions["4.1.3"].bad == 0 < versions["4.2.0"].bad
    counts = [group.count for group in groups]
    assert counts == sorted(counts, reverse=True)
