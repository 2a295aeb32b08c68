"""Fixture prompts."""

from collections.abc import Mapping
from typing import Any

from vtmcp import Context, Elicitation, Prompt, embedded, image, text, text_contents
from vtmcp.conformance.content import PNG


def _user(content: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": content}


class SimplePrompt(Prompt):
    name = "test_simple_prompt"
    title = "Simple prompt"
    description = "A prompt without arguments"

    async def get(self, arguments: Mapping[str, str], context: Context) -> str:
        return "This is a simple prompt for testing."


class PromptWithArguments(Prompt):
    name = "test_prompt_with_arguments"
    description = "A prompt with two arguments"
    arguments = (
        {"name": "arg1", "title": "First", "description": "First argument", "required": True},
        {"name": "arg2", "title": "Second", "description": "Second argument", "required": True},
    )

    async def get(self, arguments: Mapping[str, str], context: Context) -> str:
        return f"Prompt with arguments: arg1='{arguments['arg1']}', arg2='{arguments['arg2']}'"

    async def complete(
        self, argument: str, value: str, arguments: Mapping[str, str], context: Context
    ) -> list[str]:
        # The second argument's values follow the first one's, so that context can be seen to work.
        prefix = arguments.get("arg1", "") if argument == "arg2" else ""
        values = [prefix + one for one in ("paris", "park", "party")]
        return [one for one in values if one.startswith(value)]


class PromptWithEmbeddedResource(Prompt):
    name = "test_prompt_with_embedded_resource"
    description = "A prompt with an embedded resource"
    arguments = (
        {"name": "resourceUri", "description": "URI of the resource to embed", "required": True},
    )

    async def get(self, arguments: Mapping[str, str], context: Context) -> list[dict[str, Any]]:
        value = "Embedded resource content for testing."
        contents = text_contents(arguments["resourceUri"], value)
        return [
            _user(embedded(contents)),
            _user(text("Please process the embedded resource above.")),
        ]


class PromptWithImage(Prompt):
    name = "test_prompt_with_image"
    description = "A prompt with an image"

    async def get(self, arguments: Mapping[str, str], context: Context) -> list[dict[str, Any]]:
        return [_user(image(PNG, "image/png")), _user(text("Please analyze the image above."))]


class InputRequiredPrompt(Prompt):
    name = "test_input_required_result_prompt"
    description = "A prompt that asks for its context first"

    async def get(self, arguments: Mapping[str, str], context: Context) -> str:
        schema = {
            "type": "object",
            "properties": {"context": {"type": "string"}},
            "required": ["context"],
        }
        answer = await context.ask(Elicitation("What is the context?", schema), key="user_context")
        return f"Use this context: {answer.get('content', {}).get('context', 'none')}"


PROMPTS = (
    SimplePrompt(),
    PromptWithArguments(),
    PromptWithEmbeddedResource(),
    PromptWithImage(),
    InputRequiredPrompt(),
)
