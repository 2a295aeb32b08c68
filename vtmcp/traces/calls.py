"""What a span that calls another system says of the call: whom, and for what.

OpenTelemetry has renamed these attributes over the years, so each question has several names.
Must not be here: text for a reader.
"""

import re
from collections.abc import Sequence
from typing import Final

from vtmcp.traces.model import Span

CALL_KINDS: Final = frozenset(("client", "producer"))

_TARGETS: Final = (
    *("server.address", "peer.service", "net.peer.name", "http.host", "rpc.service"),
    *("messaging.destination.name", "db.namespace", "db.name", "db.system.name", "db.system"),
)
_STATEMENTS: Final = ("db.query.text", "db.statement", "db.query.summary")
_URLS: Final = ("url.full", "http.url")
_REQUESTS: Final = ("url.template", "http.route", "url.path", "http.target", "rpc.method")

_WRITES: Final = {
    *("insert", "update", "delete", "upsert", "merge", "replace", "create", "bulkwrite", "save"),
    *("set", "hset", "mset", "del", "incr", "expire", "lpush", "rpush", "zadd", "sadd", "xadd"),
    *("put", "post", "patch", "publish", "send", "write", "copy", "begin", "commit"),
}
"""First words of calls that change something: each has its own content, so none is needless."""

_FIRST_WORD: Final = re.compile(r"\W*([A-Za-z]+)")
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/@?#]*@)?([^/?#]*)([^?#]*)", re.IGNORECASE)
_LITERALS: Final = re.compile(r"'(?:[^'\\]|\\.|'')*+'|\b[0-9][0-9a-fA-F-]*\b")

STATEMENT_CHARS_MAX: Final = 500
"""Statements that agree so far are taken for one."""


def target_of(span: Span) -> str:
    """Return who is called, or an empty text."""
    return _first(span, _TARGETS)


def host_of(span: Span) -> str:
    """Return the host that is called, from its own attribute or from the URL."""
    if host := _first(span, ("server.address", "net.peer.name", "http.host")):
        return host
    match = _URL.match(_first(span, _URLS))
    return match[1] if match else ""


def statement_of(span: Span) -> str:
    """Return the statement to a database, as it is, or an empty text."""
    return _first(span, _STATEMENTS)


def request_of(span: Span) -> str:
    """Return what is asked, whoever is asked: a statement, or the path of a URL, or a method."""
    if statement := _first(span, _STATEMENTS):
        return statement_shape(statement)
    match = _URL.match(_first(span, _URLS))
    return match[2] if match and match[2] else _first(span, _REQUESTS)


def statement_shape(statement: str) -> str:
    """Return a statement without its literals, so that those that differ only there are one."""
    return _LITERALS.sub("?", statement[:STATEMENT_CHARS_MAX])


def is_call(span: Span) -> bool:
    """Tell whether a span asks another system; some instrumentations leave out the kind."""
    return span.kind == "client" or "db.system" in span.attributes


def is_write(span: Span) -> bool:
    """Tell whether a call changes something, by its verb."""
    verb = span.attributes.get("db.operation.name") or span.attributes.get("http.request.method")
    match = _FIRST_WORD.match(verb or _first(span, _STATEMENTS) or span.name)
    return match is not None and match[1].lower() in _WRITES


def is_refused(span: Span) -> bool:
    """Tell whether an attempt failed, by its status or by an answer that asks to come again."""
    if span.failed:
        return True
    attributes = span.attributes
    code = attributes.get("http.response.status_code") or attributes.get("http.status_code", "")
    return code == "429" or (len(code) == 3 and code[0] == "5")


def _first(span: Span, keys: Sequence[str]) -> str:
    attributes = span.attributes
    for key in keys:
        if value := attributes.get(key):
            return value
    return ""
