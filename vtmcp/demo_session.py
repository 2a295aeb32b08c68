"""`vtmcp demo`: the server at its main job, on generated data, in a real MCP session.

It starts `vtmcp` as a client would, asks what an on-call engineer would ask in an incident, and
shows each question with its answer. Must not be here: an answer that the server did not give.
"""

import json
import os
import re
import shlex
import sys
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TextIO

from vtmcp.protocol.codec import encode
from vtmcp.protocol.messages import Json
from vtmcp.stdio_client import ServerFailedError, StdioClient

SHOWN_LINES = 26
"""How much of an answer the terminal shows; a model gets all of it."""

EXIT_OK = 0
EXIT_FAILED = 1

OWN_DATABASE = {"VT_INSTANCE_ENTRYPOINT": "http://localhost:10428"}
"""What a client sets for a VictoriaTraces on its default port."""

NEW, OLD = "4.2.0", "4.1.3"
"""The releases of the service `fraud` in the generated data, during its rollout."""


class Question(NamedTuple):
    """What is asked, in words and as a call; `arguments` may look at the answers so far."""

    words: str
    tool: str
    arguments: Callable[[Mapping[str, str]], Json]
    name: str = ""
    """The name under which later questions find the answer."""


def _first_trace(answer: str) -> str:
    found = re.search(r"\b[0-9a-f]{32}\b", answer)
    if found is None:
        raise ServerFailedError("an answer named no trace")
    return found[0]


VERSION = "resource_attr:service.version"

QUESTIONS = (
    Question("Customers cannot check out. What changed?", "triage", lambda told: {}),
    Question(
        "What fails in checkout, and where did it begin?",
        "errors",
        lambda told: {"service": "checkout"},
        "failed",
    ),
    Question(
        "Only some assessments fail. What do they have in common?",
        "contrast",
        lambda told: {"service": "fraud", "operation": "POST /assess"},
    ),
    Question(
        f"How do {NEW} and {OLD} compare?",
        "span_stats",
        lambda told: {"service": "fraud", "by": [VERSION], "compare": "none"},
    ),
    Question(
        "One of the failed checkouts: what happened, who passed it on?",
        "trace",
        lambda told: {"trace_id": _first_trace(told["failed"])},
    ),
    Question(
        "What does a healthy checkout do that this one did not?",
        "compare_traces",
        lambda told: {"trace_id": _first_trace(told["failed"])},
    ),
    Question(
        "An export ran meanwhile. Was it in the way?",
        "traces",
        lambda told: {"service": "reporting", "operation": "export orders", "limit": 1},
        "export",
    ),
    Question(
        "It has 6,000 spans. What did it do?",
        "trace",
        lambda told: {"trace_id": _first_trace(told["export"])},
    ),
    Question(
        "And what did its time go to?",
        "critical_path",
        lambda told: {"trace_id": _first_trace(told["export"])},
    ),
    Question("Who calls fraud, and who else is hit?", "dependencies", lambda told: {}),
    Question(
        "Does the team of tenant 7:3 run fraud too?", "services", lambda told: {"tenant": "7:3"}
    ),
    Question(
        "Later, on the real database: why might dependencies be empty?",
        "documentation",
        lambda told: {"query": "dependencies are empty", "limit": 1},
    ),
)


def run(out: TextIO | None = None) -> int:
    """Run the demo and return the exit code."""
    out = sys.stdout if out is None else out
    started = time.monotonic()
    try:
        with StdioClient([sys.executable, "-m", "vtmcp"], _environment()) as client:
            _tell(client, _Terminal(out))
        seconds = time.monotonic() - started
        print(f"\n{len(QUESTIONS)} questions answered in {seconds:.1f} s.\n", file=out)
        print(_client_lines(), file=out, flush=True)
    except ServerFailedError as error:
        print(f"vtmcp demo: {error}", file=sys.stderr)
        return EXIT_FAILED
    except BrokenPipeError:
        # Whoever read it has seen enough (`vtmcp demo | head`); what is left goes nowhere.
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), out.fileno())
    return EXIT_OK


def _environment() -> dict[str, str]:
    """The environment of the server: this one's, but none of the settings of a real server."""
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("MCP_", "VT_"))
    }
    return {**own, "VT_INSTANCE_ENTRYPOINT": "demo", "MCP_LOG_LEVEL": "error"}


class _Terminal:
    """Colour where a terminal shows it, plain text everywhere else."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._coloured = out.isatty() and "NO_COLOR" not in os.environ

    def heading(self, text: str) -> None:
        print(f"\n\033[1;36m{text}\033[0m" if self._coloured else f"\n{text}", file=self._out)

    def line(self, text: str) -> None:
        print(text, file=self._out, flush=True)


def _tell(client: StdioClient, terminal: _Terminal) -> None:
    tools = client.request("tools/list", {})["tools"]
    terminal.line("vtmcp demo: an MCP session over stdio with generated data, no database.")
    terminal.line(f"Tools: {', '.join(tool['name'] for tool in tools)}")
    told: dict[str, str] = {}
    for question in QUESTIONS:
        arguments = question.arguments(told)
        answer = client.call(question.tool, arguments)
        told[question.name] = answer
        terminal.heading(f"? {question.words}")
        terminal.line(f"> {question.tool} {encode(arguments).decode()}")
        for line in _shown(answer):
            terminal.line(f"  {line}")


def _shown(answer: str) -> list[str]:
    lines = answer.splitlines()
    if len(lines) <= SHOWN_LINES:
        return lines
    left = len(lines) - SHOWN_LINES
    return [*lines[:SHOWN_LINES], f"[{left} more lines go to the model]"]


def _client_lines() -> str:
    """Lines to paste: most clients read this JSON, others take the command."""
    server = {"command": sys.executable, "args": ["-m", "vtmcp"], "env": OWN_DATABASE}
    entry = json.dumps({"mcpServers": {"victoriatraces": server}}, indent=2)
    settings = " ".join(f"{name}={value}" for name, value in OWN_DATABASE.items())
    return (
        "To ask your own VictoriaTraces, put this into your MCP client's settings"
        " (VT_INSTANCE_ENTRYPOINT=demo serves the data shown above):\n\n"
        f"{entry}\n\n"
        "or give it this command:\n\n"
        f"env {settings} {shlex.quote(sys.executable)} -m vtmcp"
    )
