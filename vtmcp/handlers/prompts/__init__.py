"""The prompts, one file each, named after the prompt. Each file holds one `LibraryPrompt`.

They are found here by looking, so that a new prompt is one new file and nothing else.
"""

from importlib import import_module
from pkgutil import iter_modules

from vtmcp.handlers.library import LibraryPrompt


def prompt_classes() -> tuple[type[LibraryPrompt], ...]:
    """All prompts, by the names of their files."""
    return tuple(
        value
        for module in sorted(iter_modules(__path__), key=lambda module: module.name)
        for value in vars(import_module(f"{__name__}.{module.name}")).values()
        if isinstance(value, type)
        and issubclass(value, LibraryPrompt)
        and value is not LibraryPrompt
    )


PROMPTS = prompt_classes()
"""Each takes the library that it quotes."""
