"""The question about a token, and what the answer means."""

from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest

from vtmcp.access.introspection import (
    INVALID,
    NAME_CHARS_MAX,
    SKEW_S,
    Expected,
    Grant,
    canonical,
    credentials,
    question,
    read_answer,
)

RESOURCE = "https://mcp.example/mcp"
ISSUER = "https://issuer.example"
NOW_S = 1_000.0


def read(**members: Any) -> Grant:
    """The grant of an answer that is good but for these members; None leaves one out."""
    good = {"active": True, "aud": RESOURCE, "sub": "bob", "iss": ISSUER, "exp": 2_000}
    answer = {key: value for key, value in {**good, **members}.items() if value is not None}
    return read_answer(orjson.dumps(answer), Expected(RESOURCE, ISSUER), NOW_S)


BOB = Grant("user:bob", frozenset(), 2_000.0)

VALID: dict[str, tuple[dict[str, Any], Grant]] = {
    "a usual answer": ({}, BOB),
    "scopes": (
        {"scope": "a b  a"},
        BOB._replace(scopes=frozenset({"a", "b"})),
    ),
    "scopes that are no text count for none": ({"scope": ["a"]}, BOB),
    "us among others": ({"aud": ["https://other.example", RESOURCE]}, BOB),
    "us in another spelling": ({"aud": "HTTPS://MCP.Example/mcp/"}, BOB),
    "no expiry": ({"exp": None}, BOB._replace(until_s=0.0)),
    "an expiry with a fraction": ({"exp": 1000.5}, BOB._replace(until_s=1000.5)),
    "no issuer": ({"iss": None}, BOB),
    "a type": ({"token_type": "bearer"}, BOB),
    "a client without a user": (
        {"sub": None, "client_id": "batch"},
        BOB._replace(caller="client:batch"),
    ),
    "a user before its client": ({"client_id": "app"}, BOB),
    "the longest name": (
        {"sub": "b" * NAME_CHARS_MAX},
        BOB._replace(caller="user:" + "b" * NAME_CHARS_MAX),
    ),
    "a start that another clock has not reached": ({"nbf": NOW_S + SKEW_S}, BOB),
}


@pytest.mark.parametrize(("members", "grant"), VALID.values(), ids=VALID)
def test_a_token_is_valid_by(members: dict[str, Any], grant: Grant) -> None:
    assert read(**members) == grant


REFUSED: dict[str, dict[str, Any]] = {
    "not active": {"active": False},
    "no audience": {"aud": None},
    "another audience": {"aud": "https://other.example/mcp"},
    "an audience that begins like us": {"aud": RESOURCE + "2"},
    "an audience above us": {"aud": "https://mcp.example"},
    "an audience with a query": {"aud": RESOURCE + "?a"},
    "an audience with a fragment": {"aud": RESOURCE + "#a"},
    "an audience that is no URL": {"aud": "https://["},
    "an empty audience": {"aud": []},
    "audiences that are no texts": {"aud": [1, {"aud": RESOURCE}]},
    "expired": {"exp": 999},
    "expiring now": {"exp": NOW_S},
    "no time of expiry": {"exp": "2000"},
    "a word of expiry": {"exp": True},
    "not begun": {"nbf": NOW_S + SKEW_S + 1},
    "a start that is no time": {"nbf": "0"},
    "another issuer": {"iss": "https://issuer.example.evil"},
    "bound to a key of its holder": {"cnf": {"jkt": "a"}},
    "another kind of token": {"token_type": "DPoP"},
    "a kind that is no text": {"token_type": 1},
}


@pytest.mark.parametrize("members", REFUSED.values(), ids=REFUSED)
def test_a_token_is_refused_that_is(members: dict[str, Any]) -> None:
    assert read(**members) == INVALID


NAMELESS: dict[str, dict[str, Any]] = {
    "no name": {"sub": None},
    "an empty name": {"sub": ""},
    "a name that is no text": {"sub": 7},
    "an endless name": {"sub": "b" * (NAME_CHARS_MAX + 1)},
}


@pytest.mark.parametrize("members", NAMELESS.values(), ids=NAMELESS)
def test_a_token_of_nobody_is_refused(members: dict[str, Any]) -> None:
    assert not read(**members).caller


NO_ANSWERS = {
    "no JSON": (b"<html>", "no JSON"),
    "nothing": (b"", "no JSON"),
    "a list": (b"[]", 'no "active"'),
    "no word on it": (b"{}", 'no "active"'),
    "a number for it": (b'{"active":1}', 'no "active"'),
    "a text for it": (b'{"active":"true"}', 'no "active"'),
}


@pytest.mark.parametrize(("body", "fault"), NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_an_answer_is_none_that_holds(body: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=f"^{fault}$"):
        read_answer(body, Expected(RESOURCE), NOW_S)


def test_without_an_issuer_each_is_believed() -> None:
    answer = orjson.dumps({"active": True, "aud": RESOURCE, "sub": "bob", "iss": "any"})
    assert read_answer(answer, Expected(RESOURCE), NOW_S).caller == "user:bob"


def test_the_question_holds_the_token_and_nothing_else_can_be_added_by_it() -> None:
    form = question("a&client_id=evil +%")
    assert parse_qs(form.decode()) == {
        "token": ["a&client_id=evil +%"],
        "token_type_hint": ["access_token"],
    }


def test_credentials_are_encoded_before_they_are_joined() -> None:
    scheme, _, text = credentials("a:b", "p w\xe9:").partition(" ")
    assert scheme == "Basic"
    assert b64decode(text) == b"a%3Ab:p+w%C3%A9%3A"


URIS = {
    "HTTPS://MCP.Example:443/Mcp/": "https://mcp.example:443/Mcp",
    "https://mcp.example/": "https://mcp.example",
    "https://mcp.example": "https://mcp.example",
}


@pytest.mark.parametrize(("uri", "expected"), URIS.items())
def test_a_resource_has_one_spelling(uri: str, expected: str) -> None:
    assert canonical(uri) == expected
