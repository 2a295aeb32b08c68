"""The tools, one file each, named after the tool. Each file holds one subclass of `TraceTool`.

They are found here by looking, so that a new tool is one new file and nothing else.
"""

from importlib import import_module
from pkgutil import iter_modules

from vtmcp.handlers.trace_tool import TraceTool


def tool_classes() -> list[type[TraceTool]]:
    """All tools, in the order of their `rank`."""
    found = [
        value
        for module in iter_modules(__path__)
        for value in vars(import_module(f"{__name__}.{module.name}")).values()
        if isinstance(value, type) and issubclass(value, TraceTool) and value is not TraceTool
    ]
    return sorted(found, key=lambda tool: tool.rank)
