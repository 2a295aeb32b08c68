"""The incident is told at any moment: what fails, where, since when, and what is only slow."""

from tests.demo.samples import ANY_MOMENT, FAILED, HOUR_NS, S, asked_at, find, query
from vtmcp.demo.services import ROLLOUT, SERVICES
from vtmcp.demo.shop import TENANT
from vtmcp.traces.summary import origin_of_failure


@ANY_MOMENT
def test_checkouts_fail_since_the_rollout_on_its_pods_only(now_ns: int) -> None:
    failed = find(now_ns, "checkout", tags=FAILED)
    assert len(failed) >= 5
    for trace in failed:
        origin = origin_of_failure(trace.spans)
        assert origin is not None
        assert (origin.service, origin.name) == ("fraud", "POST /assess")
        assert origin.resource["service.version"] == ROLLOUT.version
        passed_on = {span.service for span in trace.spans if span.failed}
        assert passed_on == {"fraud", "payment", "checkout", "frontend"}
        assert all(span.events for span in trace.spans if span.failed and span.kind == "server")
    old = {"resource_attr:service.version": SERVICES["fraud"].version}
    assert not find(now_ns, "fraud", tags={**FAILED, **old})
    good = [trace for trace in find(now_ns, "checkout") if trace not in failed]
    assert len(good) > len(failed)


@ANY_MOMENT
def test_no_checkout_failed_in_the_first_quarter_of_the_hour(now_ns: int) -> None:
    end_ns = now_ns - 45 * 60 * S
    checked = asked_at(now_ns)
    first = query("checkout", start_ns=now_ns - HOUR_NS, end_ns=end_ns)
    assert len(checked.search(first, TENANT).traces) > 30
    failing = query("checkout", start_ns=now_ns - HOUR_NS, end_ns=end_ns, tags=FAILED)
    assert not checked.search(failing, TENANT).traces


@ANY_MOMENT
def test_a_dependency_is_slow_for_one_card_network(now_ns: int) -> None:
    slow = find(now_ns, "payment", duration_min_ns=2 * S)
    assert slow
    for trace in slow:
        bank = [s for s in trace.spans if s.attributes.get("server.address") == "api.bank.example"]
        assert [span.attributes["payment.card_network"] for span in bank] == ["northbank"]
        assert bank[0].duration_ns > 2 * S
