"""What a server says of itself on `/metrics` and `/flags`: its flags, its build. Pure.

`/metrics` has every flag with its value, `/flags` only those that were set; either may be closed
by a key. Must not be here: what a flag means.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from vtmcp.victoriatraces.response import HttpResponse

TEXT_BYTES_MAX = 2**20
"""`/metrics` of a large database has some 100 KiB; what is read here stands near its end."""

_METRIC = re.compile(rb'^flag\{name="([^"]{1,100})", value="((?:[^"\\\n]|\\.)*)"', re.MULTILINE)
_FLAG = re.compile(rb'^-([\w.]{1,100})="(.*)"$', re.MULTILINE)
_BUILD = re.compile(
    rb'^vm_app_version\{version="([^"\n]{0,200})"(?:, short_version="([^"\n]{0,50})")?',
    re.MULTILINE,
)


class Told(NamedTuple):
    """The flags, empty where the server does not tell, and its build as it names itself."""

    flags: Mapping[str, str]
    is_complete: bool
    """Whether a flag that is not there does not exist, and is not merely not set."""
    build: str
    release: str


def read_told(metrics: HttpResponse | None, flags: HttpResponse | None) -> Told:
    """Read both pages, as far as they were answered."""
    page, page_of_set = _page(metrics), _page(flags)
    every = dict(_METRIC.findall(page))
    found = {**every, **dict(_FLAG.findall(page_of_set))}
    build = _BUILD.search(page)
    return Told(
        {_text(name): _text(value) for name, value in found.items()},
        bool(every),
        _text(build[1]) if build else "",
        _text(build[2] or b"") if build else "",
    )


def _page(response: HttpResponse | None) -> bytes:
    if response is None or response.status != 200:
        return b""
    return response.body[-TEXT_BYTES_MAX:]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
