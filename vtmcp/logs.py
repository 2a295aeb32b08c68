"""Log lines on stderr: logfmt text or JSON, one event a line, without the logging module.

A line is never longer than a pipe takes whole, is dropped rather than waited for, and cannot be
forged or coloured by a value in it; credentials in it are redacted by the key they stand under
and by their look. Must not be here: what to log, settings, any other output.
"""

import os
import re
import select
import time
from collections.abc import Callable
from typing import Any, TextIO

LEVELS = ("debug", "info", "warn", "error")
"""Levels from the most to the least talkative."""

LINE_BYTES_MAX = min(4_096, getattr(select, "PIPE_BUF", 4_096))
"""POSIX writes so much to a ready pipe whole and without waiting: 4096 on Linux, 512 on macOS."""

VALUE_BYTES_MAX = LINE_BYTES_MAX // 2
"""One long value, such as a traceback, leaves room for the others."""

MESSAGE_BYTES_MAX = LINE_BYTES_MAX // 4
"""The message always fits beside time, level and the marks."""

READ_CHARS_MAX = 8_192
"""Only this much of a value is looked at, so that a huge one costs no time."""

ITEMS_MAX = 50
"""Of a list or an object in a value, more says nothing to whoever follows a call."""

DEPTH_MAX = 8
"""Deeper values are left out: arguments of tools have two or three levels."""

REDACTED = "[redacted]"


class Log:
    """Writes events of at least `level` to `stream`, and nothing where there is no stream.

    `clock` gives Unix seconds. No method ever raises or waits for the reader of the stream.
    """

    def __init__(
        self,
        stream: TextIO | None,
        *,
        level: str = "info",
        format: str = "text",  # the word of MCP_LOG_FORMAT
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.dropped = 0
        self._stream = stream
        self._least = LEVELS.index(level)
        self._render = {"text": _text_line, "json": _json_line}[format]
        self._clock = clock

    def tells(self, level: str) -> bool:
        """Whether events of that level are written: for whoever would gather much for one."""
        return self._stream is not None and LEVELS.index(level) >= self._least

    def debug(self, message: str, /, **fields: object) -> None:
        """Log what helps to follow one call."""
        self._event("debug", message, fields)

    def info(self, message: str, /, **fields: object) -> None:
        """Log what an operator reads every day."""
        self._event("info", message, fields)

    def warn(self, message: str, /, **fields: object) -> None:
        """Log what is wrong and did no harm yet."""
        self._event("warn", message, fields)

    def error(self, message: str, /, **fields: object) -> None:
        """Log what failed."""
        self._event("error", message, fields)

    def _event(self, level: str, message: str, fields: dict[str, object]) -> None:
        if self._stream is None or not self.tells(level):
            return
        if self.dropped:
            fields = {"lines_dropped": self.dropped, **fields}
        try:
            line = self._render(_stamp(self._clock()), level, message, fields)
            written = _write(self._stream, line)
        except (OSError, ValueError):  # closed, broken, full, no text: the server goes on
            written = False
        self.dropped = 0 if written else self.dropped + 1


def redact(text: str) -> str:
    """Return the text without credentials that can be told by their look."""
    if _is_no_secret(text):
        return text
    lower = text.lower()
    for signs, pattern, replacement in _SECRETS:
        if any(sign in lower for sign in signs):
            text = re.sub(pattern, replacement, text, flags=re.IGNORECASE)
    return text


def fingerprint(text: str) -> str:
    """Eight digits by which a session or the like is known again, and which lead nowhere."""
    from hashlib import sha256  # noqa: PLC0415 - few lines have one

    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


# Patterns are texts, compiled at first use: few lines of a start need one.
_SECRET_KEY = (
    r"token|authorization|password|passwd|passphrase|pwd|secret|cookie|credential|jwt|signature"
    r"|(?:api|access|private|session|signing)_?key|session_?id"
)

_WORDS = (
    *("token", "password", "passwd", "passphrase", "pwd", "secret", "key", "authorization"),
    *("cookie", "credential"),
)
_WORD = (
    r"(?:token|password|passwd|passphrase|pwd|secret|authorization|cookie|credential"
    r"|(?:api|access|private|secret|session|signing)[_-]?key)"
)
_KEY_STARTS = ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "sk-", "sk_")
_KEY_START = r"(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk[-_])"

# Each pattern is linear in the text: it starts at a fixed word, and no two repeats meet.
_SECRETS = (
    (
        ("private key",),
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
        r"(?:[^-]|-(?!----END))*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?",
        REDACTED,
    ),
    (("bearer", "basic"), r"\b(bearer|basic)[ \t]+[^\s,;\"']+", rf"\1 {REDACTED}"),
    (("eyj",), r"\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}", REDACTED),
    (_KEY_STARTS, rf"\b{_KEY_START}[\w-]{{16,}}", REDACTED),
    (("akia", "asia"), r"\bA[KS]IA[0-9A-Z]{16}\b", REDACTED),
    (("aiza",), r"\bAIza[\w-]{30,}", REDACTED),
    (("://",), r"(?<=://)[^/\s\"'<>]*@", f"{REDACTED}@"),
    # A slash in a password: what stands where a port would is no number.
    (
        ("://",),
        r"(?<=://)[^/\s\"'<>:@\[]{0,256}:(?!\d*(?:[/?#\s]|$))[^\s\"'<>@]{0,256}@",
        f"{REDACTED}@",
    ),
    (
        ("authorization:", "cookie:"),
        r"(authorization|cookie)(: ?+)(?!bearer |basic |\[redacted)[^\r\n\"']+",
        rf"\1\2{REDACTED}",
    ),
    (
        _WORDS,
        r"(x-[a-z-]{0,40}(?:key|token|secret)|passw(?:or)?d|passphrase|pwd)(: ?+)"
        r"(?!\[redacted)[^\s,;\"']+",
        rf"\1\2{REDACTED}",
    ),
    (_WORDS, rf"({_WORD} ?= ?)(?:\"[^\"]*\"?|'[^']*'?|[^\s&;,\"']+)", rf"\1{REDACTED}"),
    # Members of objects, and of objects in a text of an object.
    (_WORDS, rf"({_WORD}\\*\": ?\\*\")(?:[^\"\\]|\\.)+", rf"\1{REDACTED}"),
    (_WORDS, rf"({_WORD}\\*': ?\\*')(?:[^'\\]|\\.)+", rf"\1{REDACTED}"),
    (_WORDS, rf"({_WORD}\\*[\"']: ?)[^\s,{{}}\[\]\"'\\]+", rf"\1{REDACTED}"),
)

_SECRET_CHARS_MIN = 11
"""No pattern for a credential without a mark before it takes less than this."""

_HEXADECIMAL = "0123456789abcdef"

_KEY_CHARACTERS = r"[^A-Za-z0-9_.-]"
_PLAIN = r"[A-Za-z0-9_.:/+@-]+"
_KEY_CHARS_MAX = 64
_OWN_KEYS = ("time", "level", "msg", "cut")


def _is_no_secret(text: str) -> bool:
    """Whether no pattern can fit: the short words and ids that most values are, told quickly."""
    if len(text) < _SECRET_CHARS_MIN:
        return ":" not in text and "=" not in text and text.isprintable() and " " not in text
    return not text.strip(_HEXADECIMAL)


def _stamp(seconds: float) -> str:
    whole, milliseconds = divmod(int(seconds * 1000), 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{milliseconds:03d}Z"


def _text_line(stamp: str, level: str, message: str, fields: dict[str, object]) -> bytes:
    head = f"time={stamp} level={level} msg={_quoted(redact(message), MESSAGE_BYTES_MAX)}"
    pairs = [f" {key}={_text_value(key, value)}" for key, value in _named(fields)]
    return _joined(head, pairs, " cut=true", "\n")


def _json_line(stamp: str, level: str, message: str, fields: dict[str, object]) -> bytes:
    quoted = _quoted(redact(message), MESSAGE_BYTES_MAX)
    head = f'{{"time":"{stamp}","level":"{level}","msg":{quoted}'
    pairs = [f',"{key}":{_json_value(key, value)}' for key, value in _named(fields)]
    return _joined(head, pairs, ',"cut":true', "}\n")


def _joined(head: str, pairs: list[str], mark: str, end: str) -> bytes:
    """Put a line together; from the first pair that does not fit on, a mark stands for the rest."""
    line = head.encode()
    for pair in pairs:
        longer = line + pair.encode()
        if len(longer) + len(mark) + len(end) > LINE_BYTES_MAX:
            return line + mark.encode() + end.encode()
        line = longer
    return line + end.encode()


def _named(fields: dict[str, object]) -> list[tuple[str, object]]:
    """Give each field a key that cannot break the line nor hide one of our own."""
    keys = (re.sub(_KEY_CHARACTERS, "_", key[:_KEY_CHARS_MAX]) or "_" for key in fields)
    safe = (f"{key}_" if key in _OWN_KEYS else key for key in keys)
    return list(zip(safe, fields.values(), strict=True))


def _text_value(key: str, value: object) -> str:
    text = _readable(key, value)
    return text if _is_short_and_plain(text) else _quoted(text, VALUE_BYTES_MAX)


def _json_value(key: str, value: object) -> str:
    text = _readable(key, value)
    word = text in ("null", "true", "false") and not isinstance(value, str)
    number = isinstance(value, int | float) and text[-1:].isdigit() and _is_short_and_plain(text)
    return text if word or number else _quoted(text, VALUE_BYTES_MAX)


def _readable(key: str, value: object) -> str:
    if _is_secret(key):
        return REDACTED
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict | list):
        import json  # noqa: PLC0415 - debug only: the arguments of a call

        return json.dumps(_without_secrets(value), ensure_ascii=False, default=str)
    return _redacted(str(value))


def _is_secret(key: str) -> bool:
    return re.search(_SECRET_KEY, key.lower().replace("-", "_")) is not None


def _without_secrets(value: Any, depth: int = 0) -> Any:
    """The value with what its keys and looks tell of credentials redacted, and bounded."""
    if isinstance(value, str):
        return _redacted(value)
    if not isinstance(value, dict | list):
        return value
    if depth == DEPTH_MAX:
        return "..."
    if isinstance(value, list):
        return [_without_secrets(item, depth + 1) for item in value[:ITEMS_MAX]]
    return {
        _redacted(str(key)): REDACTED if _is_secret(str(key)) else _without_secrets(item, depth + 1)
        for key, item in list(value.items())[:ITEMS_MAX]
    }


def _redacted(text: str) -> str:
    if len(text) <= READ_CHARS_MAX:
        return redact(text)
    # A cut could take from a credential the part that it is known by: the last word goes too.
    return redact(text[:READ_CHARS_MAX].rpartition(" ")[0] or text[:VALUE_BYTES_MAX]) + " ..."


def _is_short_and_plain(text: str) -> bool:
    return len(text) <= VALUE_BYTES_MAX and re.fullmatch(_PLAIN, text) is not None


def _quoted(text: str, bytes_max: int) -> str:
    """Quote as JSON does, and escape all that a terminal or a reader of lines could act on."""
    pieces, room_bytes = [], bytes_max
    for character in text[:bytes_max]:
        piece = character if _is_harmless(character) else _escape(character)
        room_bytes -= len(piece.encode())
        if room_bytes < 0:
            break
        pieces.append(piece)
    return f'"{"".join(pieces)}{"..." if len(pieces) < len(text) else ""}"'


def _is_harmless(character: str) -> bool:
    """Refuse controls, ANSI, separators of lines and paragraphs, bidi marks and surrogates."""
    return character.isprintable() and character not in '"\\'


def _escape(character: str) -> str:
    short = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}.get(character)
    if short is not None:
        return short
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _write(stream: TextIO, line: bytes) -> bool:
    """Write the line whole, or not at all; say which. May raise `OSError` or `ValueError`."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError, AttributeError):  # a stream in memory
        stream.write(line.decode())
        return True
    # Past the stream's buffer: what a broken stderr leaves in there fails again at exit.
    return _is_ready(descriptor) and os.write(descriptor, line) == len(line)


def _is_ready(descriptor: int) -> bool:
    """Say whether a write of a line would not wait. Where that cannot be asked, it is tried."""
    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(0))
