"""Read and write points in time, always UTC and always Unix nanoseconds inside.

Must not be here: a clock (the caller says what time it is) and lengths of time on their own.
"""

import math
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal

from vtmcp.durations import format_duration, parse_duration_ns

TIME_NS_MAX = 2**63 - 1
"""The database counts nanoseconds in a signed 64-bit number; that ends in the year 2262."""

TIME_CHARS_MAX = 100
"""No sensible time is longer; the bound keeps a hostile text from costing time."""

ACCEPTED = (
    "Unix seconds, milliseconds, microseconds or nanoseconds, RFC 3339 such as "
    "2026-11-24T14:05:03Z, a date, now, now-1h, -2h or '2h ago', a time such as "
    "'14:05 Europe/Berlin' (the last one before now; UTC without a zone), from 1970 to 2262"
)

_NS_PER_MS = 1_000_000
_NS_PER_S = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_NS_PER_UNIT_BY_SIZE = (
    (10**11, _NS_PER_S),
    (10**14, _NS_PER_MS),
    (10**17, 1_000),
    (10**20, 1),
)
"""A number below the first column counts units of the second: seconds reach the year 5138, and
milliseconds that small lie in the first days of 1973, before anyone traced anything."""

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)
_FROM_NOW = re.compile(r"now(?:\s*([+-])\s*(.+))?", re.IGNORECASE)
_AGO = re.compile(r"-\s*(.+)|(.+?)\s+ago", re.IGNORECASE)
_RFC_3339 = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:(?:T|\s+)(?P<minute>[0-9]{2}:[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<part>[0-9]{1,9}))?)?)?"
    r"\s*(?:Z|UTC|(?P<offset>[+-][0-9]{2}:?[0-9]{2}))?",
    re.ASCII | re.IGNORECASE,
)

_ON_A_CLOCK = re.compile(
    r"(?:(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[T\s]\s*)?"
    r"(?P<clock>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)(?:\s*(?P<zone>[A-Za-z][A-Za-z0-9_+/-]*))?",
    re.ASCII,
)


def parse_time_ns(value: str | int | float, *, now_ns: int) -> int:
    """Read a point in time; without an offset it is UTC, a date alone is its midnight.

    Raises `ValueError`, with what is accepted, also for times before 1970 or after 2262.
    """
    try:
        time_ns = _parse(value, now_ns)
    except (ValueError, OverflowError):
        time_ns = None
    if time_ns is None or not 0 <= time_ns <= TIME_NS_MAX:
        raise ValueError(f"{_shown(value)!r} is not a time; accepted: {ACCEPTED}")
    return time_ns


def format_time(ns: int) -> str:
    """Write a time to the millisecond: `2026-11-24 14:05:03.123Z`."""
    day, clock, fraction = _split(ns)
    return f"{day} {clock}{fraction or '.000'}Z" if clock else day


def format_window(start_ns: int, end_ns: int) -> str:
    """Write `2026-11-24 13:05:00Z to 14:05:00Z (1 h)`; the second date only if it is another."""
    start_day, start_clock, start_fraction = _split(start_ns)
    end_day, end_clock, end_fraction = _split(end_ns)
    start = f"{start_day} {start_clock}{start_fraction}Z"
    end = f"{end_clock}{end_fraction}Z"
    if end_day != start_day:
        end = f"{end_day} {end}"
    return f"{start} to {end} ({format_duration(end_ns - start_ns)})"


def _parse(value: str | int | float, now_ns: int) -> int | None:
    if isinstance(value, str):
        return _parse_text(value.strip(), now_ns) if len(value) <= TIME_CHARS_MAX else None
    if isinstance(value, bool) or not math.isfinite(value):
        return None
    return _from_number(Decimal(repr(value)))


def _parse_text(text: str, now_ns: int) -> int | None:
    if _NUMBER.fullmatch(text):
        return _from_number(Decimal(text))
    if match := _FROM_NOW.fullmatch(text):
        sign = -1 if match[1] == "-" else 1
        return now_ns + sign * parse_duration_ns(match[2] or "0")
    if match := _AGO.fullmatch(text):
        return now_ns - parse_duration_ns(match[1] or match[2])
    if match := _RFC_3339.fullmatch(text):
        return _from_calendar(match)
    if match := _ON_A_CLOCK.fullmatch(text):
        return _from_clock(match, now_ns)
    return None


def _shown(value: str | int | float) -> str:
    try:
        return str(value)[:TIME_CHARS_MAX]
    except ValueError:  # Python writes no integer of more than 4,300 digits.
        return "a number of thousands of digits"


def _from_number(number: Decimal) -> int | None:
    for size, unit_ns in _NS_PER_UNIT_BY_SIZE:
        if number < size:
            return int(number * unit_ns)
    return None


def _from_calendar(match: re.Match[str]) -> int:
    offset = timedelta()
    if sign_and_digits := match["offset"]:
        digits = sign_and_digits[1:].replace(":", "")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        offset = -offset if sign_and_digits[0] == "-" else offset
    clock = f"{match['minute'] or '00:00'}:{match['second'] or '00'}"
    moment = datetime.fromisoformat(f"{match['date']} {clock}")
    since_epoch = moment.replace(tzinfo=timezone(offset)) - _EPOCH
    seconds = since_epoch.days * 86_400 + since_epoch.seconds
    return seconds * _NS_PER_S + int((match["part"] or "").ljust(9, "0"))


def _from_clock(match: re.Match[str], now_ns: int) -> int:
    """Read a time in a named zone; without a date, the last such time before now."""
    zone = _zone(match["zone"] or "UTC")
    hour, _, rest = match["clock"].partition(":")
    clock = f"{int(hour):02d}:{rest}"
    if match["date"]:
        return _since_epoch_ns(datetime.fromisoformat(f"{match['date']} {clock}"), zone)
    now = (_EPOCH + timedelta(seconds=now_ns // _NS_PER_S)).astimezone(zone)
    day = now.date()
    time_ns = _since_epoch_ns(datetime.fromisoformat(f"{day} {clock}"), zone)
    if time_ns > now_ns:
        day -= timedelta(days=1)
        time_ns = _since_epoch_ns(datetime.fromisoformat(f"{day} {clock}"), zone)
    return time_ns


def _since_epoch_ns(moment: datetime, zone: tzinfo) -> int:
    since_epoch = moment.replace(tzinfo=zone).astimezone(UTC) - _EPOCH
    return (since_epoch.days * 86_400 + since_epoch.seconds) * _NS_PER_S


def _zone(name: str) -> tzinfo:
    """Return a zone of the IANA database. Raises `ValueError` for one that is not known here."""
    if name.upper() in ("UTC", "Z", "GMT"):
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - only for named zones

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(name) from None


def _split(ns: int) -> tuple[str, str, str]:
    """Return the day, the clock and the milliseconds, which are empty when they are zero."""
    seconds, rest_ns = divmod(ns, _NS_PER_S)
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return f"{ns} ns since 1970", "", ""
    milliseconds = rest_ns // _NS_PER_MS
    fraction = f".{milliseconds:03d}" if milliseconds else ""
    return f"{moment:%Y-%m-%d}", f"{moment:%H:%M:%S}", fraction
