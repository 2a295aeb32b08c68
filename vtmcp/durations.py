"""Read and write lengths of time. Knows nothing of clocks, dates or time zones."""

import re

DURATION_NS_MAX = 2**63 - 1
"""Go's `time.Duration` is a signed 64-bit number of nanoseconds, about 292 years."""

DURATION_CHARS_MAX = 100
"""No sensible duration is longer; the bound keeps a hostile text from costing time."""

ACCEPTED = "a number and a unit, such as 250ms, 1.5s, 1m30s, 2h, 7d or 1w (ns us ms s m h d w)"

_UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "\N{MICRO SIGN}s": 1_000,
    "\N{GREEK SMALL LETTER MU}s": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 604_800_000_000_000,
}

_PART = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+) ?(ns|us|\u00b5s|\u03bcs|ms|min|s|m|h|d|w)"
_PARTS = re.compile(rf"{_PART}(?: ?{_PART})*")
_ONE_PART = re.compile(_PART)

_DURATION_S_MAX = DURATION_NS_MAX // _UNITS_NS["s"]

_SIGNIFICANT = 1_000
"""Below a minute a duration is shown with three significant digits."""


def parse_duration_ns(text: str) -> int:
    """Read a Go-style duration, days, weeks and `format_duration`'s own text; the result is in ns.

    Raises `ValueError`, with what is accepted, for anything else, a sign included.
    """
    wanted = text.strip()
    if wanted == "0":
        return 0
    if len(wanted) <= DURATION_CHARS_MAX and _PARTS.fullmatch(wanted):
        parts = _ONE_PART.findall(wanted)
        duration_ns = sum(_times(number, _UNITS_NS[unit]) for number, unit in parts)
        if duration_ns <= DURATION_NS_MAX:
            return duration_ns
    raise ValueError(f"{wanted[:DURATION_CHARS_MAX]!r} is not a duration; accepted: {ACCEPTED}")


def format_duration(ns: int) -> str:
    """Write a duration for a reader: `850 us`, `41 ms`, `1.24 s`, `3 min 20 s`, `-5 ms`."""
    if ns < 0:
        return f"-{format_duration(-ns)}"
    rounded_ns = _three_digits(ns)
    if rounded_ns < _UNITS_NS["m"]:
        return _in_one_unit(rounded_ns)
    seconds = (ns + _UNITS_NS["s"] // 2) // _UNITS_NS["s"]
    return _in_two_units(max(seconds, 60))


def format_go_duration(ns: int) -> str:
    """Write a duration exactly, as Go's `time.ParseDuration` reads it."""
    return f"{ns}ns"


def _three_digits(ns: int) -> int:
    step = 1
    while ns >= _SIGNIFICANT * step:
        step *= 10
    return (ns + step // 2) // step * step


def _in_one_unit(ns: int) -> str:
    for unit in ("s", "ms", "us"):
        if ns >= _UNITS_NS[unit]:
            return f"{ns / _UNITS_NS[unit]:g} {unit}"
    return f"{ns} ns" if ns else "0 s"


def _in_two_units(seconds: int) -> str:
    for large, small in (("d", "h"), ("h", "min"), ("min", "s")):
        large_s, small_s = (_UNITS_NS[unit] // _UNITS_NS["s"] for unit in (large, small))
        rounded_s = (seconds + small_s // 2) // small_s * small_s
        if rounded_s >= large_s:
            break
    if 0 < rounded_s - _DURATION_S_MAX <= small_s:
        rounded_s -= small_s  # Rounded down, the longest duration can be read back.
    count, rest = rounded_s // large_s, rounded_s % large_s // small_s
    return f"{count} {large} {rest} {small}" if rest else f"{count} {large}"


def _times(number: str, unit_ns: int) -> int:
    # In whole numbers, as floats would lose nanoseconds; `decimal` takes milliseconds to import.
    whole, _, fraction = number.partition(".")
    scale: int = 10 ** len(fraction)
    return int(whole or 0) * unit_ns + int(fraction or 0) * unit_ns // scale
