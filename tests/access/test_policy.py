"""The policy file: what it says, and what is wrong with it."""

from hashlib import sha256

import pytest

from vtmcp.access import policy
from vtmcp.access.permissions import EVERYTHING, Permissions
from vtmcp.access.policy import Policy, Rule, read_policy
from vtmcp.access.tokens import TokenHash
from vtmcp.traces.tenant import parse_tenant

ONE, TWO = (sha256(text).hexdigest() for text in (b"one", b"two"))


def read(text: str | bytes) -> Policy:
    data = text if isinstance(text, bytes) else text.encode()
    return read_policy(data, read_tenant=lambda tenant: str(parse_tenant(tenant)))


def caller(name: str = "agent", **lines: str) -> str:
    """One table, with a token and all rights unless the lines say otherwise."""
    usual = {"token_sha256": f'"{ONE}"', "tools": '["*"]', "tenants": '["*"]'}
    kept = {key: value for key, value in {**usual, **lines}.items() if value}
    return "\n".join(
        [f"[callers.{name}]", *(f"{key} = {value}" for key, value in kept.items()), ""]
    )


FULL = f"""
[callers.shop-agent]
token_sha256 = ["{ONE}", "{TWO.upper()}"]
tools = ["traces", "trace"]
tenants = ["7", "8:3"]
deployments = ["eu"]
calls_per_minute = 60
calls_at_once = 4

[callers."a.b@example"]
subjects = ["bob", "*"]
clients = "batch"
tools = "*"
tenants = "*"
"""


def test_a_policy_says_who_may_do_what() -> None:
    found = read(FULL)
    agent = Rule(
        Permissions(frozenset({"traces", "trace"}), frozenset({"7:0", "8:3"}), frozenset({"eu"})),
        calls_per_minute=60,
        calls_at_once=4,
    )
    people = Rule(EVERYTHING.__class__(EVERYTHING.tools, EVERYTHING.tenants))
    assert found.hashes == (
        TokenHash(bytes.fromhex(ONE), "shop-agent"),
        TokenHash(bytes.fromhex(TWO), "shop-agent"),
    )
    assert found.rules == {
        "shop-agent": agent,
        **dict.fromkeys(("a.b@example", "user:bob", "user:*", "client:batch"), people),
    }


RULES = {
    "the caller of a token": ("shop-agent", True),
    "a subject that is named": ("user:bob", True),
    "any other subject, where all are": ("user:eve", True),
    "a client that is named": ("client:batch", True),
    "another client": ("client:eve", False),
    "another caller": ("eve", False),
    "nobody": ("", False),
    "the mark for all": ("*", False),
    "a subject that is called like a caller": ("user:shop-agent", True),
}


@pytest.mark.parametrize(("name", "known"), RULES.values(), ids=RULES)
def test_a_rule_is_found_for(name: str, known: bool) -> None:
    found = read(FULL).rule(name)
    assert (found is not None) is known
    assert name == "shop-agent" or found is None or found.calls_at_once is None


_NAME = "is not a name for a caller; accepted: 1 to 64 of A-Z a-z 0-9 _ . @ + -, and not bearer"
_LIST = 'is not a list of texts; accepted: a list such as ["a", "b"]'
_MUST = 'accepted: a list of names, or ["*"] for all'
_ALL_KEYS = (
    "token_sha256, subjects, clients, tools, tenants, deployments, calls_per_minute, calls_at_once"
)

FAULTS: dict[str, tuple[str | bytes, str]] = {
    "no UTF-8": (b"\xff", "is not UTF-8; accepted: TOML"),
    "no TOML": ("[callers.a]\nsecret secret", "is not TOML at line 2, column 8"),
    "TOML that breaks off": ('a = "secret', "is not TOML at its end"),
    "endless nesting": ("a = " + "[" * 5_000, "is nested too deeply; accepted: TOML"),
    "an empty file": ("", "must hold tables [callers.NAME] and nothing else"),
    "no caller": ("[callers]", "must hold tables [callers.NAME] and nothing else"),
    "another table": (
        caller() + "[caller.b]",
        "must hold tables [callers.NAME] and nothing else",
    ),
    "callers that are none": ("callers = 1", "must hold tables [callers.NAME] and nothing else"),
    "a name with a colon": (caller('"user:a"'), f"caller 'user:a': {_NAME}"),
    "a name with a line break": (caller('"a\\nb"'), f"caller 'a\\nb': {_NAME}"),
    "a token in place of a name": (caller('"s3cret/"'), f"caller (not shown): {_NAME}"),
    "a token in place of a key": (
        caller(s3cret='"x"'),
        f"caller agent: has the unknown key (not shown); accepted: {_ALL_KEYS}",
    ),
    "the name of the one token": (caller("bearer"), f"caller 'bearer': {_NAME}"),
    "an empty name": (caller('""'), f"caller '': {_NAME}"),
    "a caller that is no table": (
        "callers.agent = 1",
        "caller agent: is not a table; accepted: [callers.agent]",
    ),
    "an unknown key": (
        caller(tool='["*"]'),
        f"caller agent: has the unknown key 'tool'; accepted: {_ALL_KEYS}",
    ),
    "no tools": (caller(tools=""), f"caller agent: tools is missing; {_MUST}"),
    "no tenants": (caller(tenants=""), f"caller agent: tenants is missing; {_MUST}"),
    "tools that are no list": (caller(tools="1"), f"caller agent: tools {_LIST}"),
    "a tool that is no text": (caller(tools='["a", 1]'), f"caller agent: tools {_LIST}"),
    "a tool without a name": (caller(tools='[""]'), f"caller agent: tools {_LIST}"),
    "a tenant that is none": (
        caller(tenants='["secret"]'),
        'caller agent: tenants holds what is no tenant; accepted: ["*"], or a list of tenants,'
        " each as a call may name it",
    ),
    "a token in place of its hash": (
        caller(token_sha256='"secret"'),
        "caller agent: token_sha256 is not a SHA-256; accepted: 64 hexadecimal digits, or a list",
    ),
    "no way in": (
        caller(token_sha256=""),
        "caller agent: has none of token_sha256, subjects and clients; accepted: one of them",
    ),
    "two callers with one token": (
        caller("a") + caller("b"),
        "caller b: token_sha256 is there already; accepted: a token for each caller",
    ),
    "two callers with one subject": (
        caller("a", subjects='"bob"') + caller("b", token_sha256="", subjects='"bob"'),
        "caller b: names a subject or client again; accepted: each of them once",
    ),
    "a rate of nothing": (
        caller(calls_per_minute="0"),
        "caller agent: calls_per_minute is out of range; accepted: a whole number from 1 to"
        " 1000000",
    ),
    "a rate that is no number": (
        caller(calls_at_once="true"),
        "caller agent: calls_at_once is out of range; accepted: a whole number from 1 to 10000",
    ),
    "a fraction": (
        caller(calls_at_once="1.5"),
        "caller agent: calls_at_once is out of range; accepted: a whole number from 1 to 10000",
    ),
    "too large a rate": (
        caller(calls_per_minute="1000001"),
        "caller agent: calls_per_minute is out of range; accepted: a whole number from 1 to"
        " 1000000",
    ),
}


@pytest.mark.parametrize(("text", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_policy_is_refused_for(text: str | bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read(text)
    told = str(caught.value).removeprefix("is wrong: ")
    assert told == fault
    assert "secret" not in told


def test_callers_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "CALLERS_MAX", 1)
    assert len(read(caller()).hashes) == 1
    with pytest.raises(ValueError, match="names 2 callers; accepted: up to 1"):
        read(caller("a") + caller("b", token_sha256=f'"{TWO}"'))
