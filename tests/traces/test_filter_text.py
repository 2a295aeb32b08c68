"""A filter in words."""

import pytest

from vtmcp.traces.filter_text import filter_text
from vtmcp.traces.spans import SpanFilter

AT_NS = 1_795_343_613 * 1_000_000_000
HOUR_NS = 3_600 * 1_000_000_000
WINDOW = "2026-11-22 10:33:33Z to 11:33:33Z (1 h)"

WORDS: dict[str, tuple[dict[str, object], str]] = {
    "nothing": ({}, "all spans"),
    "a service": ({"service": "cart"}, 'service "cart"'),
    "an operation": ({"operation": "GET /"}, 'operation "GET /"'),
    "an attribute": ({"tags": {"a.b": "~x"}}, '"a.b"="~x"'),
    "errors": ({"errors_only": True}, "errors only"),
    "durations": (
        {"duration_min_ns": 1_000_000, "duration_max_ns": 2_000_000},
        "at least 1 ms, at most 2 ms",
    ),
    "text that would end the line": ({"service": 'a"\n\x1b[1m'}, 'service "a\\"\\n"'),
}


@pytest.mark.parametrize(("conditions", "words"), WORDS.values(), ids=WORDS)
def test_the_conditions_and_the_window_are_said(conditions: dict[str, object], words: str) -> None:
    wanted = SpanFilter(start_ns=AT_NS, end_ns=AT_NS + HOUR_NS, **conditions)  # type: ignore[arg-type]
    assert filter_text(wanted) == f"{words}, {WINDOW}"
