"""Replace e-mail addresses, tokens and card numbers by pseudonyms: equal values, equal names.

    pay@shop.example  ->  [email:9f86d081]

So a model can still tell that two spans are about one person, and nobody can tell who it is. The
key is the process's own, so pseudonyms mean nothing in another one. It finds what looks like one
of these; it cannot find a name or an address of a house. Must not be here: where a text goes.
"""

import hmac
import re
from collections import Counter
from collections.abc import Callable, Iterable

KINDS = ("email", "token", "card")
"""The words of `MCP_MASK`, in the order in which they are looked for last: tokens come first."""

PSEUDONYM_CHARS = 8
"""32 bits: among the values of one answer two of one name are out of the question."""

_NOUNS = {
    "email": ("e-mail address", "e-mail addresses"),
    "token": ("token", "tokens"),
    "card": ("card number", "card numbers"),
}

# Answers write a line break as \n: what follows it begins a word, and the n is no part of one.
_ESCAPED = r"(?<=\\[bfnrt])"
_NO_ESCAPE = r"(?!(?<=\\)[bfnrt])"

_TOKEN = (
    rf"(?:{_ESCAPED}|(?<![\w-]))eyJ[\w-]{{8,}}(?:\.[\w-]*){{0,4}}"  # A JWT, whole or cut.
    r"|(?i:(?<=\bbearer )|(?<=\bbasic ))[^\s,;\"'\\]{4,}"
    rf"|(?:{_ESCAPED}|(?<![\w-]))(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk[-_])[\w-]{{16,}}"
    rf"|(?:{_ESCAPED}|(?<![\w-]))(?:A[KS]IA[0-9A-Z]{{16}}|AIza[\w-]{{30,}})(?![\w-])"
    r"|(?<=://)[^/\s\"'<>@]*:[^/\s\"'<>]*(?=@)"  # User and password in a URL.
)
# A possessive repeat: the text before an @ is read once, wherever no @ follows.
_EMAIL = (
    rf"(?:{_ESCAPED}|(?<![\w.+-]){_NO_ESCAPE})[\w.+-]++(?:@|%40)"
    r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+"
)
# Card numbers begin with 2 to 6 (ISO/IEC 7812), so that times in Unix units are none.
_CARD = rf"(?:{_ESCAPED}|(?<![\w.,:+-]))[2-6](?:[ -]?[0-9]){{12,18}}(?![\w-]|[.,:][0-9])"


class Masking:
    """Masks the kinds that it was made for, and counts what it has masked."""

    def __init__(self, kinds: Iterable[str], key: bytes) -> None:
        wanted = set(kinds)
        self._key = key
        self._steps: list[tuple[str, re.Pattern[str], Callable[[str], str]]] = [
            (kind, re.compile(pattern), normal)
            for kind, pattern, normal in _STEPS
            if kind in wanted
        ]

    def mask(self, text: str) -> tuple[str, Counter[str]]:
        """Return the text with pseudonyms, and how many values of each kind were in it."""
        counts: Counter[str] = Counter()
        for kind, pattern, normal in self._steps:
            text = pattern.sub(self._namer(kind, normal, counts), text)
        return text, counts

    def _namer(
        self, kind: str, normal: Callable[[str], str], counts: Counter[str]
    ) -> Callable[[re.Match[str]], str]:
        def name(found: re.Match[str]) -> str:
            value = normal(found[0])
            if not value:
                return found[0]
            counts[kind] += 1
            digest = hmac.digest(self._key, f"{kind}\0{value}".encode(), "sha256").hex()
            return f"[{kind}:{digest[:PSEUDONYM_CHARS]}]"

        return name


def notice(counts: Counter[str]) -> str:
    """One line for an answer that says what was masked; nothing where nothing was."""
    named = [
        f"{counts[kind]:,} {_NOUNS[kind][counts[kind] != 1]}" for kind in KINDS if counts[kind]
    ]
    if not named:
        return ""
    return f"Masked (MCP_MASK): {', '.join(named)}; equal values have equal marks."


def is_card(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (Luhn, ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _card(text: str) -> str:
    digits = text.replace(" ", "").replace("-", "")
    return digits if is_card(digits) else ""


def _email(text: str) -> str:
    return text.replace("%40", "@").lower()


_STEPS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("token", _TOKEN, str),
    ("email", _EMAIL, _email),
    ("card", _CARD, _card),
)
"""Tokens first: one may hold what looks like an address."""
