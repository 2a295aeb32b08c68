"""How far the clocks of both machines are apart, from the `Date` of an answer. Pure.

A clock that is off shifts every window that is told as `now-1h`. Must not be here: the clock.
"""

from email.utils import parsedate_to_datetime

from vtmcp.doctor.findings import CLOCK, Finding

OFF_S_MIN = 5.0
"""Less is lost in what hides the newest spans anyway (-search.latencyOffset, 30 s)."""

OFF_S_MAX = 60.0
"""More makes questions about the last minutes answer about other ones."""

STEP_S = 1.0
"""A `Date` has no fraction of a second: the true time lies up to so much later."""


def judge_clock(date: str, sent_s: float, took_s: float) -> Finding:
    """Compare the `Date` of an answer with the middle of its exchange by our clock."""
    try:
        theirs_s = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return Finding(CLOCK, "skip", "no answer has a Date")
    off_s = theirs_s + STEP_S / 2 - (sent_s + took_s / 2)
    unsure_s = (STEP_S + took_s) / 2
    ahead = "ahead of" if off_s > 0 else "behind"
    evidence = f"the database's clock is {abs(off_s):.1f} s {ahead} ours (± {unsure_s:.1f} s)"
    beyond_s = abs(off_s) - unsure_s
    if beyond_s <= OFF_S_MIN:
        return Finding(CLOCK, "ok", evidence)
    remedy = "set both clocks by NTP: windows such as now-1h are those of vtmcp's machine"
    return Finding(CLOCK, "fail" if beyond_s > OFF_S_MAX else "warn", evidence, remedy)
