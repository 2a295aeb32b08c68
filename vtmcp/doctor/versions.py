"""Which version of the database it is, and what of vtmcp's questions it does not support. Pure.

Must not be here: any asking.
"""

import re
from typing import NamedTuple

import orjson

from vtmcp.doctor.findings import VERSION, Finding
from vtmcp.traces.safe import safe
from vtmcp.victoriatraces.response import HttpResponse

VERSION_CHARS_MAX = 80

Number = tuple[int, int, int]

_NUMBER = re.compile(r"\bv(\d{1,4})\.(\d{1,4})\.(\d{1,4})\b")


class Feature(NamedTuple):
    """What a version brought that an answer of vtmcp depends on."""

    since: Number
    what: str


FEATURES = (
    Feature((0, 4, 0), "no service graph (dependencies)"),
    Feature((0, 4, 1), "an unknown trace id is searched for beyond the retention"),
    Feature((0, 7, 0), "a long trace may be cut off (-search.traceMaxDurationWindow)"),
    Feature((0, 8, 1), "no regular expressions in tags, no databases in the service graph"),
    Feature((0, 9, 0), "hidden fields are hidden by vtmcp alone (VT_HIDDEN_FIELDS)"),
)
"""What is missing before each version; the last row's version has all that vtmcp uses."""


def read_version(buildinfo: HttpResponse | None, release: str, build: str) -> str:
    """Return what the server calls its version, or nothing."""
    if buildinfo is not None and buildinfo.status == 200:
        try:
            match orjson.loads(buildinfo.body):
                case {"data": {"version": str(version)}} if version:
                    return version
        except orjson.JSONDecodeError:
            pass
    return release or build


def judge_version(version: str) -> Finding:
    """Say what a version lacks."""
    enough = "v" + ".".join(map(str, FEATURES[-1].since))
    shown = safe(version, VERSION_CHARS_MAX)
    number = number_of(version)
    if number is None:
        what = f"the build {shown} has no release number" if version else "it is not told"
        return Finding(
            VERSION,
            "warn",
            f"{what}, so what it supports is not known",
            f"use a release, {enough} or later",
        )
    missing = [feature.what for feature in FEATURES if number < feature.since]
    if not missing:
        return Finding(VERSION, "ok", f"{shown}: all that vtmcp asks for")
    return Finding(
        VERSION, "warn", f"{shown}: {'; '.join(missing)}", f"upgrade to {enough} or later"
    )


def number_of(version: str) -> Number | None:
    """The three numbers of a version, wherever in a build's name they stand."""
    match = _NUMBER.search(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
