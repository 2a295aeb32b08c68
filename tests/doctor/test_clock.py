"""How far two clocks are apart, and how sure that is."""

import pytest

from vtmcp.doctor.clock import judge_clock

DATE = "Sun, 22 Nov 2026 10:34:00 GMT"
AT_S = 1_795_343_640.0

CLOCKS: dict[str, tuple[str, float, float, str, str]] = {
    "together": (DATE, AT_S + 0.5, 0.0, "ok", "0.0 s behind ours (± 0.5 s)"),
    "a little ahead": (DATE, AT_S - 4, 0.0, "ok", "4.5 s ahead of ours"),
    "behind": (DATE, AT_S + 20, 0.0, "warn", "19.5 s behind ours"),
    "minutes ahead": (DATE, AT_S - 180, 0.002, "fail", "180.5 s ahead of ours"),
    "a slow answer proves little": (DATE, AT_S - 9, 8.0, "ok", "5.5 s ahead of ours (± 4.5 s)"),
    "no date": ("", AT_S, 0.0, "skip", "no answer has a Date"),
    "a broken date": ("yesterday", AT_S, 0.0, "skip", "no answer has a Date"),
}


@pytest.mark.parametrize(
    ("date", "sent_s", "took_s", "verdict", "evidence"), CLOCKS.values(), ids=CLOCKS
)
def test_clocks(date: str, sent_s: float, took_s: float, verdict: str, evidence: str) -> None:
    finding = judge_clock(date, sent_s, took_s)
    assert finding.verdict == verdict
    assert evidence in finding.evidence
    assert ("NTP" in finding.remedy) == (verdict in ("warn", "fail"))
