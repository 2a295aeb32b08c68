"""Fixture tools that ask the client: sampling, elicitation, roots, in one round or several."""

from typing import Any

from vtmcp import Context, Elicitation, Roots, Sampling, Tool
from vtmcp.protocol.questions import Question


def _form(message: str, name: str, kind: str = "string") -> Elicitation:
    schema = {"type": "object", "properties": {name: {"type": kind}}, "required": [name]}
    return Elicitation(message, schema)


def _sampling(prompt: str) -> Sampling:
    message = {"role": "user", "content": {"type": "text", "text": prompt}}
    return Sampling([message], max_tokens=100)


def _sampled_text(answer: dict[str, Any]) -> str:
    content = answer["content"]
    blocks = content if isinstance(content, list) else [content]
    return " ".join(block.get("text", f"[{block.get('type')}]") for block in blocks)


def _filled(answer: dict[str, Any]) -> str:
    values = answer.get("content", {}).values()
    return ", ".join(str(value) for value in values) or str(answer["action"])


class SamplingTool(Tool):
    name = "test_sampling"
    description = "Asks the client's model."
    input_schema = {  # noqa: RUF012
        "type": "object",
        "properties": {"prompt": {"type": "string", "description": "What to ask"}},
        "required": ["prompt"],
    }

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        answer = await context.ask(_sampling(arguments["prompt"]), key="sampling")
        return f"LLM response: {_sampled_text(answer)}"


class _ElicitingTool(Tool):
    """Asks with one form and shows the action and the content of the answer."""

    properties: dict[str, Any]
    required: tuple[str, ...] = ()
    message = "Please fill in the form"

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        schema = {"type": "object", "properties": self.properties}
        if self.required:
            schema["required"] = list(self.required)
        question = Elicitation(arguments.get("message", self.message), schema)
        answer = await context.ask(question, key="elicitation")
        return f"User response: action={answer['action']}, content={answer.get('content', {})}"


class ElicitationTool(_ElicitingTool):
    name = "test_elicitation"
    description = "Asks the user for a name and an address."
    input_schema = {  # noqa: RUF012
        "type": "object",
        "properties": {"message": {"type": "string", "description": "What to show"}},
        "required": ["message"],
    }
    properties = {  # noqa: RUF012
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    }
    required = ("username", "email")


class ElicitationDefaults(_ElicitingTool):
    name = "test_elicitation_sep1034_defaults"
    description = "Asks with a default for each primitive type."
    properties = {  # noqa: RUF012
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {
            "type": "string",
            "enum": ["active", "inactive", "pending"],
            "default": "active",
        },
        "verified": {"type": "boolean", "default": True},
    }


def _titled(*names: str) -> list[dict[str, str]]:
    return [{"const": f"value{number}", "title": name} for number, name in enumerate(names, 1)]


class ElicitationEnums(_ElicitingTool):
    name = "test_elicitation_sep1330_enums"
    description = "Asks with each form of an enumeration."
    properties = {  # noqa: RUF012
        "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
        "titledSingle": {
            "type": "string",
            "oneOf": _titled("First Option", "Second Option", "Third Option"),
        },
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {
            "type": "array",
            "items": {"type": "string", "enum": ["option1", "option2", "option3"]},
        },
        "titledMulti": {
            "type": "array",
            "items": {"anyOf": _titled("First Choice", "Second Choice", "Third Choice")},
        },
    }


class InputElicitation(Tool):
    name = "test_input_required_result_elicitation"
    description = "Asks for a name and greets."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        answer = await context.ask(_form("What is your name?", "name"), key="user_name")
        return f"Hello, {_filled(answer)}!"


class InputSampling(Tool):
    name = "test_input_required_result_sampling"
    description = "Asks the client's model for a capital."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        question = _sampling("What is the capital of France?")
        return _sampled_text(await context.ask(question, key="capital_question"))


class InputRoots(Tool):
    name = "test_input_required_result_list_roots"
    description = "Asks for the client's roots."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        answer = await context.ask(Roots(), key="client_roots")
        return "Roots: " + ", ".join(root["uri"] for root in answer["roots"])


class InputState(Tool):
    name = "test_input_required_result_request_state"
    description = "Asks for a confirmation and checks that its state came back."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        await context.ask(_form("Please confirm", "ok", "boolean"), key="confirm")
        # A state that was altered never gets here: the engine refuses it.
        return "state-ok: confirmed" if context.resumed else "confirmed without a state"


class InputTampered(InputState):
    name = "test_input_required_result_tampered_state"
    description = "Asks for a confirmation; an altered state is an error."


class InputMultiple(Tool):
    name = "test_input_required_result_multiple_inputs"
    description = "Asks for a name, a greeting and the roots at once."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        answers = await context.ask_all(
            {
                "user_name": _form("What is your name?", "name"),
                "greeting": _sampling("Write a greeting"),
                "client_roots": Roots(),
            }
        )
        greeting = _sampled_text(answers["greeting"])
        roots = len(answers["client_roots"]["roots"])
        return f"{greeting} {_filled(answers['user_name'])}, {roots} roots"


class InputRounds(Tool):
    name = "test_input_required_result_multi_round"
    description = "Asks for a name and then, in a second round, for a colour."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        name = await context.ask(_form("Step 1: what is your name?", "name"), key="step1")
        color = await context.ask(_form("Step 2: which color?", "color"), key="step2")
        return f"{_filled(name)} likes {_filled(color)}"


class InputCapabilities(Tool):
    name = "test_input_required_result_capabilities"
    description = "Asks only what the client says it can be asked."

    async def call(self, arguments: dict[str, Any], context: Context) -> str:
        questions: dict[str, Question] = {
            "user_name": _form("What is your name?", "name"),
            "greeting": _sampling("Write a greeting"),
        }
        askable = {key: one for key, one in questions.items() if context.can_ask(one)}
        # With nothing to ask, the first question says which capability is missing.
        answers = await context.ask_all(askable or {"user_name": questions["user_name"]})
        return f"capabilities-ok: {', '.join(answers)}"


TOOLS = (
    SamplingTool(),
    ElicitationTool(),
    ElicitationDefaults(),
    ElicitationEnums(),
    InputElicitation(),
    InputSampling(),
    InputRoots(),
    InputState(),
    InputTampered(),
    InputMultiple(),
    InputRounds(),
    InputCapabilities(),
)
