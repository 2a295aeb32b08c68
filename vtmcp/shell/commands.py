"""`vtmcp tools`, `call`, `read` and `docs QUERY`: what each does, and with which exit code.

0: it worked. 1: the tool, or the server, said no. 2: the command line or a setting is wrong.
3: the server cannot be reached, or makes no sense. 130: interrupted. Must not be here: how a
server is reached, or how an answer looks.
"""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from vtmcp.protocol.messages import Json
from vtmcp.protocol.schema import did_you_mean
from vtmcp.shell.client import Client
from vtmcp.shell.faults import Fault, RefusedError, UsageError
from vtmcp.shell.opening import converse
from vtmcp.shell.options import OPTIONS_TEXT, Options, read_options
from vtmcp.shell.terminal import RED, Terminal, json_text, say_error

EXIT_OK = 0
EXIT_REFUSED = RefusedError.code
EXIT_INTERRUPTED = 130
"""What shells give a process that SIGINT ends: 128 and the number of the signal."""

STDIN_BYTES_MAX = 4 * 1024 * 1024
"""The longest `--args -`: as much as a server takes of one message."""

NAMES_MAX = 50
"""How many names of tools an error repeats."""

DOCUMENTATION = "documentation"
"""The tool behind `vtmcp docs QUERY`."""


def run(command: str, words: Sequence[str]) -> int:
    """Run one of `COMMANDS` and return the exit code."""
    try:
        return COMMANDS[command](list(words))
    except Fault as fault:
        say_error(str(fault))
        return fault.code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read it has seen enough (`| head`); what is left goes nowhere.
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        return EXIT_OK


def _tools(words: list[str]) -> int:
    from vtmcp.shell.listing import tool_text, tools_text  # noqa: PLC0415 - only where shown

    options = read_options(words)
    if options.wants_help:
        return _help(TOOLS_USAGE)
    if len(options.words) > 1:
        raise UsageError("tools takes one name at most")
    tools = converse(options, "tools", list_tools, needs_database=False)
    terminal = Terminal(sys.stdout)
    if options.words:
        tool = find_tool(options.words[0], tools)
        text = json_text(tool) if options.is_json else tool_text(tool, terminal)
    else:
        text = json_text(tools) if options.is_json else tools_text(tools, terminal)
    terminal.write(text)
    return EXIT_OK


def _call(words: list[str]) -> int:
    from vtmcp.shell.arguments import read_arguments, read_json_arguments  # noqa: PLC0415
    from vtmcp.shell.listing import tool_text  # noqa: PLC0415 - only where shown

    options = read_options(words, ("--args",), passes_on=True)
    name, *rest = options.words or ("",)
    if name.startswith("-"):
        raise UsageError(f"unknown option {name}; the tool comes first, then its parameters")
    if not name:
        if options.wants_help:
            return _help(CALL_USAGE)
        raise UsageError("call needs the name of a tool; vtmcp tools lists them")
    given = options.one("--args")
    whole = read_json_arguments(_stdin() if given == "-" else given) if given else {}

    async def ask(client: Client) -> tuple[Json, Json | None]:
        tool = find_tool(name, await list_tools(client))
        if options.wants_help:
            return tool, None
        _check_late(options, tool)
        return tool, await client.call(tool, read_arguments(tool, rest, whole))

    tool, result = converse(options, name, ask, needs_database=not options.wants_help)
    if result is None:
        terminal = Terminal(sys.stdout)
        terminal.write(tool_text(tool, terminal))
        return EXIT_OK
    return _show_result(result, options)


def _docs(words: list[str]) -> int:
    options = read_options(words, ("--limit",))
    if options.wants_help:
        return _help(DOCS_USAGE)
    arguments: Json = {"query": " ".join(options.words)}
    if not arguments["query"].strip():
        raise UsageError("docs needs words to look for, or: docs check [MONTHS]")
    if limit := options.one("--limit"):
        if not limit.isascii() or not limit.isdecimal() or len(limit) > 4:
            raise UsageError(f"--limit: {limit[:40]!r} is no number of passages")
        arguments["limit"] = int(limit)

    async def ask(client: Client) -> Json:
        return await client.call({"name": DOCUMENTATION}, arguments)

    result = converse(options, "documentation", ask, needs_database=False)
    return _show_result(result, options)


def _read(words: list[str]) -> int:
    options = read_options(words)
    if options.wants_help:
        return _help(READ_USAGE)
    if len(options.words) > 1:
        raise UsageError("read takes one address at most")
    if not options.words:
        return _list_resources(options)
    uri = options.words[0]

    async def ask(client: Client) -> Json:
        return await client.request("resources/read", {"uri": uri})

    result = converse(options, uri, ask, needs_database=False)
    return _show_resource(result, options)


def _list_resources(options: Options) -> int:
    from vtmcp.shell.listing import resources_text  # noqa: PLC0415 - only where shown

    async def ask(client: Client) -> tuple[list[Json], list[Json]]:
        resources = await client.list_all("resources/list", "resources")
        try:
            templates = await client.list_all("resources/templates/list", "resourceTemplates")
        except RefusedError:
            templates = []  # Some servers know no templates.
        return resources, templates

    resources, templates = converse(options, "resources", ask, needs_database=False)
    terminal = Terminal(sys.stdout)
    listed = {"resources": resources, "resourceTemplates": templates}
    if options.is_json:
        terminal.write(json_text(listed))
    else:
        terminal.write(resources_text(resources, templates, terminal))
    return EXIT_OK


def _completion(words: list[str]) -> int:
    from vtmcp.shell.completion import SCRIPTS  # noqa: PLC0415 - only where asked for

    if words in (["--help"], ["-h"]):
        return _help(COMPLETION_USAGE)
    if len(words) != 1 or words[0] not in SCRIPTS:
        raise UsageError(f"completion takes the name of a shell: {', '.join(SCRIPTS)}")
    return _help(SCRIPTS[words[0]])


async def list_tools(client: Client) -> list[Json]:
    """The tools that have a name."""
    tools = await client.list_all("tools/list", "tools")
    return [tool for tool in tools if isinstance(tool.get("name"), str) and tool["name"]]


def find_tool(name: str, tools: list[Json]) -> Json:
    """The tool of that name. Raises `UsageError` that names what is near."""
    found = next((tool for tool in tools if tool["name"] == name), None)
    if found is not None:
        return found
    names = [str(tool["name"]) for tool in tools]
    there = ", ".join(names[:NAMES_MAX]) or "none"
    raise UsageError(f"no tool {name[:100]!r}{did_you_mean(name, names)} (there are: {there})")


def _check_late(options: Options, tool: Json) -> None:
    """What could be meant for the tool as well is not guessed."""
    from vtmcp.shell.kinds import parameters_of  # noqa: PLC0415 - calls only

    both = sorted(
        option for option in options.late if option[2:] in parameters_of(tool.get("inputSchema"))
    )
    if both:
        raise UsageError(
            f"{both[0]} is an option of vtmcp and a parameter of {tool['name']}: the option stands"
            " before the tool's name, the parameter after --"
        )


def _show_result(result: Json, options: Options) -> int:
    from vtmcp.shell.results import call_text  # noqa: PLC0415 - only where shown

    terminal = Terminal(sys.stdout)
    has_failed = result.get("isError") is True
    if options.is_json:
        terminal.write(json_text(result))
    else:
        text = terminal.harmless(call_text(result))
        terminal.write(terminal.styled(text, RED) if has_failed else text)
    return EXIT_REFUSED if has_failed else EXIT_OK


def _show_resource(result: Json, options: Options) -> int:
    """A person gets text, a file or a program the very bytes."""
    from vtmcp.shell.results import contents_bytes, contents_of, contents_text  # noqa: PLC0415

    terminal = Terminal(sys.stdout)
    contents = contents_of(result)
    if options.is_json:
        terminal.write(json_text(result))
    elif terminal.is_terminal:
        terminal.write(terminal.harmless(contents_text(contents)))
    else:
        sys.stdout.buffer.write(contents_bytes(contents))
        sys.stdout.flush()
    return EXIT_OK


def _stdin() -> str:
    text: Any = sys.stdin.read(STDIN_BYTES_MAX + 1)
    if len(text) > STDIN_BYTES_MAX:
        raise UsageError(f"--args -: more than {STDIN_BYTES_MAX:,} characters")
    return str(text)


def _help(text: str) -> int:
    Terminal(sys.stdout).line(text)
    return EXIT_OK


TOOLS_USAGE = f"""\
vtmcp tools [NAME] [options]: the tools of a server, or one of them in full

{OPTIONS_TEXT}"""

CALL_USAGE = f"""\
vtmcp call TOOL [--PARAMETER VALUE ...] [options]: call a tool

  vtmcp tools                          the tools; vtmcp call TOOL --help: one of them in full
  --errors_only                        true; --no-errors_only: false
  --tags region=eu --tags tier=web     an object, or --tags '{{"region": "eu"}}'
  --spans s1,s2                        a list, or repeated, or JSON
  --args JSON, --args -                arguments as one object; - reads standard input
  -- --url VALUE                       a parameter that has the name of an option

{OPTIONS_TEXT}
Exit codes: 0 done, 1 the tool failed, 2 wrong command line, 3 no server, 130 interrupted.
"""

DOCS_USAGE = f"""\
vtmcp docs QUERY... [--limit N] [options]: what the documentation says
vtmcp docs check [MONTHS]: which of its pages are old; docs -- check looks for that word

{OPTIONS_TEXT}"""

READ_USAGE = f"""\
vtmcp read [URI] [options]: what there is to read, or one resource

{OPTIONS_TEXT}"""

COMPLETION_USAGE = """\
vtmcp completion bash|zsh|fish: a script for that shell

  bash    eval "$(vtmcp completion bash)" in ~/.bashrc
  zsh     source <(vtmcp completion zsh) in ~/.zshrc, after compinit
  fish    vtmcp completion fish > ~/.config/fish/completions/vtmcp.fish
"""

COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "tools": _tools,
    "call": _call,
    "read": _read,
    "docs": _docs,
    "completion": _completion,
}
