"""What is said of failures, to the line."""

from dataclasses import replace
from typing import Any

from tests.traces.samples import exception, failed, span
from tests.traces.test_error_groups import origin
from vtmcp.traces.error_groups import ErrorGroup, Suspect, group_errors
from vtmcp.traces.errors_text import About, Found, Tally, errors_text
from vtmcp.traces.origins import Origin


def text(groups: list[ErrorGroup], *abouts: About | None, **more: Any) -> list[str]:
    """The lines of an answer of these groups."""
    notes = more.pop("notes", ())
    told = Found("all spans, then", Tally(1_000, 50), groups, abouts, notes)
    defaults = {
        "limit": 10,
        "max_bytes": 24_000,
        "notice": "",
        "trace_call": lambda trace_id: f"trace({trace_id})",
        "next_call": "",
        "more_call": "errors(limit=2)",
    }
    return errors_text(told, **{**defaults, **more}).split("\n")


def declined(count: int, **more: Any) -> list[Origin]:
    events = (exception("Declined", "card 7 declined"),)
    return [
        origin(n, service="bank", name="POST", events=events, passed=("pay", "web"), **more)
        for n in range(count)
    ]


def test_a_group_with_all_that_is_known() -> None:
    about = About(
        "operation",
        Tally(100, 8),
        Tally(90, 1),
        [Suspect("k8s.pod.name", "p3", 0.123), Suspect("service.version", "2 x", 0.2)],
    )
    groups = group_errors(declined(2, root="error"))
    assert text(groups, about, notes=["A note."], notice="Demo.", next_call="contrast()") == [
        "2 failures in 1 group, told where they began: 50 of 1,000 spans failed (5.0 %),"
        " all spans, then.",
        "Demo.",
        "A note.",
        '1. x2 (100.0 %) bank POST  Declined  "card 7 declined"',
        "   in 2 traces, 2026-11-22 10:33:33Z to 10:33:33.001Z (1 ms);"
        " of this operation 8 of 100 spans failed (8.0 %),"
        " in the window before 1 of 90 spans failed (1.1 %)",
        "   all on k8s.pod.name p3, which has 12.3 % of this operation's spans"
        ' and service.version "2 x", which has 20 % of this operation\'s spans',
        "   reached web GET / x2 (2 of 2 failed there); passed on by pay, web",
        "   e.g. trace(t1), trace(t0)",
        "Next: contrast()",
    ]


def test_a_group_of_which_little_is_known() -> None:
    one = failed("a", message="", name="", service="")
    groups = group_errors([Origin(one, one, False, ())])
    assert text(groups, None)[1:] == [
        "1. x1 (100.0 %) (no service) (no name)  (no type, no message)",
        "   in 1 trace, at 2026-11-22 10:33:33.000Z",
        "   reached (no service) (no name) x1; 1 trace without a root",
        f"   e.g. trace({one.trace_id})",
    ]


def test_what_was_not_so_before_and_what_is_not_known_of_before() -> None:
    groups = group_errors(declined(1))
    assert text(groups, About("service", Tally(9, 1), None))[2].endswith(
        "; of this service 1 of 9 spans failed (11.1 %)"
    )


def test_long_lists_are_counted() -> None:
    origins = []
    for number in range(5):
        one = origin(number, passed=tuple(f"s{n}" for n in range(8)))
        root = span("r", service=f"w{number}", name="/")
        origins.append(replace_root(one, root))
    lines = text(group_errors(origins))
    assert lines[3].startswith("   reached w0 / x1, w1 / x1, w2 / x1, 2 more (0 of 5 failed there)")
    assert lines[3].endswith("; passed on by s0, s1, s2, s3, s4, s5 and 2 more")


def replace_root(one: Origin, root: Any) -> Origin:
    return one._replace(root=replace(root, trace_id=one.span.trace_id))


def test_what_is_beyond_the_limit_is_counted_and_the_call_named() -> None:
    groups = group_errors([*declined(2), origin(9), origin(10, service="z")])
    lines = text(groups, limit=1, next_call="contrast()")
    assert lines[-1] == "Left out: 2 groups of failures. Next: errors(limit=2)"
    assert not any(line.startswith("2.") for line in lines)
    short = text(groups, max_bytes=400)
    assert short[-1] == "Left out: 2 groups of failures. Next: errors(limit=2)"


def test_no_failure() -> None:
    assert text([]) == ["No errors: 50 of 1,000 spans failed (5.0 %), all spans, then."]


def test_what_strangers_wrote_moves_nothing() -> None:
    (group,) = group_errors(
        [origin(1, message="x\n1. x9 \x1b[31m", service="a\nb", name="c\u202e")]
    )
    lines = text([group])
    assert len(lines) == 5
    assert "\x1b" not in "".join(lines)
    assert '"a\\nb" "c"' in lines[1]
