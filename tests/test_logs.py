"""Log lines: their two forms, what cannot be in them, and a reader that is slow or gone."""

import io
import os
import select
from collections.abc import Callable, Iterator
from time import process_time
from typing import Any, TextIO

import orjson
import pytest

from vtmcp.logs import LEVELS, LINE_BYTES_MAX, Log, fingerprint, redact

STAMP = "2026-11-24T14:05:03.123Z"


def clock() -> float:
    return 1795529103.1234


def logged(message: str, *, format: str = "text", **fields: Any) -> str:
    """The one line that the event gives, without its end."""
    stream = io.StringIO()
    Log(stream, format=format, clock=clock).info(message, **fields)
    assert stream.getvalue().count("\n") == 1
    return stream.getvalue().removesuffix("\n")


TEXT_LINES = {
    "a message": ("started", {}, 'msg="started"'),
    "plain values stand bare": (
        *("call", {"tool": "traces", "count": 3, "wait_s": 0.25, "at": "a:b/c@d"}),
        'msg="call" tool=traces count=3 wait_s=0.25 at=a:b/c@d',
    ),
    "words for nothing, yes and no": (
        *("call", {"a": None, "b": True, "c": False}),
        'msg="call" a=null b=true c=false',
    ),
    "a value with a space is quoted": ("call", {"a": "b c"}, 'msg="call" a="b c"'),
    "an empty value is quoted": ("call", {"a": ""}, 'msg="call" a=""'),
    "a value with an equals sign is quoted": ("call", {"a": "b=c"}, 'msg="call" a="b=c"'),
    "quotes and backslashes are escaped": (
        *('say "a"', {"a": "\\"}),
        r'msg="say \"a\"" a="\\"',
    ),
    "a line feed forges no line": (
        *("a\nlevel=error", {"a": "b\r\nc"}),
        r'msg="a\nlevel=error" a="b\u000d\nc"',
    ),
    "letters of any script stay": (
        "caf\xe9",
        {"a": "\u65e5\u672c"},
        'msg="caf\xe9" a="\u65e5\u672c"',
    ),
    "an exception is its text": ("call", {"a": ValueError("no b")}, 'msg="call" a="no b"'),
    "a key cannot hold a space": ("call", {"a b=c": 1}, 'msg="call" a_b_c=1'),
    "a key cannot be empty": ("call", {"": 1}, 'msg="call" _=1'),
    "a key cannot hide one of ours": (
        *("call", {"level": "error", "time": 0}),
        'msg="call" level_=error time_=0',
    ),
}


@pytest.mark.parametrize(("message", "fields", "rest"), TEXT_LINES.values(), ids=TEXT_LINES)
def test_a_text_line(message: str, fields: dict[str, Any], rest: str) -> None:
    assert logged(message, **fields) == f"time={STAMP} level=info {rest}"


JSON_VALUES = {
    "a text": ("b c", "b c"),
    "an empty text": ("", ""),
    "a whole number": (-3, -3),
    "a fraction": (0.25, 0.25),
    "a small fraction": (1e-9, 1e-9),
    "a number in a text stays a text": ("3", "3"),
    "a word in a text stays a text": ("null", "null"),
    "nothing": (None, None),
    "yes": (True, True),
    "no number": (float("nan"), "nan"),
    "no end": (float("-inf"), "-inf"),
    "a line feed": ("a\nb\tc", "a\nb\tc"),
    "quotes and backslashes": ('"\\', '"\\'),
    "a character of two units": ("\U0001f600\U000e0001", "\U0001f600\U000e0001"),
    "something else": (("a", 1), "('a', 1)"),
}


@pytest.mark.parametrize(("value", "expected"), JSON_VALUES.values(), ids=JSON_VALUES)
def test_a_json_line_holds(value: object, expected: object) -> None:
    line = logged("call", format="json", a=value)
    assert orjson.loads(line) == {"time": STAMP, "level": "info", "msg": "call", "a": expected}


def test_a_lone_surrogate_is_escaped() -> None:
    assert logged("a\ud800", format="json").endswith(r'"msg":"a\ud800"}')


ACTIVE = "\x00\x07\x1b[31m\x7f\x85\x9b\u061c\u200e\u202e\u2028\u2029\u2066\ufeff\U000e0020"


@pytest.mark.parametrize("format", ["text", "json"])
def test_nothing_in_a_line_acts_on_its_reader(format: str) -> None:
    line = logged(ACTIVE, format=format, a=ACTIVE)
    assert line.isprintable()
    assert r"\u001b[31m" in line
    assert r"\u202e" in line


@pytest.mark.parametrize("least", LEVELS)
def test_a_level_hides_those_below_it(least: str) -> None:
    stream = io.StringIO()
    log = Log(stream, level=least, clock=clock)
    for write in (log.debug, log.info, log.warn, log.error):
        write("event")
    levels = [line.split()[1] for line in stream.getvalue().splitlines()]
    assert levels == [f"level={level}" for level in LEVELS[LEVELS.index(least) :]]


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl-_"

REDACTIONS = {
    "a bearer token": ("got Bearer abc.def-1= here", "got Bearer [redacted] here"),
    "in any case": ("got bEaReR abc", "got bEaReR [redacted]"),
    "basic credentials": ("Authorization: Basic dTpw", "Authorization: Basic [redacted]"),
    "a JWT": (f"token {JWT}, so", "token [redacted], so"),
    "a cut JWT": (f"token {JWT[:30]}", "token [redacted]"),
    "a password in a URL": ("at https://me:pw@vt/a", "at https://[redacted]@vt/a"),
    "an at sign in a password": ("at http://me:p@w@vt/a", "at http://[redacted]@vt/a"),
    "a URL without one stays": ("at https://vt/a@b", "at https://vt/a@b"),
    "a query parameter": ("/a?token=abc&b=1", "/a?token=[redacted]&b=1"),
    "a variable": (
        "VT_INSTANCE_BEARER_TOKEN=abc next",
        "VT_INSTANCE_BEARER_TOKEN=[redacted] next",
    ),
    "a member of an object": ('{"password": "a b", "c": 1}', '{"password": "[redacted]", "c": 1}'),
    "a member of a dict": ("{'api_key': 'a b'}", "{'api_key': '[redacted]'}"),
    "a member with quotes in it": (
        r'{"secret": "a\"b", "c": 1}',
        '{"secret": "[redacted]", "c": 1}',
    ),
    "a member that is a number": ('{"password":1234,"c":1}', '{"password":[redacted],"c":1}'),
    "a member of an object in a text": (
        r'{"tags": "{\"db.password\": \"hunter2\"}"}',
        r'{"tags": "{\"db.password\": \"[redacted]"}',
    ),
    "a quoted assignment": ('password="a b" next', "password=[redacted] next"),
    "an assignment in single quotes": ("secret_key = 'a b' next", "secret_key = [redacted] next"),
    "a header of an API key": ("x-goog-api-key: abc next", "x-goog-api-key: [redacted] next"),
    "another scheme": (
        "Authorization: Digest username=me, response=ab",
        "Authorization: [redacted]",
    ),
    "cookies": ("set-cookie: a=b; c=d", "set-cookie: [redacted]"),
    "a password after a colon": ("with password: hunter2, but", "with password: [redacted], but"),
    "a slash in a password": ("at https://me:p/w@vt/a", "at https://[redacted]@vt/a"),
    "a port and an at sign later": ("at https://vt:8080/a@b", "at https://vt:8080/a@b"),
    "a port at the end": ("at https://vt:8080 from a@b", "at https://vt:8080 from a@b"),
    "a key of a code host": (f"got {'gh'}p_{'a1' * 18} here", "got [redacted] here"),
    "a key of a model": (f"got {'s'}k-{'a1' * 18} here", "got [redacted] here"),
    "a key of a cloud": (f"got {'AK'}IA{'A1' * 8} here", "got [redacted] here"),
    "another key of a cloud": (f"got {'AI'}za{'a1' * 17} here", "got [redacted] here"),
    "a private key": (
        f"-----BEGIN EC {'PRIV'}ATE KEY-----\nab-c\n-----END EC {'PRIV'}ATE KEY----- next",
        "[redacted] next",
    ),
    "a private key that is cut": (f"-----BEGIN {'PRIV'}ATE KEY-----\nabc", "[redacted]"),
    "words that begin like a key stay": ("task-runner sk-short key", "task-runner sk-short key"),
    "an error on a setting stays": (
        "VT_INSTANCE_BEARER_TOKEN: holds a space",
        "VT_INSTANCE_BEARER_TOKEN: holds a space",
    ),
}


@pytest.mark.parametrize(("text", "expected"), REDACTIONS.values(), ids=REDACTIONS)
def test_a_credential_is_redacted_by_its_look(text: str, expected: str) -> None:
    assert redact(text) == expected
    assert orjson.loads(logged(text, format="json", a=text)) == {
        **{"time": STAMP, "level": "info"},
        **{"msg": expected, "a": expected},
    }


SECRET_KEYS = """
    token bearer_token Authorization password db_passwd client_secret cookie Set-Cookie api_key
    apikey X-Api-Key session_id session_key credentials private_key passphrase accessKey jwt
    X-Amz-Signature
"""


@pytest.mark.parametrize("key", SECRET_KEYS.split())
@pytest.mark.parametrize("value", ["abc", 1234, None])
def test_a_credential_is_redacted_by_its_key(key: str, value: object) -> None:
    fields: dict[str, Any] = {key: value}
    assert logged("event", **fields).endswith('="[redacted]"')


ARGUMENTS: dict[str, tuple[object, object]] = {
    "what is no secret stays": ({"service": "shop", "limit": 5}, {"service": "shop", "limit": 5}),
    "a secret goes by its key, whatever it is": (
        {"a": {"Password": ["x", {"b": 1}]}},
        {"a": {"Password": "[redacted]"}},
    ),
    "a secret goes by its look": (
        {"tags": ["user=me", f"http.header={JWT}"], JWT: None},
        {"tags": ["user=me", "http.header=[redacted]"], "[redacted]": None},
    ),
    "a list is cut": ({"a": list(range(60))}, {"a": list(range(50))}),
    "depth is cut": (
        [[[[[[[[["deep"]]]]]]]]],
        [[[[[[[["..."]]]]]]]],
    ),
    "what JSON has not becomes its text": ({"a": (1, 2), "b": b"c"}, {"a": [1, 2], "b": "b'c'"}),
}


@pytest.mark.parametrize(("arguments", "expected"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments_are_logged_without_secrets(arguments: object, expected: object) -> None:
    line = orjson.loads(logged("call", format="json", arguments=arguments))
    assert orjson.loads(line["arguments"]) == expected


def test_a_secret_at_the_place_of_a_cut_is_not_shown() -> None:
    # Redaction shortens what comes before, and the half of a password would come into view.
    text = "Bearer abcdefghijklmnop " * 340 + "https://me:password@vt/"
    line = logged("event", a=text)
    assert "me:pass" not in line
    assert line.endswith('..."')


def test_a_long_word_is_cut() -> None:
    assert logged("event", a="v" * 9_000).endswith('vvv..."')


HOSTILE = (
    "://",
    "://a:",
    "x-",
    "password=",
    'token": "\\',
    "bearer ",
    "-----BEGIN PRIVATE KEY-----",
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_takes_no_time(piece: str) -> None:
    started = process_time()
    redact(piece * (8_192 // len(piece)))
    assert process_time() - started < 0.05


def test_a_session_is_known_again_by_its_fingerprint() -> None:
    assert fingerprint("session") == "3f3af1ec" == fingerprint("session")
    assert fingerprint("other") != fingerprint("session")
    assert len(fingerprint("\ud800")) == 8


LONG = {
    "a long message": ("m" * 9_000, {}),
    "a message of characters that are escaped": ("\U000e0001" * 9_000, {}),
    "a long value": ("event", {"a": "v" * 1_000_000}),
    "a long value of quotes": ("event", {"a": '"' * 9_000}),
    "a long value of letters beyond ASCII": ("event", {"a": "\u65e5" * 9_000}),
    "many values": ("event", {f"a{number}": "v" * 100 for number in range(1_000)}),
    "a long key": ("event", {"k" * 9_000: 1}),
    "a huge whole number": ("event", {"a": 10**4_000}),
}


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize(("message", "fields"), LONG.values(), ids=LONG)
def test_a_line_has_an_end(format: str, message: str, fields: dict[str, Any]) -> None:
    line = logged(message, format=format, **fields)
    assert len(line.encode()) < LINE_BYTES_MAX
    if format == "json":
        assert orjson.loads(line)["level"] == "info"


@pytest.mark.parametrize(("format", "end"), [("text", " cut=true"), ("json", ',"cut":true}')])
def test_values_that_do_not_fit_leave_a_mark(format: str, end: str) -> None:
    fields = {f"a{number}": "v" * 1_500 for number in range(9)}
    line = logged("event", format=format, **fields)
    assert line.endswith(end)
    assert "a0" in line
    assert "a8" not in line


def test_a_cut_value_ends_with_dots() -> None:
    assert logged("event", a="v " * 9_000).endswith('v ..."')


def test_no_stream_is_no_log() -> None:
    log = Log(None, clock=clock)
    log.error("event")
    assert log.dropped == 0


def closed() -> TextIO:
    stream = io.StringIO()
    stream.close()
    return stream


class Raising(io.StringIO):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str, /) -> int:
        raise self.error


def test_a_value_without_a_text_loses_its_line_alone() -> None:
    stream = io.StringIO()
    log = Log(stream, clock=clock)
    log.info("event", a=10**5_000)
    log.info("next")
    assert stream.getvalue() == f'time={STAMP} level=info msg="next" lines_dropped=1\n'


BROKEN: dict[str, Callable[[], TextIO]] = {
    "is closed": closed,
    "is full": lambda: Raising(BlockingIOError()),
    "lost its reader": lambda: Raising(BrokenPipeError()),
    "is out of space": lambda: Raising(OSError(28, "No space left on device")),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_log_survives_a_stream_that(broken: Callable[[], TextIO]) -> None:
    log = Log(broken(), clock=clock)
    log.info("one")
    log.info("two")
    assert log.dropped == 2


@pytest.mark.parametrize("text", ["pwd=a", "pwd: a", "basic\ta", "basic a", "a://b@c", "pwd='a"])
def test_a_short_text_is_looked_at_too(text: str) -> None:
    assert redact(text) != text


@pytest.mark.parametrize("least", LEVELS)
def test_whoever_gathers_much_for_a_line_can_ask_before(least: str) -> None:
    stream = io.StringIO()
    log = Log(stream, level=least)
    for level in LEVELS:
        before = stream.tell()
        getattr(log, level)("event")
        assert log.tells(level) is (stream.tell() > before)
        assert not Log(None, level=least).tells(level)


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """A pipe: the end to read, and a stream on the other."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        yield reader, stream
    os.close(reader)


def test_a_reader_that_does_not_read_is_not_waited_for(pipe: tuple[int, TextIO]) -> None:
    reader, stream = pipe
    log = Log(stream, clock=clock)
    while not log.dropped:
        log.info("event", filler="v" * 1_000)
    log.info("lost too")
    unread = os.read(reader, 2**20)
    assert unread.endswith(b"\n")
    log.info("after")
    assert os.read(reader, 2**20).decode() == (
        f'time={STAMP} level=info msg="after" lines_dropped=2\n'
    )
    assert log.dropped == 0


def test_a_reader_that_went_away_is_not_missed() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        os.close(reader)
        log = Log(stream, clock=clock)
        log.info("event")
        assert log.dropped == 1


def test_a_line_is_written_where_readiness_cannot_be_asked(
    pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, stream = pipe
    monkeypatch.delattr(select, "poll")
    Log(stream, clock=clock).warn("event")
    assert os.read(reader, 2**20).decode() == f'time={STAMP} level=warn msg="event"\n'
