"""The three formats as one: what a text holds, the text with an entry in it, an entry alone.

Each merge is checked by reading the text again: it must hold what it held, and the entry. Must not
be here: which entry, or any file.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from vtmcp.clients import jsonc, jsonc_edit, toml_edit, toml_scan, yaml_edit, yaml_scan
from vtmcp.clients.faults import CannotEdit
from vtmcp.clients.merging import Path, merged, plain

BOM = "\ufeff"


class Format(NamedTuple):
    """How a kind of file is read, edited and written."""

    parse: Callable[[str], Any]
    merge: Callable[[str, dict[str, Any], Sequence[Path]], str]
    render: Callable[[dict[str, Any]], str]
    """An entry alone, without a line's end behind it."""


def _render_json(wanted: dict[str, Any]) -> str:
    return jsonc_edit.render(plain(wanted))


FORMATS = {
    "json": Format(jsonc.parse, jsonc_edit.merge, _render_json),
    "toml": Format(toml_scan.parse, toml_edit.merge, toml_edit.render),
    "yaml": Format(yaml_scan.parse, yaml_edit.merge, yaml_edit.render),
}


def merge(name: str, text: str, wanted: dict[str, Any], stale: Sequence[Path] = ()) -> str:
    """The text of a file with `wanted` in it, and without what is at the paths in `stale`.

    Raises `BrokenFile` about a text that is not of the format, `CannotEdit` about one that cannot
    be edited without the risk of losing something.
    """
    form = FORMATS[name]
    mark, text = (BOM, text[1:]) if text.startswith(BOM) else ("", text)
    expected = merged(form.parse(text), wanted, stale)
    edited = form.merge(text, wanted, stale)
    if _exact(form.parse(edited)) != _exact(expected):
        raise CannotEdit("it is written in a way that is not edited here")
    return mark + edited


def _exact(value: Any) -> str:
    """Equal only where types are equal too: to Python 1, 1.0 and True are one."""
    return json.dumps(value, sort_keys=True, default=repr)
