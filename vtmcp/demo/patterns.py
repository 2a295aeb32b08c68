"""Regular expressions in search values, as far as they cannot take long.

VictoriaTraces matches in linear time; Python's matcher does not, and while it runs nothing else
does. So what can make it slow is refused here, with a text that says so.

Must not be here: what is searched (`search.py`).
"""

import re
import warnings
from collections.abc import Callable

from vtmcp.traces.model import SourceError

PATTERN_CHARS_MAX = 200
"""Longer than any name or value in the data, and short enough for a deeply nested one."""

REPETITIONS_MAX = 3
"""With n repetitions a mismatch may take the n-th power of a value's length in steps."""

_SKIPPED = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?", re.DOTALL)
"""What is no repetition whatever it holds: escapes, character classes, the mark of a group."""

_REPEATED_GROUP = re.compile(r"\)[*+{]")
_REPETITION = re.compile(r"[*+?{]")
_NOT_RE2 = re.compile(r"\(\?(?:<?[=!]|P=|\()|\\[1-9]")


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return a test for values that hold a match. Raises `SourceError` for a pattern unfit."""
    if problem := _problem(pattern):
        raise SourceError(f"the regular expression {pattern[:PATTERN_CHARS_MAX]!r} {problem}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # On a syntax that a later Python may read otherwise.
            compiled = re.compile(pattern)
    except (re.error, OverflowError) as error:
        raise SourceError(f"the regular expression {pattern!r} is invalid: {error}") from None
    return lambda value: compiled.search(value) is not None


def _problem(pattern: str) -> str:
    if len(pattern) > PATTERN_CHARS_MAX:
        return f"is cut here; accepted: at most {PATTERN_CHARS_MAX} characters"
    if _NOT_RE2.search(pattern):
        return "looks around or back, which VictoriaTraces does not know"
    bare = _SKIPPED.sub("", pattern)
    if _REPEATED_GROUP.search(bare) or len(_REPETITION.findall(bare)) > REPETITIONS_MAX:
        return (
            "may take long to match; demo data accepts at most"
            f" {REPETITIONS_MAX} of * + ? {{}}, and none of them after a group"
        )
    return ""
