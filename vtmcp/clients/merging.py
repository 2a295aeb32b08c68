"""What a merged file must hold: the values before, and over them those that are wanted.

The editors change text; this says what the text must then read as. Must not be here: any text.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from vtmcp.clients.faults import CannotEdit

Path = tuple[str, ...]


class Added(NamedTuple):
    """Members of a list that others use too: each is put in unless one of its `id` is there."""

    items: tuple[dict[str, Any], ...]

    def missing(self, before: Sequence[Any]) -> list[dict[str, Any]]:
        """The members that the list does not have yet."""
        there = {item.get("id") for item in before if isinstance(item, dict)}
        return [item for item in self.items if item["id"] not in there]


def merged(before: Any, wanted: Any, stale: Sequence[Path] = (), path: Path = ()) -> Any:
    """`wanted` laid over `before`, key by key; the keys in `stale` are left out.

    Raises `CannotEdit` where an object is wanted and something else stands.
    """
    if isinstance(wanted, Added):
        listed = checked_list(before, path)
        return [*listed, *wanted.missing(listed)]
    if not isinstance(wanted, dict):
        return wanted
    kept = {
        key: value
        for key, value in checked_object(before, path).items()
        if (*path, key) not in stale
    }
    for key, value in wanted.items():
        kept[key] = merged(kept.get(key), value, stale, (*path, key))
    return kept


def plain(wanted: Any) -> Any:
    """`wanted` as it stands in a file that held nothing."""
    return merged(None, wanted)


def checked_object(value: Any, path: Path) -> dict[str, Any]:
    """The value, which has to be an object or nothing."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise CannotEdit(f"{shown(path)} is not an object, and is left as it is")


def checked_list(value: Any, path: Path) -> list[Any]:
    """The value, which has to be a list or nothing."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise CannotEdit(f"{shown(path)} is not a list, and is left as it is")


def shown(path: Path) -> str:
    """A path as a person writes it."""
    return ".".join(path) or "the file"
