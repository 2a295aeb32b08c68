"""Which headers are refused, and which of several for one name is sent."""

import pytest

from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces.headers import (
    Header,
    caller_fault,
    header_fault,
    is_credential,
    request_headers,
)

SENT = [
    ("X-Team", "shop"),
    ("!#$%&'*+.^_`|~-9aZ", ""),
    ("Authorization", "Basic eDp5"),
    ("a", "b c"),
]


@pytest.mark.parametrize(("name", "value"), SENT)
def test_a_header_that_may_be_sent(name: str, value: str) -> None:
    assert header_fault(name, value) == ""


NAMES = [
    *("", " ", "X Team", "X-Team ", " X-Team", "X:Team", "X-Team\r\n", "X\x00", "(X)", "X\u00e9"),
    *("X-Te\nam", "X/Y", '"X"', "\uff28ost"),
]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_name(name: str) -> None:
    assert header_fault(name, "x") == "has a name that is not an HTTP header name"


VALUES = ["a\r\nX-Evil: 1", "a\nb", "a\rb", "\x00", "\t", "\x7f", "\x1b[31m", "caf\xe9", "\u2028"]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_that_is_none_is_not_shown(value: str) -> None:
    fault = header_fault("X-Key", value)
    assert fault == "has a value for X-Key with control or non-ASCII characters"


REFUSED = [
    *("Host", "Connection", "Content-Length", "Transfer-Encoding", "TE", "Trailer", "Upgrade"),
    *("Expect", "Proxy-Authorization", "Proxy-Connection", "proxy-anything", "Keep-Alive"),
    *("AccountID", "ProjectID", "accountid", "Accept-Encoding", "Transfer_Encoding", "PROXY_X"),
]


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_is_refused(name: str) -> None:
    assert header_fault(name, "1").startswith(f"names {name}: ")


CREDENTIALS = [
    *("Authorization", "authorization", "Cookie", "X-Api-Key", "X-Auth-Request-User", "X-Token"),
    *("X-Forwarded-User", "X-Client-Cert", "X-Amz-Security-Token", "X-Webauth-User", "X-Secret"),
]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_header_that_tells_who_asks(name: str) -> None:
    assert is_credential(name)


@pytest.mark.parametrize("name", ["traceparent", "X-Team", "User-Agent", "Accept", "X-Scope-OrgID"])
def test_a_header_that_does_not(name: str) -> None:
    assert not is_credential(name)


CALLERS: dict[str, tuple[tuple[Header, ...], str]] = {
    "none": ((), ""),
    "two": ((("Authorization", "Bearer x"), ("traceparent", "00")), ""),
    "one twice": ((("X-A", "1"), ("x-a", "2")), "names x-a twice"),
    "one that is refused": ((("Host", "evil"),), "names Host: the client sets it itself"),
    "one with a line break": (
        (("X-A", "1\r\nX-B: 2"),),
        "has a value for X-A with control or non-ASCII characters",
    ),
}


@pytest.mark.parametrize(("headers", "fault"), CALLERS.values(), ids=CALLERS)
def test_what_a_caller_may_pass_on(headers: tuple[Header, ...], fault: str) -> None:
    assert caller_fault(headers) == fault


BEARER = ("Authorization", "Bearer mine")
KEY = ("X-Api-Key", "mine")
TEAM = ("X-Team", "shop")
THEIRS = ("authorization", "Bearer theirs")

JOINED: dict[str, tuple[tuple[Header, ...], tuple[Header, ...], set[Header]]] = {
    "none": ((), (), set()),
    "the configured ones": ((BEARER, TEAM), (), {BEARER, TEAM}),
    "the caller's beside them": (
        (BEARER, TEAM),
        (("traceparent", "00"),),
        {BEARER, TEAM, ("traceparent", "00")},
    ),
    "a caller's of the same name in its place": (
        (BEARER, TEAM),
        (("x-team", "bakery"),),
        {BEARER, ("x-team", "bakery")},
    ),
    "a caller's credential in the place of all of ours": (
        (BEARER, KEY, TEAM),
        (THEIRS,),
        {TEAM, THEIRS},
    ),
    "any credential of the caller": (
        (BEARER, TEAM),
        (("Cookie", "session=theirs"),),
        {TEAM, ("Cookie", "session=theirs")},
    ),
}


@pytest.mark.parametrize(("own", "caller", "expected"), JOINED.values(), ids=JOINED)
def test_identities_are_never_mixed(
    own: tuple[Header, ...], caller: tuple[Header, ...], expected: set[Header]
) -> None:
    headers = request_headers("db", Tenant(7, 3), own=own, caller=caller)
    assert len({name.lower() for name, _ in headers}) == len(headers)
    assert set(headers) == expected | {
        ("Host", "db"),
        ("Accept", "application/json"),
        ("User-Agent", "vtmcp"),
        ("Accept-Encoding", "gzip"),
        ("AccountID", "7"),
        ("ProjectID", "3"),
    }


def test_nothing_replaces_the_tenant_or_the_framing() -> None:
    evil = (("accountid", "9"), ("HOST", "evil"), ("accept-encoding", "br"), ("ProjectID", "9"))
    for given in ({"own": evil}, {"own": (), "caller": evil}):
        headers = request_headers("db", Tenant(7, 3), **given)
        assert not {"9", "evil", "br"} & {value for _, value in headers}
