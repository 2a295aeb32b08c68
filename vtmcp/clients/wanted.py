"""What a file has to hold in the end, from an entry, a client, and what the file holds already.

Must not be here: text (`formats`), or what a secret becomes (`secrets`).
"""

from typing import Any, NamedTuple

from vtmcp.clients.entry import Entry
from vtmcp.clients.merging import Added, Path
from vtmcp.clients.secrets import Told
from vtmcp.clients.shapes import Shaped
from vtmcp.clients.table import Client


class Wanted(NamedTuple):
    """Values to lay over those of a file, and paths to take out of it."""

    values: dict[str, Any]
    stale: tuple[Path, ...] = ()


def wanted(client: Client, entry: Entry, told: Told, before: Any = None) -> Wanted:
    """What to put into a file that holds `before`."""
    shaped = client.shape(entry, told)
    there = _existing(before, (*client.parents, entry.name))
    initial = {key: value for key, value in shaped.initial.items() if key not in there}
    value = {**shaped.value, **{key: initial[key] for key in initial if key not in shaped.value}}
    for key in shaped.joined:
        if key in value and isinstance(there.get(key), list):
            more = [item for item in value[key] if item not in there[key]]
            value[key] = [*there[key], *more]
    values: dict[str, Any] = {entry.name: value}
    for parent in reversed(client.parents):
        values = {parent: values}
    if told.inputs:
        values = {"inputs": Added(told.inputs), **values}
    stale = tuple((*client.parents, entry.name, key) for key in _stale(shaped, there))
    return Wanted(values, stale)


def _existing(before: Any, path: Path) -> dict[str, Any]:
    for key in path:
        before = before.get(key) if isinstance(before, dict) else None
    return before if isinstance(before, dict) else {}


def _stale(shaped: Shaped, there: dict[str, Any]) -> list[str]:
    """Keys to take out; a type is one only beside another key of the other transport."""
    found = [key for key in shaped.stale if key in there]
    return found if set(found) - {"type"} else []
