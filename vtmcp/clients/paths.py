"""Where a client keeps its file: templates, and how they become paths on a machine.

Must not be here: which client has which (`table`), and any look at the disk but "is it there".
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

PLATFORMS = ("linux", "darwin", "win32")
"""As `sys.platform` names them; any other is taken for the first."""


class Machine(NamedTuple):
    """What paths depend on."""

    platform: str
    home: Path
    env: Mapping[str, str]
    folder: Path
    """Where the project is."""

    @property
    def family(self) -> str:
        """The platform whose templates hold."""
        return self.platform if self.platform in PLATFORMS else PLATFORMS[0]


Templates = str | dict[str, str]
"""One for all platforms, or one for each."""


def resolved(templates: tuple[Templates, ...], machine: Machine) -> Path:
    """The first of the files that is there, or else the first."""
    paths = [resolve(each, machine) for each in templates]
    return next((path for path in paths if path.exists()), paths[0])


def resolve(templates: Templates, machine: Machine) -> Path:
    """A template as a path.

    `~` is the home; `{NAME:default}` a variable of the environment, or what is used without it; a
    relative path is one of the project.
    """
    template = templates if isinstance(templates, str) else templates[machine.family]
    if template.startswith("{"):
        variable, _, rest = template[1:].partition("}")
        name, _, default = variable.partition(":")
        template = (machine.env.get(name) or default) + rest
    if template.startswith("~"):
        return machine.home.joinpath(*template[1:].strip("/").split("/"))
    return machine.folder.joinpath(
        *[template] if Path(template).is_absolute() else template.split("/")
    )


def shown(path: Path, machine: Machine) -> str:
    """A path for a person."""
    if path.is_relative_to(machine.home):
        return "~/" + path.relative_to(machine.home).as_posix()
    return str(path)
