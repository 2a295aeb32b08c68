"""What a server offers, in the order in which it is listed. Names and URIs are unique.

Must not be here: how a list is cut into pages, or how a handler is run.
"""

from collections.abc import Callable, Iterable
from typing import Any

from vtmcp.handlers.base import Prompt, Resource, ResourceTemplate, Tool
from vtmcp.protocol.errors import LocalProtocolError
from vtmcp.protocol.messages import Json
from vtmcp.protocol.subscriptions import (
    PROMPTS_CHANGED,
    RESOURCES_CHANGED,
    TOOLS_CHANGED,
    Change,
)


class Catalogue:
    """Tools, prompts, resources and templates by name, URI or pattern."""

    def __init__(
        self,
        *,
        tools: Iterable[Tool] = (),
        prompts: Iterable[Prompt] = (),
        resources: Iterable[Resource] | Callable[[], Iterable[Resource]] = (),
        templates: Iterable[ResourceTemplate] = (),
    ) -> None:
        self.tools: dict[str, Tool] = {}
        self.prompts: dict[str, Prompt] = {}
        self.templates: dict[str, ResourceTemplate] = {}
        self._resources: dict[str, Resource] = {}
        self._later: Callable[[], Iterable[Resource]] | None = None
        self._aliases: dict[str, str] = {}
        if callable(resources):
            self._later, resources = resources, ()
        handlers: list[Tool | Prompt | Resource | ResourceTemplate]
        handlers = [*tools, *prompts, *resources, *templates]
        for handler in handlers:
            self.add(handler)

    @property
    def resources(self) -> dict[str, Resource]:
        """Resources by URI; those given as a function are made when they are first needed."""
        if self._later is not None:
            made = list(self._later())
            self._later = None
            for resource in made:
                self.add(resource)
        return self._resources

    def add(self, handler: Tool | Prompt | Resource | ResourceTemplate) -> Change:
        """Offer one more. Returns the change that listeners should hear of.

        Raises `LocalProtocolError` when the name, alias or URI is taken.
        """
        match handler:
            case Tool():
                handler.check()
                for name in (handler.name, *handler.aliases):
                    self._refuse_twice(name, self.tools.keys() | self._aliases.keys())
                self.tools[handler.name] = handler
                self._aliases.update(dict.fromkeys(handler.aliases, handler.name))
                return TOOLS_CHANGED
            case Prompt():
                self._put(self.prompts, handler.name, handler)
                return PROMPTS_CHANGED
            case Resource():
                self._put(self.resources, handler.uri, handler)
            case ResourceTemplate():
                self._put(self.templates, handler.uri_template, handler)
        return RESOURCES_CHANGED

    def remove_tool(self, name: str) -> Change:
        """Offer a tool no longer."""
        tool = self.tools.pop(name)
        for alias in tool.aliases:
            del self._aliases[alias]
        return TOOLS_CHANGED

    def tool(self, name: str) -> Tool | None:
        """The tool of that name or alias."""
        return self.tools.get(self._aliases.get(name, name))

    def capabilities(self) -> Json:
        """The `ServerCapabilities` for what is here."""
        found: Json = {}
        if self.tools:
            found["tools"] = {"listChanged": True}
        if self.prompts:
            found["prompts"] = {"listChanged": True}
        if self._later or self._resources or self.templates:
            found["resources"] = {"listChanged": True}
        if self.prompts or self.templates:
            found["completions"] = {}
        return found

    def _put(self, shelf: dict[str, Any], name: str, handler: object) -> None:
        self._refuse_twice(name, shelf.keys())
        shelf[name] = handler

    @staticmethod
    def _refuse_twice(name: str, taken: Iterable[str]) -> None:
        if name in taken:
            raise LocalProtocolError(f"{name!r} is offered twice")
