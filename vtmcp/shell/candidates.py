"""`vtmcp __complete WORDS...`: what the last word may become, one a line, a tab, what it is.

It answers from the code alone, within the time of a key press: no network, no settings, no child.
So a server that the words name has no completions of its own. Must not be here: a shell's script.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from vtmcp.handlers.tools import tool_classes
from vtmcp.handlers.trace_tool import TraceTool
from vtmcp.shell.arguments import find_parameter
from vtmcp.shell.completion import SCRIPTS
from vtmcp.shell.kinds import Parameter, parameters_of
from vtmcp.shell.listing import first_sentence
from vtmcp.shell.options import FLAGS, SERVER_OPTIONS

Candidates = Iterable[tuple[str, str]]

OPTIONS = {
    "--stdio": "a server that this command starts",
    "--url": "a server on Streamable HTTP",
    "--header": "NAME=VALUE, sent to --url",
    "--timeout": "longest time in all",
    "--json": "the whole answer as JSON",
    "--verbose": "what the server logs",
    "--help": "how it is used",
}


def run(words: Sequence[str], commands: Iterable[str]) -> int:
    """Print the candidates; what goes wrong means that there are none."""
    for name, meaning in candidates(list(words), commands):
        sys.stdout.write(f"{name}\t{meaning}\n" if meaning else f"{name}\n")
    return 0


def candidates(words: list[str], commands: Iterable[str]) -> list[tuple[str, str]]:
    """What the last of the words may become; those before it are complete."""
    *before, current = words or [""]
    if not before:
        found: Candidates = [(name, "") for name in commands]
    else:
        complete = _COMPLETE.get(before[0])
        found = complete(before[1:]) if complete is not None else ()
    return [(name, meaning) for name, meaning in found if name.startswith(current)]


def _call(before: list[str]) -> Candidates:
    if _wants_value(before, (*SERVER_OPTIONS, "--args")):
        return ()
    plain = _plain(before, (*SERVER_OPTIONS, "--args"))
    options = {**OPTIONS, "--args": "arguments as one JSON object"}
    if not plain:
        return [*_tool_names(before), *options.items()]
    tool = next((each for each in _tools(before) if each.name == plain[0]), None)
    if tool is None:
        return options.items()
    parameters = parameters_of({"properties": tool.properties, "required": [*tool.required]})
    waiting = find_parameter(before[-1][2:], parameters) if before[-1].startswith("--") else None
    if waiting is not None and not waiting.is_flag:
        return [(str(choice), "") for choice in waiting.kind.choices]
    return [*_left(parameters, before), *options.items()]


def _left(parameters: Mapping[str, Parameter], before: list[str]) -> Candidates:
    """The parameters that may still be given; objects and lists more than once."""
    given = {word[2:].partition("=")[0] for word in before if word.startswith("--")}
    for each in parameters.values():
        may_repeat = {"object", "array"} & set(each.kind.types)
        if each.name not in given or may_repeat:
            yield f"--{each.name}", first_sentence(each.description)


def _tools_command(before: list[str]) -> Candidates:
    if _wants_value(before, SERVER_OPTIONS):
        return ()
    names = [] if _plain(before, SERVER_OPTIONS) else _tool_names(before)
    return [*names, *OPTIONS.items()]


def _read(before: list[str]) -> Candidates:
    if _wants_value(before, SERVER_OPTIONS):
        return ()
    if _plain(before, SERVER_OPTIONS) or not _is_ours(before):
        return OPTIONS.items()
    from vtmcp.search.corpus import list_pages  # noqa: PLC0415 - only for addresses

    pages = [(f"docs://{page.path}", page.title) for page in list_pages()]
    return [*pages, *OPTIONS.items()]


def _docs(before: list[str]) -> Candidates:
    if _wants_value(before, (*SERVER_OPTIONS, "--limit")):
        return ()
    first = [] if before else [("check", "which pages are old")]
    return [*first, ("--limit", "how many passages"), *OPTIONS.items()]


def _completion(before: list[str]) -> Candidates:
    return [] if before else [(shell, "") for shell in SCRIPTS]


def _tool_names(before: list[str]) -> list[tuple[str, str]]:
    return [(tool.name, first_sentence(tool.description)) for tool in _tools(before)]


def _tools(before: list[str]) -> list[type[TraceTool]]:
    return tool_classes() if _is_ours(before) else []


def _is_ours(before: list[str]) -> bool:
    return not any(word.partition("=")[0] in ("--stdio", "--url") for word in before)


def _wants_value(before: list[str], with_value: tuple[str, ...]) -> bool:
    return bool(before) and before[-1] in with_value


def _plain(before: list[str], with_value: tuple[str, ...]) -> list[str]:
    """The words that are neither options of ours nor their values."""
    plain, is_value = [], False
    for word in before:
        if not is_value and word.partition("=")[0] not in (*with_value, *FLAGS):
            plain.append(word)
        is_value = not is_value and word in with_value
    return plain


_COMPLETE: dict[str, Callable[[list[str]], Candidates]] = {
    "call": _call,
    "tools": _tools_command,
    "read": _read,
    "docs": _docs,
    "completion": _completion,
}
