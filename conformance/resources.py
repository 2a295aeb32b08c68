"""Fixture resources and the template."""

import json
from collections.abc import Mapping
from typing import Any

from vtmcp import Context, Resource, ResourceTemplate, blob_contents
from vtmcp.conformance.content import PNG


class StaticText(Resource):
    uri = "test://static-text"
    name = "static-text"
    title = "Static text"
    description = "A text that never changes"
    mime_type = "text/plain"

    async def read(self, context: Context) -> str:
        return "This is the content of the static text resource."


class StaticBinary(Resource):
    uri = "test://static-binary"
    name = "static-binary"
    description = "A picture of one pixel"
    mime_type = "image/png"

    async def read(self, context: Context) -> list[dict[str, Any]]:
        return [blob_contents(self.uri, PNG, "image/png")]


class Watched(Resource):
    uri = "test://watched-resource"
    name = "watched-resource"
    description = "A resource to subscribe to"
    mime_type = "text/plain"

    async def read(self, context: Context) -> str:
        return "Watched resource content"


class Data(ResourceTemplate):
    uri_template = "test://template/{id}/data"
    name = "template-data"
    description = "Data by id"
    mime_type = "application/json"

    async def read(self, uri: str, variables: Mapping[str, str], context: Context) -> str:
        found = variables["id"]
        return json.dumps({"id": found, "templateTest": True, "data": f"Data for ID: {found}"})

    async def complete(
        self, argument: str, value: str, arguments: Mapping[str, str], context: Context
    ) -> list[str]:
        return [one for one in ("123", "124", "200") if one.startswith(value)]


RESOURCES = (StaticText(), StaticBinary(), Watched())
TEMPLATES = (Data(),)
