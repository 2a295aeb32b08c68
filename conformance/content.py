"""Fixture tools that return one kind of content each."""

from typing import Any

from vtmcp import Context, Tool, ToolError, ToolResult, audio, embedded, image, text, text_contents

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJg"
    "gg=="
)
"""One pixel, base64."""

WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
"""A sound of no length, base64."""


class SimpleText(Tool):
    name = "test_simple_text"
    title = "Simple text"
    description = "Returns one text block."
    annotations = {"title": "Simple text", "readOnlyHint": True}  # noqa: RUF012
    icons = [{"src": f"data:image/png;base64,{PNG}", "mimeType": "image/png"}]  # noqa: RUF012

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        return "This is a simple text response for testing."


class ImageContent(Tool):
    name = "test_image_content"
    description = "Returns one image block."

    async def call(self, arguments: dict[str, Any], context: Context) -> ToolResult:
        return ToolResult([image(PNG, "image/png")])


class AudioContent(Tool):
    name = "test_audio_content"
    description = "Returns one audio block."

    async def call(self, arguments: dict[str, Any], context: Context) -> ToolResult:
        return ToolResult([audio(WAV, "audio/wav")])


class EmbeddedResource(Tool):
    name = "test_embedded_resource"
    description = "Returns one embedded resource."

    async def call(self, arguments: dict[str, Any], context: Context) -> ToolResult:
        value = "This is an embedded resource content."
        return ToolResult([embedded(text_contents("test://embedded-resource", value))])


class MultipleContentTypes(Tool):
    name = "test_multiple_content_types"
    description = "Returns a text, an image and an embedded resource."

    async def call(self, arguments: dict[str, Any], context: Context) -> ToolResult:
        data = text_contents(
            "test://mixed-content-resource", '{"test":"data","value":123}', "application/json"
        )
        return ToolResult(
            [text("Multiple content types test:"), image(PNG, "image/png"), embedded(data)]
        )


class ErrorHandling(Tool):
    name = "test_error_handling"
    description = "Always fails."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        raise ToolError("This tool intentionally returns an error for testing")


class JsonSchema(Tool):
    name = "json_schema_2020_12_tool"
    description = "Has an input schema that uses much of JSON Schema 2020-12."
    input_schema = {  # noqa: RUF012
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            }
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": False,
    }

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        return f"Valid: {', '.join(sorted(arguments))}"


TOOLS = (
    SimpleText(),
    ImageContent(),
    AudioContent(),
    EmbeddedResource(),
    MultipleContentTypes(),
    ErrorHandling(),
    JsonSchema(),
)
