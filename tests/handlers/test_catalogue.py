"""What is offered: in order, once each, by name, alias or URI."""

from typing import Any

import pytest

from vtmcp.handlers.base import Prompt, Resource, ResourceTemplate, Tool
from vtmcp.handlers.catalogue import Catalogue
from vtmcp.protocol.errors import LocalProtocolError
from vtmcp.protocol.subscriptions import PROMPTS_CHANGED, RESOURCES_CHANGED, TOOLS_CHANGED, Change

Handler = Tool | Prompt | Resource | ResourceTemplate


def tool(name: str, *aliases: str) -> Tool:
    made: Tool = type("Made", (Tool,), {"name": name, "aliases": aliases})()
    return made


def prompt(name: str) -> Prompt:
    made: Prompt = type("Made", (Prompt,), {"name": name})()
    return made


def resource(uri: str) -> Resource:
    made: Resource = type("Made", (Resource,), {"uri": uri, "name": uri})()
    return made


def template(pattern: str) -> ResourceTemplate:
    made: ResourceTemplate = type(
        "Made", (ResourceTemplate,), {"uri_template": pattern, "name": pattern}
    )()
    return made


CHANGED: dict[str, tuple[Handler, Change]] = {
    "a tool": (tool("t"), TOOLS_CHANGED),
    "a prompt": (prompt("p"), PROMPTS_CHANGED),
    "a resource": (resource("a://b"), RESOURCES_CHANGED),
    "a template": (template("a://{b}"), RESOURCES_CHANGED),
}

TWICE: dict[str, tuple[Handler, Handler]] = {
    "a tool's name": (tool("t"), tool("t")),
    "an alias that is a name": (tool("t"), tool("u", "t")),
    "a name that is an alias": (tool("t", "u"), tool("u")),
    "an alias of two tools": (tool("t", "v"), tool("u", "v")),
    "a prompt's name": (prompt("p"), prompt("p")),
    "a uri": (resource("a://b"), resource("a://b")),
    "a pattern": (template("a://{b}"), template("a://{b}")),
}

LISTED = {"listChanged": True}

CAPABILITIES: dict[str, tuple[Catalogue, dict[str, Any]]] = {
    "nothing": (Catalogue(), {}),
    "tools": (Catalogue(tools=[tool("t")]), {"tools": LISTED}),
    "prompts": (Catalogue(prompts=[prompt("p")]), {"prompts": LISTED, "completions": {}}),
    "resources": (Catalogue(resources=[resource("a://b")]), {"resources": LISTED}),
    "resources that come later": (Catalogue(resources=lambda: []), {"resources": LISTED}),
    "templates": (
        Catalogue(templates=[template("a://{b}")]),
        {"resources": LISTED, "completions": {}},
    ),
}


@pytest.mark.parametrize(("handler", "change"), CHANGED.values(), ids=CHANGED)
def test_to_offer_one_more_is_a_change(handler: Handler, change: Change) -> None:
    assert Catalogue().add(handler) == change


@pytest.mark.parametrize(("first", "second"), TWICE.values(), ids=TWICE)
def test_nothing_is_offered_twice(first: Handler, second: Handler) -> None:
    catalogue = Catalogue()
    catalogue.add(first)
    with pytest.raises(LocalProtocolError, match="is offered twice"):
        catalogue.add(second)


def test_a_tool_that_is_refused_leaves_nothing_behind() -> None:
    catalogue = Catalogue(tools=[tool("t")])
    with pytest.raises(LocalProtocolError):
        catalogue.add(tool("u", "v", "t"))
    assert list(catalogue.tools) == ["t"]
    assert catalogue.tool("v") is None


@pytest.mark.parametrize(("catalogue", "declared"), CAPABILITIES.values(), ids=CAPABILITIES)
def test_capabilities(catalogue: Catalogue, declared: dict[str, Any]) -> None:
    assert catalogue.capabilities() == declared


def test_the_order_is_that_in_which_things_came() -> None:
    catalogue = Catalogue(tools=[tool("b"), tool("a")], prompts=[prompt("z"), prompt("y")])
    catalogue.add(tool("0"))
    assert list(catalogue.tools) == ["b", "a", "0"]
    assert list(catalogue.prompts) == ["z", "y"]


def test_a_tool_has_its_name_and_its_older_ones() -> None:
    new = tool("new", "old", "older")
    catalogue = Catalogue(tools=[new])
    assert [catalogue.tool(name) for name in ("new", "old", "older", "oldest")] == [
        new,
        new,
        new,
        None,
    ]


def test_a_removed_tool_frees_its_names() -> None:
    catalogue = Catalogue(tools=[tool("new", "old")])
    assert catalogue.remove_tool("new") == TOOLS_CHANGED
    assert catalogue.tool("new") is None
    assert catalogue.tool("old") is None
    catalogue.add(tool("old", "new"))


def test_resources_given_as_a_function_are_made_once_and_late() -> None:
    made: list[int] = []

    def later() -> list[Resource]:
        made.append(1)
        return [resource("a://b"), resource("a://c")]

    catalogue = Catalogue(resources=later)
    catalogue.capabilities()
    assert not made
    assert list(catalogue.resources) == ["a://b", "a://c"]
    catalogue.add(resource("a://d"))
    assert list(catalogue.resources) == ["a://b", "a://c", "a://d"]
    assert len(made) == 1


def test_a_resource_that_is_added_comes_after_those_of_the_function() -> None:
    catalogue = Catalogue(resources=lambda: [resource("a://b")])
    catalogue.add(resource("a://c"))
    assert list(catalogue.resources) == ["a://b", "a://c"]


def test_a_function_that_failed_is_asked_again() -> None:
    failures = [OSError("not there yet")]

    def later() -> list[Resource]:
        if failures:
            raise failures.pop()
        return [resource("a://b")]

    catalogue = Catalogue(resources=later)
    with pytest.raises(OSError, match="not there yet"):
        len(catalogue.resources)
    assert list(catalogue.resources) == ["a://b"]


def test_a_schema_that_is_not_of_an_object_is_refused_at_once() -> None:
    wrong = type("Made", (Tool,), {"name": "t", "input_schema": {}})()
    with pytest.raises(LocalProtocolError, match='"type": "object"'):
        Catalogue(tools=[wrong])
