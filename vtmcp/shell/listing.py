"""Tools and resources as lists, and one tool in full.

Everything here was said by a server, so each text goes through `one_line`, or through the
terminal's `harmless`. Must not be here: how they were asked for.
"""

import textwrap
from typing import Any

from vtmcp.protocol.messages import Json
from vtmcp.shell.kinds import Kind, Parameter, parameters_of, told
from vtmcp.shell.terminal import BOLD, DIM, Terminal, one_line

WIDTH = 100
"""How wide a line may be, where the terminal does not say."""

SENTENCE_CHARS_MAX = 96
"""How much of a description stands in a list."""


def tools_text(tools: list[Json], terminal: Terminal) -> str:
    """Each tool with a sentence and its parameters."""
    if not tools:
        return "The server has no tools.\n"
    lines = []
    for tool in tools:
        parameters = parameters_of(tool.get("inputSchema"))
        lines.append(terminal.styled(one_line(str(tool["name"])), BOLD))
        lines.append(f"  {first_sentence(_text(tool, 'description') or _text(tool, 'title'))}")
        if parameters:
            lines += _wrapped(" ".join(map(_usage, parameters.values())), "  ", terminal)
    return "\n".join([*lines, "", "vtmcp tools NAME shows one in full.", ""])


def tool_text(tool: Json, terminal: Terminal) -> str:
    """One tool with all that it says of itself."""
    parameters = parameters_of(tool.get("inputSchema"))
    name = one_line(str(tool["name"]))
    title = _text(tool, "title")
    heading = f"{name}: {one_line(title)}" if title else name
    lines = [terminal.styled(heading, BOLD), ""]
    for paragraph in _text(tool, "description").splitlines():
        lines += textwrap.wrap(one_line(paragraph), WIDTH)
    usage = " ".join(_usage(each) for each in parameters.values() if each.is_required)
    lines += ["", f"vtmcp call {name} {usage}".rstrip()]
    for each in parameters.values():
        needed = " (required)" if each.is_required else ""
        kind = one_line(told(each.kind, each.schema))
        lines += ["", f"{terminal.styled(f'--{one_line(each.name)}', BOLD)}  {kind}{needed}"]
        lines += textwrap.wrap(
            one_line(each.description), WIDTH, initial_indent="    ", subsequent_indent="    "
        )
    hints = _hints(tool)
    return "\n".join([*lines, *(["", terminal.styled(hints, DIM)] if hints else []), ""])


def resources_text(resources: list[Json], templates: list[Json], terminal: Terminal) -> str:
    """The addresses that can be read, with a name or a sentence each."""
    rows = [
        (one_line(_text(each, "uri") or _text(each, "uriTemplate")), _label(each))
        for each in (*resources, *templates)
    ]
    width = min(max((len(uri) for uri, _ in rows), default=0), WIDTH // 2)
    return "".join(f"{terminal.styled(uri.ljust(width), BOLD)}  {label}\n" for uri, label in rows)


def first_sentence(text: str) -> str:
    """The first sentence of a description, on one line and cut."""
    line = one_line(text)
    sentence = line.partition(". ")[0].removesuffix(".")
    if len(sentence) > SENTENCE_CHARS_MAX:
        return f"{sentence[: SENTENCE_CHARS_MAX - 3]}..."
    return sentence


def _usage(parameter: Parameter) -> str:
    name = f"--{one_line(parameter.name)}"
    if not parameter.is_flag:
        name = f"{name} {_value(parameter.kind)}"
    return name if parameter.is_required else f"[{name}]"


def _value(kind: Kind) -> str:
    if kind.choices:
        return one_line("|".join(map(str, kind.choices)))
    if kind.types == ("object",):
        return "NAME=VALUE"
    return one_line("|".join(kind.types) or "value").upper()


def _wrapped(text: str, indent: str, terminal: Terminal) -> list[str]:
    lines = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
    return [terminal.styled(line, DIM) for line in lines]


def _hints(tool: Json) -> str:
    annotations = tool.get("annotations")
    if not isinstance(annotations, dict):
        return ""
    if annotations.get("readOnlyHint") is True:
        return "It says that it only reads."
    if annotations.get("destructiveHint") is True:
        return "It says that it may destroy something."
    return ""


def _label(each: Json) -> str:
    return first_sentence(_text(each, "title") or _text(each, "description") or _text(each, "name"))


def _text(each: Json, member: str) -> str:
    value: Any = each.get(member)
    return value if isinstance(value, str) else ""
