"""The prompts, one file each, named after the prompt. Each file holds one `DeskPrompt`.

They are found here by looking, so that a new prompt is one new file and nothing else.
"""

from importlib import import_module
from pkgutil import iter_modules

from vtmcp.handlers.desk_prompt import DeskPrompt


def prompt_classes() -> tuple[type[DeskPrompt], ...]:
    """All prompts, by the names of their files."""
    names = sorted(f"{__name__}.{module.name}" for module in iter_modules(__path__))
    return tuple(
        value
        for name in names
        for value in vars(import_module(name)).values()
        if isinstance(value, type) and issubclass(value, DeskPrompt) and value.__module__ == name
    )


PROMPTS = prompt_classes()
"""Each is made with the desk that the tools have."""
