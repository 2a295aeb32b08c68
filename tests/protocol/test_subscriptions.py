"""Filters: what is asked for, what is honoured, who hears of a change."""

from typing import Any

import pytest

from tests.protocol.playbook import CAPABILITIES
from vtmcp.protocol.errors import InvalidParams, InvalidRequest
from vtmcp.protocol.subscriptions import (
    LISTENERS_MAX,
    PROMPTS_CHANGED,
    RESOURCES_CHANGED,
    SUBSCRIPTIONS_MAX,
    TOOLS_CHANGED,
    Change,
    Filter,
    Listeners,
    declares,
    read_filter,
    resource_updated,
)

URI = resource_updated("a://b")
CHANGES = (TOOLS_CHANGED, PROMPTS_CHANGED, RESOURCES_CHANGED, URI, resource_updated("a://c"))
UNWATCHED = {"resources": {"listChanged": True}, "tools": {}}
NOTHING = Filter(frozenset(), frozenset())

FILTERS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[Change, ...], dict[str, Any]]] = {
    # What is asked for, what the server declares, what is heard of it, what is honoured.
    "an empty filter": ({}, CAPABILITIES, (), {}),
    "tools": (
        {"toolsListChanged": True},
        CAPABILITIES,
        (TOOLS_CHANGED,),
        {"toolsListChanged": True},
    ),
    "prompts and resources": (
        {"promptsListChanged": True, "resourcesListChanged": True, "toolsListChanged": False},
        CAPABILITIES,
        (PROMPTS_CHANGED, RESOURCES_CHANGED),
        {"promptsListChanged": True, "resourcesListChanged": True},
    ),
    "a resource": (
        {"resourceSubscriptions": ["a://b"]},
        CAPABILITIES,
        (URI,),
        {"resourceSubscriptions": ["a://b"]},
    ),
    "no resource": ({"resourceSubscriptions": []}, CAPABILITIES, (), {}),
    "what is not declared is left out": (
        {"toolsListChanged": True, "promptsListChanged": True, "resourcesListChanged": True},
        UNWATCHED,
        (RESOURCES_CHANGED,),
        {"resourcesListChanged": True},
    ),
    "resources that cannot be watched are left out": (
        {"resourceSubscriptions": ["a://b"]},
        UNWATCHED,
        (),
        {},
    ),
    "an unknown member is nothing": ({"tasks": ["x"]}, CAPABILITIES, (), {}),
}

NO_FILTERS: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({}, '"notifications" must be an object'),
    "a list": ({"notifications": []}, '"notifications" must be an object'),
    "a text for true": (
        {"notifications": {"toolsListChanged": "true"}},
        '"notifications.toolsListChanged" must be true or false',
    ),
    "one resource for a list": (
        {"notifications": {"resourceSubscriptions": "a://b"}},
        "must be a list of URIs",
    ),
    "a number among the resources": (
        {"notifications": {"resourceSubscriptions": ["a://b", 1]}},
        "must be a list of URIs",
    ),
    "too many resources": (
        {"notifications": {"resourceSubscriptions": ["a://b"] * (SUBSCRIPTIONS_MAX + 1)}},
        f"at most {SUBSCRIPTIONS_MAX} resources",
    ),
}

DECLARED: dict[str, tuple[dict[str, Any], bool]] = {
    "no area": ({}, False),
    "no feature": ({"tools": {}}, False),
    "a feature that is off": ({"tools": {"listChanged": False}}, False),
    "a feature": ({"tools": {"listChanged": True}}, True),
}


@pytest.mark.parametrize(("asked", "declared", "heard", "honoured"), FILTERS.values(), ids=FILTERS)
def test_filters(
    asked: dict[str, Any],
    declared: dict[str, Any],
    heard: tuple[Change, ...],
    honoured: dict[str, Any],
) -> None:
    wanted, told = read_filter({"notifications": asked}, declared)
    assert told == honoured
    assert tuple(change for change in CHANGES if wanted.wants(change)) == heard


@pytest.mark.parametrize(("params", "problem"), NO_FILTERS.values(), ids=NO_FILTERS)
def test_no_filters(params: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidParams, match=problem):
        read_filter(params, CAPABILITIES)


@pytest.mark.parametrize(("capabilities", "said"), DECLARED.values(), ids=DECLARED)
def test_declared_features(capabilities: dict[str, Any], said: bool) -> None:
    assert declares(capabilities, "tools", "listChanged") is said


def test_a_change_of_a_resource_names_it_and_a_change_of_a_list_does_not() -> None:
    assert URI.params() == {"uri": "a://b"}
    assert TOOLS_CHANGED.params() == {}


def test_who_hears() -> None:
    listeners = Listeners()
    tools = Filter(frozenset([TOOLS_CHANGED.method]), frozenset())
    listeners.open(0, tools)
    listeners.open("0", NOTHING)
    listeners.open("a", tools)
    assert listeners.ids() == [0, "0", "a"]
    assert listeners.hearing(TOOLS_CHANGED) == [0, "a"]
    listeners.close(0)
    listeners.close("unknown")
    assert listeners.hearing(TOOLS_CHANGED) == ["a"]


def test_no_more_listeners_than_may_be() -> None:
    listeners = Listeners()
    for number in range(LISTENERS_MAX):
        listeners.open(number, NOTHING)
    with pytest.raises(InvalidRequest, match="cancel one first"):
        listeners.open("one more", NOTHING)
    listeners.close(0)
    listeners.open("one more", NOTHING)
