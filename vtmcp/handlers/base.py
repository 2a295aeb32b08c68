"""The classes that an embedder subclasses: Tool, Prompt, Resource, ResourceTemplate.

A handler sees checked arguments and a `Context`. It never sees JSON-RPC, a transport or the
environment. Field names are those of the MCP specification, in the newest revision's form.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from vtmcp.handlers.context import Context
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import ToolResult
from vtmcp.protocol.schema import ArgumentCheck

NO_ARGUMENTS: Json = {"type": "object", "properties": {}, "additionalProperties": False}

READ_ONLY: Json = {
    "readOnlyHint": True,
    "destructiveHint": False,
    "idempotentHint": True,
    "openWorldHint": True,
}
"""Tool annotations for a tool that only reads; what it reads may come from strangers."""


class Tool:
    """A tool that the model may call (MCP, server/tools)."""

    name: str
    description: str = ""
    title: str | None = None
    input_schema: Json = NO_ARGUMENTS
    output_schema: Json | None = None
    annotations: Json | None = None
    icons: list[Json] | None = None
    execution: Json | None = None
    meta: Json | None = None
    aliases: ClassVar[tuple[str, ...]] = ()
    """Older names that are accepted in calls and not listed."""

    async def call(self, arguments: Json, context: Context) -> ToolResult | str:
        """Do it. `arguments` are valid under `input_schema`.

        Raise `ToolError` with a text for the model when it cannot be done.
        """
        raise NotImplementedError

    def prepare(self, arguments: Json) -> Json:
        """Change arguments before they are checked; by default they are checked as they came."""
        return arguments

    def check(self) -> ArgumentCheck:
        """The check of this tool's arguments, made once."""
        found: ArgumentCheck | None = self.__dict__.get("_check")
        if found is None:
            found = self.__dict__["_check"] = ArgumentCheck(self.input_schema)
        return found

    def headers(self) -> Mapping[tuple[str, ...], str]:
        """The headers that repeat arguments over HTTP (`x-mcp-header`), by path; found once."""
        found: Mapping[tuple[str, ...], str] | None = self.__dict__.get("_headers")
        if found is None:
            from vtmcp.protocol.headers import parameter_headers  # noqa: PLC0415 - HTTP only

            found = self.__dict__["_headers"] = parameter_headers(self.input_schema)
        return found

    def declare(self) -> Json:
        """The tool as `tools/list` shows it."""
        declared = {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "outputSchema": self.output_schema,
            "annotations": self.annotations,
            "icons": self.icons,
            "execution": self.execution,
            "_meta": self.meta,
        }
        return _present(declared)

    def declare_to(self, context: Context) -> Json:
        """The tool as `tools/list` shows it to one caller; by default, as to all."""
        return self.declare()


class Prompt:
    """A prompt that the user may pick (MCP, server/prompts)."""

    name: str
    description: str = ""
    title: str | None = None
    arguments: ClassVar[tuple[Json, ...]] = ()
    """Each `{name, description?, title?, required?}`."""
    icons: list[Json] | None = None
    meta: Json | None = None

    async def get(self, arguments: Mapping[str, str], context: Context) -> list[Json] | str:
        """The messages, each `{role, content}`; a plain text stands for one user message."""
        raise NotImplementedError

    async def complete(
        self, argument: str, value: str, arguments: Mapping[str, str], context: Context
    ) -> list[str]:
        """Values for `argument` that go with what was typed; `arguments` are those known."""
        return []

    def declare(self) -> Json:
        """The prompt as `prompts/list` shows it."""
        declared = {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "arguments": list(self.arguments) or None,
            "icons": self.icons,
            "_meta": self.meta,
        }
        return _present(declared)


class Resource:
    """One thing to read, at a fixed URI (MCP, server/resources)."""

    uri: str
    name: str
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None
    size: int | None = None
    annotations: Json | None = None
    icons: list[Json] | None = None
    meta: Json | None = None

    async def read(self, context: Context) -> list[Json] | str:
        """The contents (see `text_contents`, `blob_contents`); a plain text stands for one."""
        raise NotImplementedError

    def declare(self) -> Json:
        """The resource as `resources/list` shows it."""
        declared = {"uri": self.uri, **_resource_fields(self), "size": self.size}
        return _present(declared)


class ResourceTemplate:
    """Many things to read, at URIs of one pattern with variables (RFC 6570, levels 1 and 2).

    `{name}` stands for one part between slashes, `{+name}` for any number of them.
    """

    uri_template: str
    name: str
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None
    annotations: Json | None = None
    icons: list[Json] | None = None
    meta: Json | None = None

    async def read(
        self, uri: str, variables: Mapping[str, str], context: Context
    ) -> list[Json] | str | None:
        """The contents at `uri`, or None when nothing is there."""
        raise NotImplementedError

    async def complete(
        self, argument: str, value: str, arguments: Mapping[str, str], context: Context
    ) -> list[str]:
        """Values for the variable `argument` that go with what was typed."""
        return []

    @property
    def variables(self) -> list[str]:
        """The names in the template."""
        return re.findall(r"\{\+?([^{}]+)\}", self.uri_template)

    def match(self, uri: str) -> dict[str, str] | None:
        """The template's variables in `uri`, percent-decoded, or None when it does not fit."""
        from urllib.parse import unquote  # noqa: PLC0415 - first read only

        # Split at a pattern with one group, every second part is a variable.
        parts = re.split(r"\{(\+?[^{}]+)\}", self.uri_template)
        pattern = "".join(
            _group(part) if index % 2 else re.escape(part) for index, part in enumerate(parts)
        )
        found = re.fullmatch(pattern, uri)
        if found is None:
            return None
        return dict(zip(self.variables, map(unquote, found.groups()), strict=True))

    def declare(self) -> Json:
        """The template as `resources/templates/list` shows it."""
        return _present({"uriTemplate": self.uri_template, **_resource_fields(self)})


def _group(variable: str) -> str:
    return "([^?#]+)" if variable.startswith("+") else "([^/?#]+)"


def _resource_fields(of: Resource | ResourceTemplate) -> Json:
    return {
        "name": of.name,
        "title": of.title,
        "description": of.description,
        "mimeType": of.mime_type,
        "annotations": of.annotations,
        "icons": of.icons,
        "_meta": of.meta,
    }


def _present(declared: dict[str, Any]) -> Json:
    return {name: value for name, value in declared.items() if value is not None}
