"""Make text from strangers harmless on one line of an answer. Knows nothing of spans.

Names and values in traces are written by whoever sends them. They must not move a terminal's
cursor, reorder what is read, hide a message, end the line, or pass for our own words.
"""

import re

VALUE_CHARS_MAX = 200
"""A longer value says little more to a model and pushes the evidence out of the answer."""

PLAIN_WORDS_MAX = 4
"""A name of more words reads like a sentence of ours, so it is quoted."""

_LINE_BREAKS = str.maketrans(
    {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
    | dict.fromkeys("\v\f\x1c\x1d\x1e\x85\u2028\u2029", r"\n")
)
_QUOTED = {ord("\\"): r"\\", ord('"'): r"\""} | _LINE_BREAKS

_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # A control sequence, such as a colour.
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # An operating system command.
    r"|\x1b[ -/]*[0-Z\\-~]"  # Any other escape sequence.
)
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # Control characters.
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # Soft hyphen, joiners, fillers.
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # Zero width, bidi marks and overrides.
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"  # Fillers, variation selectors.
    "\ud800-\udfff"  # Halves of surrogate pairs, which cannot be sent as UTF-8.
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"  # Formats and tags.
)
_WORD = r"(?![(\[]|\.\.)[^\s\"'\\\u2800]*[^\s\"'\\\u2800:]"
"""Our own words for gaps, depths and missing names begin with these, our notes end with a colon;
the blank Braille pattern looks like a space."""

_PLAIN = re.compile(rf"{_WORD}(?: {_WORD}){{0,{PLAIN_WORDS_MAX - 1}}}")


def safe(value: str, chars_max: int = VALUE_CHARS_MAX) -> str:
    """Return the value on one line: line breaks escaped, invisible characters and ANSI dropped.

    A value longer than `chars_max` characters ends with how many are missing, `…(+123 chars)`.
    """
    shown, mark = _cut(value, chars_max)
    return f"{_visible(shown).translate(_LINE_BREAKS)}{mark}"


def quoted(value: str, chars_max: int = VALUE_CHARS_MAX) -> str:
    """Return the value as data: safe as in `safe`, in double quotes, escaped as in JSON."""
    shown, mark = _cut(value, chars_max)
    return f'"{_visible(shown).translate(_QUOTED)}"{mark}'


def label(value: str, chars_max: int = VALUE_CHARS_MAX, *, one_word: bool = False) -> str:
    """Return a name as it is when it is plainly a name, else quoted.

    Plain is one word, or a few with single spaces between, without quotes and backslashes, and
    none that begins or ends as our own marks do.
    """
    shown = safe(value, chars_max)
    if shown == value and _PLAIN.fullmatch(value) and not (one_word and " " in value):
        return value
    return quoted(value, chars_max)


def _cut(value: str, chars_max: int) -> tuple[str, str]:
    missing = len(value) - chars_max
    return (value, "") if missing <= 0 else (value[:chars_max], f"…(+{missing} chars)")


def _visible(value: str) -> str:
    if value.isascii() and value.isprintable():
        return value
    kept = _ANSI.sub("", value)
    return _INVISIBLE.sub(lambda found: found[0] if ord(found[0]) in _LINE_BREAKS else "", kept)
