"""What a server says of itself on its pages of metrics and flags."""

import pytest

from tests.victoriatraces.recordings import recorded
from vtmcp.doctor.flags import Told, read_told
from vtmcp.victoriatraces.response import HttpResponse

CLOSED = HttpResponse(401, (), b'-retentionPeriod="9d"\nflag{name="x", value="y"} 1\n')


def test_metrics_have_all_flags_and_the_build() -> None:
    told = read_told(recorded("007-metrics"), None)
    assert told.is_complete
    assert told.flags["retentionPeriod"] == "10y"
    assert told.flags["search.latencyOffset"] == "30s"
    assert told.flags["storageNode"] == ""
    assert told.build == "victoria-traces-20260529-000000-tags-v0.9.0-0-g895a56bb"
    assert told.release == "v0.9.0"


def test_the_page_of_flags_has_what_was_set() -> None:
    told = read_told(None, recorded("008-flags"))
    assert not told.is_complete
    assert told.flags["servicegraph.enableTask"] == "true"
    assert (told.build, told.release) == ("", "")


@pytest.mark.parametrize("page", [None, CLOSED], ids=["no answer", "a key is wanted"])
def test_nothing_is_read_where_nothing_is_told(page: HttpResponse | None) -> None:
    assert read_told(page, page) == Told({}, False, "", "")


def test_a_build_without_a_short_version() -> None:
    metrics = HttpResponse(200, (), b'vm_app_version{version="victoria-traces-abc"} 1\n')
    assert read_told(metrics, None) == Told({}, False, "victoria-traces-abc", "")
