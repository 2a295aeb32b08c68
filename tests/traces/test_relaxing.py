"""A filter with one condition less, each."""

from vtmcp.traces.relaxing import RELAXED_MAX, bare, relaxations, without
from vtmcp.traces.spans import SpanFilter

MS = 1_000_000
ALL = SpanFilter(
    start_ns=1,
    end_ns=2,
    service="cart",
    operation="GET /",
    tags={"a": "1", "b": "~x"},
    errors_only=True,
    duration_min_ns=MS,
    duration_max_ns=2 * MS,
)


def test_each_condition_is_left_out_once() -> None:
    found = relaxations(ALL)
    assert [one.condition for one in found] == [
        "errors only",
        '"a"="1"',
        '"b"="~x"',
        'operation "GET /"',
        "at least 1 ms",
        "at most 2 ms",
        'service "cart"',
    ]
    assert len({repr(one.wanted) for one in found}) == len(found)
    assert all((one.wanted.start_ns, one.wanted.end_ns) == (1, 2) for one in found)
    assert found[1].wanted.tags == {"b": "~x"}
    assert [one.wanted.errors_only for one in found].count(False) == 1


def test_so_many_are_tried_at_most() -> None:
    many = SpanFilter(start_ns=1, end_ns=2, tags={str(n): "" for n in range(50)})
    assert len(relaxations(many)) == RELAXED_MAX


def test_a_filter_without_conditions_cannot_be_relaxed() -> None:
    assert relaxations(bare(ALL)) == []
    assert bare(ALL) == SpanFilter(start_ns=1, end_ns=2)


def test_the_arguments_of_a_call_lose_what_the_filter_lost() -> None:
    arguments = {"service": "cart", "tags": {"a": 1, "b": "~x"}, "errors_only": True, "limit": 3}
    errors, first, *_, service = relaxations(ALL)
    assert without(arguments, errors) == {k: v for k, v in arguments.items() if k != "errors_only"}
    assert without(arguments, first)["tags"] == {"b": "~x"}
    assert "service" not in without(arguments, service)
    assert without({"tags": {"a": 1}}, first) == {}
