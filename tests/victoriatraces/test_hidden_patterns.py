"""Which attributes patterns hide, and what the database is told of them."""

import time

import pytest

from vtmcp.victoriatraces.hidden_patterns import (
    EVENT,
    KEYS_KNOWN_MAX,
    LINK,
    NOTHING_HIDDEN,
    PATTERNS_MAX,
    RESOURCE,
    SCOPE,
    SPAN,
    HiddenPatterns,
)

Place = tuple[str, str]
EVERYWHERE = (SPAN, RESOURCE, SCOPE, EVENT, LINK)

MATCHES: dict[str, tuple[str, list[Place], list[Place]]] = {
    "an attribute of spans": (
        "span_attr:user.email",
        [(SPAN, "user.email")],
        [(SPAN, "user.emails"), (SPAN, "user_email"), (RESOURCE, "user.email")],
    ),
    "attributes by their beginning": (
        "resource_attr:host.*",
        [(RESOURCE, "host.name"), (RESOURCE, "host.")],
        [(RESOURCE, "host"), (SPAN, "host.name"), (RESOURCE, "a.host.name")],
    ),
    "all attributes of scopes": ("scope_attr:*", [(SCOPE, "x"), (SCOPE, "otel.scope.name")], []),
    "a key in all scopes": (
        "user.email",
        [(scope, "user.email") for scope in EVERYWHERE],
        [(scope, "user.emails") for scope in EVERYWHERE],
    ),
    "a word anywhere in a key": (
        "*passw*",
        [(SPAN, "db.password"), (EVENT, "passwd"), (LINK, "passw")],
        [(SPAN, "pass.word")],
    ),
    "two words in a key": (
        "*user*mail*",
        [(SPAN, "user.email"), (SPAN, "a.user.mailbox")],
        [(SPAN, "mail.user"), (SPAN, "user")],
    ),
    "a beginning and an end": ("a*z", [(SPAN, "az"), (SPAN, "a.b.z")], [(SPAN, "a.z.b")]),
    "everything": ("*", [(scope, "x") for scope in EVERYWHERE], []),
    "everything, twice": ("**", [(scope, "x") for scope in EVERYWHERE], []),
    "a beginning of stored names": ("span_*", [(SPAN, "x")], [(RESOURCE, "x")]),
    "an attribute of events": (
        "event_attr:exception.message",
        [(EVENT, "exception.message")],
        [(SPAN, "exception.message"), (EVENT, "event")],
    ),
    "an attribute of events as it is stored": (
        "event:event_attr:exception.*",
        [(EVENT, "exception.message")],
        [(EVENT, "message")],
    ),
    "an attribute of one event, which hides it of all": (
        "event:event_attr:a:0",
        [(EVENT, "a")],
        [(EVENT, "b")],
    ),
    "an attribute of one event, as it was stored": ("event:0:event_attr:a", [(EVENT, "a")], []),
    "an attribute with a number at its end": (
        "event_attr:host:8080",
        [(EVENT, "host:8080"), (EVENT, "host")],
        [(EVENT, "host:8081")],
    ),
    "all of events": ("event:*", [(EVENT, "a"), (EVENT, "event")], [(SPAN, "a")]),
    "names of events": ("event_name", [(EVENT, "event")], [(EVENT, "a")]),
    "an attribute of links": ("link_attr:a", [(LINK, "a")], [(SPAN, "a")]),
    "the message of a status": (
        "status_message",
        [(SPAN, "otel.status_description")],
        [(SPAN, "otel.status"), (RESOURCE, "otel.status_description")],
    ),
    "the state of a trace": ("trace_state", [(SPAN, "w3c.tracestate")], []),
    "the name of a scope": (
        "scope_name",
        [(SPAN, "otel.scope.name"), (SCOPE, "otel.scope.name")],
        [],
    ),
    "signs that mean something elsewhere": (
        "a.b+(c)[d]",
        [(SPAN, "a.b+(c)[d]")],
        [(SPAN, "aXb+c")],
    ),
    "another alphabet": ("почта*", [(SPAN, "почта.адрес")], [(SPAN, "адрес")]),
}


@pytest.mark.parametrize(("pattern", "hidden", "shown"), MATCHES.values(), ids=MATCHES)
def test_a_pattern_hides(pattern: str, hidden: list[Place], shown: list[Place]) -> None:
    patterns = HiddenPatterns([pattern])
    for _ in range(2):
        assert [place for place in hidden if not patterns.hides(*place, "x")] == []
        assert [place for place in shown if patterns.hides(*place, "x")] == []


STRUCTURE = {
    "error": ("true", "false", "unset", True),
    "span.kind": ("server", "CLIENT", ""),
    "otel.status_code": ("ok", "ERROR"),
}


@pytest.mark.parametrize(("key", "values"), STRUCTURE.items(), ids=STRUCTURE)
def test_what_a_tree_is_made_of_stays(key: str, values: tuple[object, ...]) -> None:
    patterns = HiddenPatterns(["*"])
    assert not any(patterns.hides(SPAN, key, value) for value in values)
    assert patterns.hides(SPAN, key, "password=s3cret")
    assert patterns.hides(EVENT, key, values[0])


SENT = {
    "scoped ones as they are": (
        ["span_attr:a", "resource_attr:b*"],
        "span_attr:a,resource_attr:b*",
    ),
    "events by all their numbers": (
        ["event_attr:a", "event:event_attr:b:7"],
        "event:event_attr:a,event:event_attr:a:*,event:event_attr:b,event:event_attr:b:*",
    ),
    "links by their beginning": (["link_attr:a*"], "link:link_attr:a*"),
    "a key in each scope": (
        ["a"],
        "a,span_attr:a,resource_attr:a,scope_attr:a,event:event_attr:a,event:event_attr:a:*,"
        "link:link_attr:a,link:link_attr:a:*",
    ),
    "nothing that the database does not know": (["*a", "a*b"], ""),
    "nothing that would take ids away": (
        ["*"],
        "span_attr:*,resource_attr:*,scope_attr:*,event:event_attr:*,link:link_attr:*",
    ),
    "no field that a tree is made of": (
        ["name"],
        "span_attr:name,resource_attr:name,scope_attr:name,event:event_attr:name,"
        "event:event_attr:name:*,link:link_attr:name,link:link_attr:name:*",
    ),
    "none twice": (["span_attr:a", "span_attr:a"], "span_attr:a"),
}


@pytest.mark.parametrize(("patterns", "parameter"), SENT.values(), ids=SENT)
def test_the_database_is_told(patterns: list[str], parameter: str) -> None:
    assert HiddenPatterns(patterns).parameter == parameter


TAGS: dict[str, tuple[str, str, bool]] = {
    "a hidden attribute": ("span_attr:user.*", "user.email", True),
    "by its stored name": ("span_attr:user.*", "span_attr:user.email", True),
    "another attribute": ("span_attr:user.*", "http.route", False),
    "of a resource": ("resource_attr:host.ip", "resource_attr:host.ip", True),
    "of a resource, where spans' are hidden": ("span_attr:host.ip", "resource_attr:host.ip", False),
    "of a scope": ("scope_attr:*", "scope_attr:x", True),
    "of an event, by its stored name": ("event_attr:a", "event:event_attr:a:3", True),
    "of another event": ("event_attr:a", "event:event_attr:b:3", False),
    "a message, by its stored name": ("span_attr:otel.status_description", "status_message", True),
    "a message, by its other name": ("status_message", "otel.status_description", True),
    "a failed span": ("*", "error", False),
}


@pytest.mark.parametrize(("pattern", "name", "hidden"), TAGS.values(), ids=TAGS)
def test_a_search_by_a_tag(pattern: str, name: str, hidden: bool) -> None:
    assert HiddenPatterns([pattern]).hides_tag(name, "true") is hidden


def test_a_search_by_what_only_looks_like_a_status() -> None:
    assert HiddenPatterns(["span_attr:error"]).hides_tag("error", "~pass.*")


def test_nothing_hides_nothing() -> None:
    assert not NOTHING_HIDDEN
    assert NOTHING_HIDDEN.parameter == ""
    assert not NOTHING_HIDDEN.hides(SPAN, "", "")
    assert HiddenPatterns(["a"])


BAD = {
    "nothing": ("", "is no pattern"),
    "a line break": ("a\nb", "is no pattern"),
    "a list": ("a,b", "is no pattern"),
    "a long one": ("a" * 201, "is no pattern"),
    "a scope that is none": ("spans:a", "whose scope is not known; accepted: span_attr:"),
}


@pytest.mark.parametrize(("pattern", "fault"), BAD.values(), ids=BAD)
def test_what_is_no_pattern(pattern: str, fault: str) -> None:
    with pytest.raises(ValueError, match=f"^VT_HIDDEN_FIELDS holds .*{fault}"):
        HiddenPatterns([pattern])


LONG = {
    "too many": (["a"] * (PATTERNS_MAX + 1), "more than 100 patterns"),
    "too long together": ([f"span_attr:{'ы' * 150}{n}" for n in range(20)], "is too long"),
}


@pytest.mark.parametrize(("patterns", "fault"), LONG.values(), ids=LONG)
def test_patterns_are_bounded(patterns: list[str], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        HiddenPatterns(patterns)


def test_a_hostile_key_costs_no_time() -> None:
    patterns = HiddenPatterns(["*a*a*a*a*a*a*b"])
    started = time.process_time()
    assert not patterns.hides(SPAN, "a" * 20_000, "x")
    assert time.process_time() - started < 1


def test_keys_are_remembered_but_not_all_of_them() -> None:
    patterns = HiddenPatterns(["a1*"])
    for number in range(KEYS_KNOWN_MAX + 10):
        assert patterns.hides(SPAN, f"a{number}", "x") is str(number).startswith("1")
    assert len(patterns._known) <= KEYS_KNOWN_MAX
