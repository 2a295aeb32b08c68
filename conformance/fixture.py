"""The fixture server of the official MCP conformance suite, written on the engine alone.

The names and outputs are the suite's; a few more, named in `more.py`, let our own vectors reach
what the suite does not. Must not be here: anything that only works on one transport.
"""

from typing import Any

from vtmcp import Server
from vtmcp.conformance import asking, content, more, prompts, resources, talking

INSTRUCTIONS = "A server for conformance tests: each tool does one thing that a test looks at."


def build(**options: Any) -> Server:
    """The fixture server; `options` are those of `Server`."""
    return Server(
        "vtmcp-conformance",
        "1.0.0",
        # The suite's header scenario calls the first tool without arguments.
        tools=[*content.TOOLS, *talking.TOOLS, *asking.TOOLS, *more.TOOLS],
        prompts=prompts.PROMPTS,
        resources=resources.RESOURCES,
        templates=resources.TEMPLATES,
        instructions=INSTRUCTIONS,
        info={
            "title": "vtmcp conformance fixture",
            "description": "What the conformance suites test against",
        },
        subscribe=True,
        **options,
    )
