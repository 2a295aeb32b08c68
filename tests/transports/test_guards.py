"""Whom an endpoint answers, and in which form: the checks that come before a body is read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.transports.guards import (
    Guard,
    Host,
    Origin,
    accepts,
    is_json,
    parse_host,
    parse_origin,
    refusal,
)
from vtmcp.transports.http_values import Request

LOCAL = Guard(is_loopback=True)
LOCAL_LISTED = Guard(
    is_loopback=True,
    allowed_hosts=("mcp.example.com", "other.example.com:8443", "[2001:db8::1]"),
    allowed_origins=("https://app.example.com", "http://10.0.0.1:3000", "vscode-webview://abc"),
)
OPEN = Guard(is_loopback=False)
OPEN_LISTED = LOCAL_LISTED._replace(is_loopback=False)

HOSTS: dict[str, tuple[Guard, list[str], bool]] = {
    # The guard, the Host headers, and whether the request passes.
    "localhost": (LOCAL, ["localhost"], True),
    "localhost with a port": (LOCAL, ["localhost:8081"], True),
    "localhost with a colon alone": (LOCAL, ["localhost:"], True),
    "localhost in capitals": (LOCAL, ["LocalHost:1"], True),
    "the usual IPv4": (LOCAL, ["127.0.0.1:8081"], True),
    "any IPv4 of this machine": (LOCAL, ["127.8.255.4"], True),
    "IPv6": (LOCAL, ["[::1]:8081"], True),
    "IPv6 in long form": (LOCAL, ["[0:0:0:0:0:0:0:1]"], True),
    "no Host": (LOCAL, [], False),
    "an empty Host": (LOCAL, [""], False),
    "two Hosts": (LOCAL, ["localhost", "localhost"], False),
    "another name": (LOCAL, ["evil.example.com"], False),
    "a name that begins as ours": (LOCAL, ["localhost.evil.example.com"], False),
    "a name that ends as ours": (LOCAL, ["evil-localhost"], False),
    "a name below ours": (LOCAL, ["evil.localhost"], False),
    "an address that begins as ours": (LOCAL, ["127.0.0.1.evil.example.com"], False),
    "an address that is none": (LOCAL, ["127.0.0.256"], False),
    "an address with leading zeros": (LOCAL, ["127.0.0.01"], False),
    "a short address": (LOCAL, ["127.1"], False),
    "the address of all interfaces": (LOCAL, ["0.0.0.0:8081"], False),
    "another IPv6": (LOCAL, ["[::2]"], False),
    "IPv6 without brackets": (LOCAL, ["::1"], False),
    "brackets round a name": (LOCAL, ["[localhost]"], False),
    "brackets round too many colons": (LOCAL, ["[:::1]"], False),
    "a zone": (LOCAL, ["[::1%25lo]"], False),
    "a user": (LOCAL, ["localhost@evil.example.com"], False),
    "a user that is ours": (LOCAL, ["evil.example.com@localhost"], False),
    "a path": (LOCAL, ["localhost/evil.example.com"], False),
    "a list": (LOCAL, ["localhost, evil.example.com"], False),
    "a port that is none": (LOCAL, ["localhost:65536"], False),
    "a port with a sign": (LOCAL, ["localhost:+1"], False),
    "a line end": (LOCAL, ["localhost\n"], False),
    "digits of another script": (LOCAL, ["127.0.0.\u0661"], False),
    "listed": (LOCAL_LISTED, ["mcp.example.com"], True),
    "listed, in capitals and with a port": (LOCAL_LISTED, ["MCP.Example.com:8081"], True),
    "listed with this port": (LOCAL_LISTED, ["other.example.com:8443"], True),
    "listed with another port": (LOCAL_LISTED, ["other.example.com:8444"], False),
    "listed with a port, and without one": (LOCAL_LISTED, ["other.example.com"], False),
    "listed as an address": (LOCAL_LISTED, ["[2001:DB8:0::1]:1"], True),
    "ours beside a list": (LOCAL_LISTED, ["localhost"], True),
    "not listed": (LOCAL_LISTED, ["evil.example.com"], False),
    "below a listed one": (LOCAL_LISTED, ["evil.mcp.example.com"], False),
    "any name on an open listener": (OPEN, ["anything.example.com"], True),
    "no name on an open listener": (OPEN, [], True),
    "a listed name on an open listener": (OPEN_LISTED, ["mcp.example.com"], True),
    "another name on an open listener with a list": (OPEN_LISTED, ["evil.example.com"], False),
    "this machine on an open listener with a list": (OPEN_LISTED, ["localhost"], False),
    "the usual port may be left out": (
        Guard(allowed_hosts=("mcp.example.com:443",)),
        ["mcp.example.com"],
        True,
    ),
    "the usual port given where the list has none": (
        Guard(allowed_hosts=("mcp.example.com",)),
        ["mcp.example.com:443"],
        True,
    ),
    "an entry that cannot be read allows nothing": (
        Guard(allowed_hosts=("*", "https://mcp.example.com")),
        ["mcp.example.com"],
        False,
    ),
}

ORIGINS: dict[str, tuple[Guard, list[str], bool]] = {
    # The guard, the Origin headers, and whether the request passes.
    "no page": (LOCAL, [], True),
    "a local page": (LOCAL, ["http://localhost:3000"], True),
    "a local page without a port": (LOCAL, ["http://localhost"], True),
    "a local page over TLS": (LOCAL, ["https://localhost:3000"], True),
    "a page at an IPv4": (LOCAL, ["http://127.0.0.1:6274"], True),
    "a page at an IPv6": (LOCAL, ["http://[::1]:6274"], True),
    "capitals": (LOCAL, ["HTTP://LOCALHOST:3000"], True),
    "null": (LOCAL, ["null"], False),
    "nothing": (LOCAL, [""], False),
    "a page elsewhere": (LOCAL, ["http://evil.example.com"], False),
    "a name that begins as ours": (LOCAL, ["http://localhost.evil.example.com"], False),
    "an address that begins as ours": (LOCAL, ["http://127.0.0.1.evil.example.com"], False),
    "a user that is ours": (LOCAL, ["http://localhost@evil.example.com"], False),
    "two pages": (LOCAL, ["http://localhost", "http://localhost"], False),
    "two pages in one": (LOCAL, ["http://localhost http://localhost"], False),
    "a list": (LOCAL, ["http://localhost, http://localhost"], False),
    "a path": (LOCAL, ["http://localhost/"], False),
    "no scheme": (LOCAL, ["localhost:3000"], False),
    "a local page of another kind": (LOCAL, ["ftp://localhost"], False),
    "a file": (LOCAL, ["file://"], False),
    "a port that is none": (LOCAL, ["http://localhost:99999"], False),
    "a local page on an open listener": (OPEN, ["http://localhost:3000"], False),
    "the same host on an open listener": (OPEN, ["http://localhost"], False),
    "listed": (OPEN_LISTED, ["https://app.example.com"], True),
    "listed, with the usual port": (OPEN_LISTED, ["https://app.example.com:443"], True),
    "listed, with another port": (OPEN_LISTED, ["https://app.example.com:8443"], False),
    "listed, without TLS": (OPEN_LISTED, ["http://app.example.com"], False),
    "listed, without TLS on the port of TLS": (
        OPEN_LISTED,
        ["http://app.example.com:443"],
        False,
    ),
    "below a listed one": (OPEN_LISTED, ["https://evil.app.example.com"], False),
    "begins as a listed one": (OPEN_LISTED, ["https://app.example.com.evil.org"], False),
    "listed with a port": (OPEN_LISTED, ["http://10.0.0.1:3000"], True),
    "listed with a port, and without one": (OPEN_LISTED, ["http://10.0.0.1"], False),
    "listed, of another scheme": (OPEN_LISTED, ["vscode-webview://abc"], True),
    "listed on a loopback": (LOCAL_LISTED, ["https://app.example.com"], True),
    "local beside a list": (LOCAL_LISTED, ["http://localhost:3000"], True),
    "an entry that cannot be read allows nothing": (
        Guard(allowed_origins=("*", "null", "https://app.example.com/")),
        ["https://app.example.com"],
        False,
    ),
    "null is never listed": (Guard(allowed_origins=("null",)), ["null"], False),
}

PARSED: dict[str, tuple[str, Host | None]] = {
    "a name": ("Example.COM", Host("example.com", None)),
    "a port": ("example.com:0080", Host("example.com", 80)),
    "IPv4": ("10.0.0.1:1", Host("10.0.0.1", 1)),
    "IPv6": ("[2001:0DB8::0:1]:1", Host("[2001:db8::1]", 1)),
    "two ports": ("example.com:1:2", None),
    "no name": (":80", None),
    "a blank": (" example.com", None),
    "a name without an end": ("a" * 254, None),
}

PREFLIGHTS: dict[str, tuple[Guard, dict[str, str], int]] = {
    "an allowed page": (LOCAL, {"host": "localhost", "origin": "http://localhost:3000"}, 204),
    "another page": (LOCAL, {"host": "localhost", "origin": "http://evil.example.com"}, 403),
    "no page": (LOCAL, {"host": "localhost"}, 403),
    "null": (LOCAL, {"host": "localhost", "origin": "null"}, 403),
    "an allowed page at another name of ours": (
        LOCAL,
        {"host": "evil.example.com", "origin": "http://localhost:3000"},
        421,
    ),
}

JSON, EVENTS = "application/json", "text/event-stream"

ACCEPTED: dict[str, tuple[list[str], bool, bool]] = {
    # The Accept headers, whether JSON is taken, whether events are.
    "no word": ([], True, True),
    "an empty word": ([""], True, True),
    "both": (["application/json, text/event-stream"], True, True),
    "both on two lines": (["application/json", "text/event-stream"], True, True),
    "JSON": (["application/json"], True, False),
    "events": (["text/event-stream"], False, True),
    "anything": (["*/*"], True, True),
    "any text": (["text/*"], False, True),
    "any application": (["application/*"], True, False),
    "neither": (["text/html"], False, False),
    "capitals": (["Application/JSON, TEXT/Event-Stream"], True, True),
    "parameters": (["application/json; charset=utf-8 ;q=0.5"], True, False),
    "little wanted is wanted": (["application/json;q=0.001"], True, False),
    "not wanted": (["application/json;q=0"], False, False),
    "not wanted, exactly": (["application/json; Q = 0.000"], False, False),
    "anything but events": (["text/event-stream;q=0, */*"], True, False),
    "anything but events, the other way round": (["*/*, text/event-stream;q=0"], True, False),
    "anything but text": (["*/*, text/*;q=0"], True, False),
    "no text but events": (["text/*;q=0, text/event-stream"], False, True),
    "nothing but JSON": (["*/*;q=0, application/json"], True, False),
    "of two of one type the kinder": (["application/json, application/json;v=1;q=0"], True, False),
    "the kinder last": (["application/json;v=1;q=0, application/json"], True, False),
    "a q that is none": (["application/json;q=x"], True, False),
    "empty members": ([", ,application/json,"], True, False),
    "a comma in quotes": (['text/html;a="b, application/json"'], False, False),
    "a quote in quotes": (['text/html;a="\\", application/json"'], False, False),
    "quotes that do not end": (['text/html;a="b, application/json'], False, False),
    "a longer type": (["application/json-patch"], False, False),
    "half a type": (["application, json"], False, False),
    "what browsers send": (["text/html,application/xml;q=0.9,*/*;q=0.8"], True, True),
}

CONTENT_TYPES: dict[str, tuple[list[str], bool]] = {
    "JSON": (["application/json"], True),
    "capitals": (["Application/JSON"], True),
    "UTF-8": (["application/json; charset=utf-8"], True),
    "UTF-8 in capitals": (["application/json;Charset=UTF-8"], True),
    "UTF-8 in quotes": (['application/json; charset="utf-8"'], True),
    "UTF-8 without its hyphen": (["application/json; charset=utf8"], True),
    "another parameter": (["application/json; profile=x"], True),
    "a semicolon alone": (["application/json;"], True),
    "blanks": (["application/json \t; charset=utf-8 "], True),
    "another encoding": (["application/json; charset=iso-8859-1"], False),
    "two encodings": (["application/json; charset=utf-8; charset=utf-16"], False),
    "an empty encoding": (["application/json; charset="], False),
    "none": ([], False),
    "empty": ([""], False),
    "text": (["text/plain"], False),
    "text with JSON in a parameter": (["text/plain; a=application/json"], False),
    "a longer type": (["application/json-seq"], False),
    "a kind of JSON": (["application/vnd.x+json"], False),
    "a form": (["application/x-www-form-urlencoded"], False),
    "twice": (["application/json", "application/json"], False),
    "twice in one": (["application/json, text/plain"], False),
}


def request(*headers: tuple[str, str], method: str = "POST") -> Request:
    return Request(method, "/mcp", "", headers)


def named(name: str, values: list[str]) -> list[tuple[str, str]]:
    return [(name, value) for value in values]


@pytest.mark.parametrize(("guard", "values", "passes"), HOSTS.values(), ids=HOSTS)
def test_the_name_that_the_client_used(guard: Guard, values: list[str], passes: bool) -> None:
    refused = guard.check(request(*named("host", values)))
    assert (refused is None) is passes
    assert refused is None or refused.status == 421


@pytest.mark.parametrize(("guard", "values", "passes"), ORIGINS.values(), ids=ORIGINS)
def test_the_page_that_asks(guard: Guard, values: list[str], passes: bool) -> None:
    host = "mcp.example.com" if guard.allowed_hosts else "localhost"
    asked = request(("host", host), *named("origin", values))
    refused = guard.check(asked)
    assert (refused is None) is passes
    assert refused is None or refused.status == 403
    # A page that is refused must not read the refusal either.
    assert bool(guard.cors(asked)) is (passes and bool(values))


def test_a_foreign_page_is_told_so_whatever_name_it_used() -> None:
    asked = request(("host", "evil.example.com"), ("origin", "http://evil.example.com"))
    refused = LOCAL.check(asked)
    assert refused is not None
    assert refused.status == 403


def test_a_refusal_is_an_error_without_an_id() -> None:
    refused = refusal(403, "no")
    assert refused.headers == (("content-type", "application/json"),)
    error = {"code": -32600, "message": "no"}
    assert json.loads(refused.body) == {"jsonrpc": "2.0", "error": error}


def test_a_refusal_says_which_setting_would_have_let_it_in() -> None:
    for setting, header in {
        "MCP_ALLOWED_HOSTS": ("host", "a"),
        "MCP_ALLOWED_ORIGINS": ("origin", "b"),
    }.items():
        refused = LOCAL.check(request(header))
        assert refused is not None
        assert setting in json.loads(refused.body)["error"]["message"]


@pytest.mark.parametrize(("text", "host"), PARSED.values(), ids=PARSED)
def test_hosts_have_one_spelling(text: str, host: Host | None) -> None:
    assert parse_host(text) == host


def test_origins_always_have_a_port_where_one_is_usual() -> None:
    assert parse_origin("HTTPS://A") == Origin("https", Host("a", 443))
    assert parse_origin("http://a") == Origin("http", Host("a", 80))
    assert parse_origin("app://a") == Origin("app", Host("a", None))


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    for guard in (LOCAL, LOCAL_LISTED, OPEN, OPEN_LISTED):
        guard.check(request(("host", text), ("origin", text)))


@given(st.text("abc.:[]@/-127 ").map("http://localhost".__add__))
def test_only_a_port_may_follow_a_local_name(text: str) -> None:
    passes = LOCAL.check(request(("host", "localhost"), ("origin", text))) is None
    rest = text.removeprefix("http://localhost")
    is_port = rest in ("", ":") or (rest[0] == ":" and rest[1:].isdigit() and len(rest) <= 6)
    assert passes is (is_port and int(rest[1:] or 0) <= 65_535)


def test_entries_that_match_nothing_are_found() -> None:
    assert LOCAL_LISTED.unreadable() == []
    hosts, origins = ("*", "a", "::1"), ("null", "https://a", "https://a/", "a")
    wrong = Guard(allowed_hosts=hosts, allowed_origins=origins)
    assert wrong.unreadable() == ["*", "::1", "null", "https://a/", "a"]


def test_an_allowed_page_may_read_the_answer() -> None:
    asked = request(("host", "localhost"), ("origin", "http://localhost:3000"))
    assert dict(LOCAL.cors(asked)) == {
        "access-control-allow-origin": "http://localhost:3000",
        "access-control-expose-headers": "Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate",
        "vary": "Origin",
    }


@pytest.mark.parametrize(("guard", "headers", "status"), PREFLIGHTS.values(), ids=PREFLIGHTS)
def test_preflight(guard: Guard, headers: dict[str, str], status: int) -> None:
    answer = guard.preflight(request(*headers.items(), method="OPTIONS"))
    assert answer.status == status
    allowed = dict(answer.headers).get("access-control-allow-origin")
    assert allowed == (headers["origin"] if status == 204 else None)
    assert bool(answer.body) is (status != 204)


def test_a_preflight_allows_the_headers_that_are_asked_for() -> None:
    page = (("host", "localhost"), ("origin", "http://localhost"))
    asked = ("access-control-request-headers", "content-type,mcp-param-region, Authorization")
    answer = LOCAL.preflight(request(*page, asked, method="OPTIONS"), ("POST",))
    assert dict(answer.headers) == {
        "access-control-allow-origin": "http://localhost",
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type, mcp-param-region, Authorization",
        "access-control-max-age": "600",
        "vary": "Origin, Access-Control-Request-Headers",
    }


@pytest.mark.parametrize("value", ["", ",", "a b", "a, b:c", '"a"'])
def test_a_preflight_repeats_nothing_but_names(value: str) -> None:
    page = (("host", "localhost"), ("origin", "http://localhost"))
    asked = ("access-control-request-headers", value)
    headers = dict(LOCAL.preflight(request(*page, asked, method="OPTIONS")).headers)
    assert "access-control-allow-headers" not in headers
    assert headers["access-control-allow-methods"] == "GET, POST, DELETE"


@pytest.mark.parametrize(("values", "of_json", "of_events"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_client_takes(values: list[str], of_json: bool, of_events: bool) -> None:
    asked = request(*named("accept", values))
    assert (accepts(asked, JSON), accepts(asked, EVENTS)) == (of_json, of_events)


@given(st.text('*/;q=0,"\\ a'))
def test_no_word_on_types_breaks_the_reading(text: str) -> None:
    asked = request(("accept", text), ("content-type", text))
    assert accepts(asked, JSON) in (True, False)
    assert not is_json(asked)


@pytest.mark.parametrize(("values", "expected"), CONTENT_TYPES.values(), ids=CONTENT_TYPES)
def test_what_the_body_is(values: list[str], expected: bool) -> None:
    assert is_json(request(*named("content-type", values))) is expected
