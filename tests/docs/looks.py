"""Whether an answer looks as a page shows it: the same words, whatever the numbers are.

A shown line of `...` stands for any lines, and `...` at a line's end for its rest. Ids of traces
are learnt: what the page calls one id is the same id in every later command. Must not be here:
how an answer was come by.
"""

import re
from collections.abc import Sequence

REST = "..."

_ID = re.compile(r"\b[0-9a-f]{32}\b")
_PARTS = re.compile(
    r"(?P<id>\b[0-9a-f]{32}\b)"
    r"|(?P<number>\d[\d,]*(?:\.\d+)?(?: (?P<unit>ns|us|ms|s|min|h)\b)?)"
)
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_WITH_UNIT = rf"{_NUMBER} (?:ns|us|ms|s|min|h)\b(?: {_NUMBER} (?:us|ms|s|min)\b)?"


class Ids:
    """Which id stands for which of the page."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def real(self, text: str) -> str:
        """The text with the ids of this run in place of the page's."""
        return _ID.sub(lambda found: self._known.get(found[0], found[0]), text)

    def learn(self, shown: str, match: re.Match[str]) -> None:
        for own, real in zip(_ID.findall(shown), match.groups(), strict=True):
            self._known[own] = real


def unlike(shown: Sequence[str], answer: Sequence[str], ids: Ids) -> str:
    """The first shown line that the answer has not, after those before it; empty for none."""
    rest = list(answer)
    for line in shown:
        if line.strip() == REST or not line.strip():
            continue
        pattern = re.compile(_pattern(line.rstrip()))
        while rest:
            match = pattern.fullmatch(rest.pop(0).rstrip())
            if match:
                ids.learn(line, match)
                break
        else:
            return line
    return ""


def _pattern(line: str) -> str:
    end = ""
    if line.endswith(f" {REST}"):
        line, end = line.removesuffix(f" {REST}"), ".*"
    parts, place = [], 0
    for found in _PARTS.finditer(line):
        parts.append(re.escape(line[place : found.start()]))
        if found["id"]:
            parts.append("([0-9a-f]{32})")
        else:
            parts.append(_WITH_UNIT if found["unit"] else _NUMBER)
        place = found.end()
    return "".join(parts) + re.escape(line[place:]) + end
