"""The other tenant: another team's services, with nothing wrong."""

from tests.demo.samples import answers, query
from vtmcp.demo.parcels import TENANT
from vtmcp.traces.tree import build_tree


def test_nothing_is_wrong_with_the_other_tenant() -> None:
    asked = answers()
    found = asked.search(query("tracker"), TENANT)
    assert len(found.traces) > 40
    for trace in found.traces:
        assert not any(span.failed for span in trace.spans)
        assert not build_tree(trace.spans).notes
        assert {span.resource["service.namespace"] for span in trace.spans} == {"parcels"}
