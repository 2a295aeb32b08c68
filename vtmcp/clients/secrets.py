"""How a secret gets into a client's configuration: by the client's own reference, or not at all.

A raw secret is written only where that was asked for. Must not be here: any client's name.
"""

from enum import Enum
from typing import Any, NamedTuple

from vtmcp.clients.entry import Entry, Secret


class Way(Enum):
    """What becomes of a secret that the client cannot refer to."""

    SHOWN = "a placeholder stands for it"
    WRITTEN = "it is left out"
    RAW = "it is written as it is"


class Told(NamedTuple):
    """The values of an entry as texts, and what the client has to be told beside them."""

    values: dict[str, str]
    forwarded: dict[str, Secret]
    """By the name of the value: secrets that the client takes from its own environment."""
    inputs: tuple[dict[str, Any], ...] = ()
    """What the client asks a person for."""
    left_out: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()


def told(entry: Entry, reference: str, way: Way) -> Told:
    """The values of an entry for a client that refers to a variable as `reference` says.

    `{}` in it is the variable's name; `input` asks a person; `forward` names the variable beside
    the values; empty is a client that cannot.
    """
    values: dict[str, str] = {}
    forwarded: dict[str, Secret] = {}
    inputs: list[dict[str, Any]] = []
    names: dict[str, list[str]] = {"left_out": [], "placeholders": [], "raw": []}
    for name, value in entry.values.items():
        if isinstance(value, str):
            values[name] = value
        elif way is Way.RAW:
            values[name] = value.raw
            names["raw"].append(name)
        elif reference == "input":
            asked = _input(entry.name, name, value)
            inputs.append(asked)
            values[name] = f"{value.prefix}${{input:{asked['id']}}}"
        elif reference == "forward" and value.variable:
            forwarded[name] = value
        elif reference and reference != "forward" and value.variable:
            values[name] = value.prefix + reference.replace("{}", value.variable)
        elif way is Way.SHOWN:
            values[name] = f"{value.prefix}<{value.variable or name}>"
            names["placeholders"].append(name)
        else:
            names["left_out"].append(name)
    lists = {key: tuple(found) for key, found in names.items()}
    return Told(values, forwarded, tuple(inputs), **lists)


def _input(server: str, name: str, secret: Secret) -> dict[str, Any]:
    words = (secret.variable or name).lower().replace("_", "-")
    return {
        "type": "promptString",
        "id": f"{server}-{words}",
        "description": secret.meaning or secret.variable or name,
        "password": True,
    }
