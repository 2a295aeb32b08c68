"""What messages of one kind have in common: ids, numbers and values give way to placeholders.

Pure, and linear in the text, whatever strangers wrote. Must not be here: grouping, text of an
answer; a pattern still holds a stranger's words and passes `safe.py` like any other value.
"""

import re
from typing import Final

MESSAGE_CHARS_MAX: Final = 1_000
"""What follows is a stack or a document; two messages that agree so far are of one kind."""

_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_KEPT: Final = "kept"
_PARTS: Final = {
    # The first that fits at a place is taken, so what is longer or more certain stands first.
    _KEPT: r"(?<![A-Za-z])(?:HTTP(?:/[0-9.]{1,3})?|[Ss]tatus(?:[ _][Cc]ode)?|[Cc]ode)[ :=]{1,3}"
    r"[1-5][0-9]{2}(?![0-9])",
    "time": r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
    r"(?![0-9])",
    "uuid": rf"(?<![0-9a-zA-Z]){_UUID}(?![0-9a-zA-Z])",
    "email": r"(?<![\w.+@-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}",
    "ip": r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?::[0-9]{1,5})?(?![\w.]*[0-9a-zA-Z])",
    "value": r'"[^"\n]{0,300}"|`[^`\n]{0,300}`|(?<!\w)\'[^\'\n]{0,300}\'(?!\w)',
    "hex": r"0x[0-9a-fA-F]{1,64}(?!\w)"
    r"|(?<![0-9a-zA-Z])(?=[0-9a-fA-F]{0,64}[0-9])(?=[0-9]{0,64}[a-fA-F])[0-9a-fA-F]{8,64}"
    r"(?![0-9a-zA-Z])",
    # A word with digits between letters and digits again, such as the end of a pod's name.
    "id": r"(?<![0-9A-Za-z])(?=[0-9A-Za-z]{5,64}(?![0-9A-Za-z]))[A-Za-z]{0,64}[0-9]{1,64}"
    r"[A-Za-z]{1,64}[0-9][0-9A-Za-z]{0,64}",
    # Digits that a word begins with are those of a version or a name (`v2`, `s3`, `utf8`).
    "n": r"(?<![A-Za-z0-9_.])[+-]?[0-9]{1,40}(?:[.,][0-9]{1,40}){0,8}"
    r"|(?<=[A-Za-z][_#-])[0-9]{1,40}|(?<=[A-Za-z]{3})[0-9]{4,40}(?![A-Za-z])",
}
_VARYING: Final = re.compile("|".join(f"(?P<{name}>{part})" for name, part in _PARTS.items()))

_PATH_ID: Final = re.compile(
    rf"(?<=/)(?:{_UUID}|[0-9]{{1,40}}|(?=[0-9a-fA-F]{{0,64}}[0-9])[0-9a-fA-F]{{8,64}})(?=[/?#\s]|$)"
)
"""A part of a path that is an id. Words stay, and so do versions such as `v2`."""

_SPACE: Final = re.compile(r"\s+")


def pattern_of(message: str) -> str:
    """Return the message with placeholders for what differs: `card <n> of <email> declined`."""
    text = _SPACE.sub(" ", message[:MESSAGE_CHARS_MAX].strip())
    return _VARYING.sub(_placeholder, text)


def operation_of(name: str) -> str:
    """Return a span name with placeholders for the ids in its paths: `GET /cart/<id>`."""
    return _PATH_ID.sub("<id>", name[:MESSAGE_CHARS_MAX])


def _placeholder(found: re.Match[str]) -> str:
    """Return what stands for a part. The status of a response tells kinds of failures apart."""
    return found[0] if found.lastgroup == _KEPT else f"<{found.lastgroup}>"
