"""Which database the tests ask, and what it holds."""

import json
import os
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.integration import loading, stories
from tests.integration.replay import replaying

Json = dict[str, Any]

VARIABLE = "VT_TEST_ENTRYPOINT"

FIRST = (0, 0)
SECOND_RECORDED, SECOND_LOADED = (7, 3), (73, 5)
"""The tenants: the one that is asked when none is named, and another."""

LOADED_AT_S = 1_795_343_613
"""When the recorded database got its spans (Unix seconds)."""

LOST_RECORDED = "32228d237c24a244123c8895050b96a6"
"""The id in the request of recording 122."""

WINDOW_S = 7_200
"""All spans, recorded or loaded, ended in that time before the end."""


class Upstream(NamedTuple):
    """One database, and the traces in it that tests may ask for."""

    entrypoint: str
    is_real: bool
    suffix: str
    """What the services of this run end with; nothing where they are recorded."""
    second: tuple[int, int]
    end_s: int
    mine: dict[str, Json]
    """The traces of the first tenant, by the names of `stories.TRACES`."""
    theirs: dict[str, Json]
    lost_id: str
    """The trace whose only span ends before it starts."""

    @property
    def window(self) -> dict[str, Any]:
        """The arguments of a search through all of it."""
        return {"start": self.end_s - WINDOW_S, "end": self.end_s}

    @property
    def second_tenant(self) -> str:
        return "{}:{}".format(*self.second)

    def service(self, name: str) -> str:
        """What a recorded service is called here."""
        return f"{name}{self.suffix}"

    def raw(self, target: str, tenant: tuple[int, int] = FIRST) -> tuple[int, str]:
        """Status and text of what the database itself says, asked without the product."""
        url, headers = f"{self.entrypoint}{target}", loading.tenant_headers(tenant)
        try:
            asked = urllib.request.Request(url, headers=headers)
            with urllib.request.urlopen(asked, timeout=30) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def raw_data(self, target: str, tenant: tuple[int, int] = FIRST) -> list[Any]:
        """The `data` of what the database itself says."""
        data: list[Any] = json.loads(self.raw(target, tenant)[1])["data"]
        return data


def mode() -> str:
    """One line on which of the two databases it is."""
    entrypoint = os.environ.get(VARIABLE)
    if entrypoint:
        return f"integration: asking the real VictoriaTraces at {entrypoint}"
    return f"integration: replaying recorded answers ({VARIABLE} is not set)"


@contextmanager
def upstream() -> Iterator[Upstream]:
    """The real database, with the stories loaded, or the one that replays."""
    entrypoint = os.environ.get(VARIABLE, "").rstrip("/")
    if entrypoint:
        yield _real(entrypoint)
        return
    mine = {name: stories.traces_of(file)[0] for name, file in stories.TRACES.items()}
    theirs = {stories.TRACE_OF_ANOTHER: stories.traces_of(stories.TRACE_OF_ANOTHER)[0]}
    with replaying() as url:
        yield Upstream(url, False, "", SECOND_RECORDED, LOADED_AT_S, mine, theirs, LOST_RECORDED)


def _real(entrypoint: str) -> Upstream:
    suffix = f"-{secrets.token_hex(4)}"
    mine, theirs, lost_id = loading.load(entrypoint, FIRST, SECOND_LOADED, suffix)
    return Upstream(
        entrypoint, True, suffix, SECOND_LOADED, int(time.time()), mine, theirs, lost_id
    )
