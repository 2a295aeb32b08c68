"""Regular expressions: what matches, what is refused, and that none takes long."""

import time

import pytest

from vtmcp.demo.patterns import PATTERN_CHARS_MAX, matcher
from vtmcp.traces.model import SourceError

MATCHES = {
    "a part of a value": ("cart", "/api/cart/7", True),
    "another case": ("CART", "/api/cart/7", False),
    "a flag": ("(?i)CART", "/api/cart/7", True),
    "both ends": ("^5..$", "503", True),
    "alternatives": ("^(GET|POST) ", "POST /cart", True),
    "nothing at all": ("", "anything", True),
    "three repetitions": ("a.*b.+c?", "a--b-", True),
    "repetition marks in a class or escaped": (r"[*+?{}\]]\*\+\?\{", "x]*+?{", True),
    "a class that begins with its own end": ("[]*+?{]x", "]x", True),
    "a syntax that Python warns of": ("[[a]", "a", True),
}


@pytest.mark.parametrize(("pattern", "value", "matches"), MATCHES.values(), ids=MATCHES)
def test_a_pattern_matches_anywhere(pattern: str, value: str, matches: bool) -> None:
    assert matcher(pattern)(value) is matches


REFUSED = {
    "an open group": ("(", "is invalid: missing )"),
    "a bad range": ("[z-a]", "is invalid: bad character range"),
    "a repetition too large": ("a{99999999999}", "is invalid"),
    "a group that repeats": ("(a+)+$", "may take long"),
    "a group that repeats a number of times": ("(a|aa){20}", "may take long"),
    "many repetitions": (".*.*.*.*x", "may take long"),
    "many options": ("a?a?a?a?aaaa", "may take long"),
    "looking ahead": ("(?=a)", "VictoriaTraces does not know"),
    "looking behind": ("(?<!a)b", "VictoriaTraces does not know"),
    "looking back": (r"(a)\1", "VictoriaTraces does not know"),
    "too long": ("a" * (PATTERN_CHARS_MAX + 1), "at most 200 characters"),
}


@pytest.mark.parametrize(("pattern", "why"), REFUSED.values(), ids=REFUSED)
def test_a_pattern_is_refused_with_a_reason(pattern: str, why: str) -> None:
    with pytest.raises(SourceError, match="the regular expression") as refused:
        matcher(pattern)
    assert why in str(refused.value)
    assert len(str(refused.value)) < 2 * PATTERN_CHARS_MAX


NESTED = PATTERN_CHARS_MAX // 2
SLOWEST = {
    "deep nesting": ("(" * NESTED + ")" * NESTED, "x"),
    "as many repetitions as may be": ("a*a*a*b", "a" * 120),
    "a repeated class": (r"[\w.]+[\w.]+[\w.]+!", "a" * 120),
}


@pytest.mark.parametrize(("pattern", "value"), SLOWEST.values(), ids=SLOWEST)
def test_the_slowest_accepted_pattern_takes_no_time(pattern: str, value: str) -> None:
    started = time.perf_counter()
    matcher(pattern)(value)
    assert time.perf_counter() - started < 1
