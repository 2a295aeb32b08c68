"""What of a caller's headers goes on to the database: what is listed, whole, or no question."""

import pytest

from vtmcp.traces.model import SourceError
from vtmcp.victoriatraces.headers import REFUSED
from vtmcp.victoriatraces.passthrough import VALUE_CHARS_MAX, Passthrough

SENT = {
    "authorization": ["Bearer theirs"],
    "x-team": ["shop"],
    "x-scope-orgid": ["7"],
    "x-empty": [""],
    "x-two": ["a", "b"],
    "x-key": ["k", "k"],
    "x-long": ["v" * (VALUE_CHARS_MAX + 1)],
    "x-longest": ["v" * VALUE_CHARS_MAX],
    "x-control": ["s3cret\x01"],
    "x-word": ["gr\u00fcn"],
    "x-other": ["s3cret"],
}

PASSED: dict[str, tuple[tuple[str, ...], tuple[tuple[str, str], ...]]] = {
    "nothing": ((), ()),
    "what is listed, as the list spells it": (
        ("X-Team", "X-Scope-OrgID"),
        (("X-Team", "shop"), ("X-Scope-OrgID", "7")),
    ),
    "a credential": (("Authorization",), (("Authorization", "Bearer theirs"),)),
    "one of two credentials": (("Cookie", "Authorization"), (("Authorization", "Bearer theirs"),)),
    "what a call may be without": (("X-Nothing", "X-Empty"), ()),
    "one name listed twice": (("X-Team", "x-team"), (("x-team", "shop"),)),
    "the longest value": (("X-Longest",), (("X-Longest", "v" * VALUE_CHARS_MAX),)),
}

REFUSED_CALLS: dict[str, tuple[tuple[str, ...], str]] = {
    "no credential": (("Cookie",), "has no Cookie header, and the configured credential is not"),
    "none of two": (("X-Api-Key", "Cookie"), "has no X-Api-Key or Cookie header"),
    "other headers are no credential": (("X-Team", "Cookie"), "has no Cookie header"),
    "two values": (("X-Two",), "has X-Two twice"),
    "a credential twice": (("X-Key",), "has X-Key twice"),
    "a long value": (("X-Long",), "a value for X-Long of more than 8192 characters"),
    "a control character": (("X-Control",), "has a value for X-Control with control"),
    "beyond ASCII": (("X-Word",), "has a value for X-Word with control or non-ASCII"),
}

NAMES: dict[str, tuple[str, str]] = {
    "no name": ("X Team", "has a name that is not an HTTP header name"),
    "a line break": ("X-Team\r\nHost", "has a name that is not an HTTP header name"),
    "a proxy's": ("Proxy-Authorization", "it is for a proxy"),
    "the protocol's": ("Mcp-Session-Id", "it is the protocol's own"),
    "the protocol's, spelt otherwise": ("MCP_Method", "it is the protocol's own"),
    "what the body is": ("Content-Type", "about the client's request"),
    "whose page it is": ("Origin", "about the client's request"),
    "the trace": ("traceparent", "passed on anyway"),
    **{name: (name, f"names {name}: ") for name in REFUSED},
}


def values_of(name: str) -> list[str]:
    return SENT.get(name, [])


@pytest.mark.parametrize(("names", "headers"), PASSED.values(), ids=PASSED)
def test_what_is_listed_is_passed_on(
    names: tuple[str, ...], headers: tuple[tuple[str, str], ...]
) -> None:
    assert Passthrough(names).headers(values_of) == headers


@pytest.mark.parametrize(("names", "told"), REFUSED_CALLS.values(), ids=REFUSED_CALLS)
def test_a_call_is_refused_for(names: tuple[str, ...], told: str) -> None:
    with pytest.raises(SourceError, match=told) as caught:
        Passthrough(names).headers(values_of)
    assert str(caught.value).startswith("the database was not asked: the request has")
    assert "MCP_PASSTHROUGH_HEADERS" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(("name", "told"), NAMES.values(), ids=NAMES)
def test_a_start_is_refused_for(name: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as caught:
        Passthrough([name])
    text = str(caught.value)
    assert text.startswith("MCP_PASSTHROUGH_HEADERS: ")
    assert "accepted: " in text
    assert "\n" not in text


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
def test_the_token_for_this_server_is_never_passed_on(name: str) -> None:
    assert Passthrough([name]).headers(values_of) == ((name, "Bearer theirs"),)
    with pytest.raises(ValueError, match="the token for this server"):
        Passthrough([name], is_authenticated=True)
