"""What a request to the planted system is made of: steps, where they are done, what goes wrong.

Must not be here: the requests that there are, how they become spans.
"""

import random
import zlib
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Json = dict[str, Any]

MS = 1_000
S = 1_000_000
MINUTE = 60 * S

PODS = 4
ZONES = ("eu-1a", "eu-1b", "eu-1c")

VERSIONS = {
    "edge": ("2026.11.2", "2026.11.2"),
    "search": ("7.2.0", "7.1.9"),
    "pricing": ("3.0.4", "3.0.4"),
    "rates": ("1.18.0", "1.18.0"),
    "catalog": ("5.5.1", "5.5.0"),
    "booking": ("12.4.0", "12.4.0"),
    "availability": ("0.44.2", "0.44.2"),
    "profile": ("4.0.0", "4.0.0"),
    "payments": ("9.3.7", "9.3.7"),
    "notify": ("2.2.1", "2.2.1"),
    "ledger": ("6.6.0", "6.6.0"),
}
"""The version of most pods, and that of the first: some services are always in two."""


@dataclass(slots=True)
class Step:
    """A span to come, and those below it."""

    service: str
    name: str
    kind: str
    own_ms: float
    tags: dict[str, str] = field(default_factory=dict)
    below: list["Step"] = field(default_factory=list)
    at_once: bool = False
    """What is below is begun together."""
    wait_ms: float = 0.0
    """How long after it was handed on it begins."""
    fails: float = 0.0
    error: tuple[str, str] = ("RuntimeError", "internal error")
    """Type and message of its own failure; `{id}` is a number that differs each time."""
    says_status: str = ""
    """The status code that its own failure has."""
    attempts: int = 1
    backoff_ms: float = 20.0
    is_tolerant: bool = False
    """Its failure does not fail what is above."""
    is_skipped: bool = False
    is_async: bool = False
    """What is above does not wait for it."""


class Where(NamedTuple):
    """Where a step is done, and for whom."""

    service: str
    pod: int
    version: str
    tenant: str
    country: str
    flag: str
    at_us: int

    @property
    def zone(self) -> str:
        return ZONES[(self.pod + len(self.service)) % 3]

    @property
    def node(self) -> str:
        return f"node-{(self.pod * 3 + len(self.service)) % 7:02}"

    @property
    def pod_name(self) -> str:
        drawn = random.Random(f"{self.service} {self.pod}")
        letters = "".join(drawn.choices("bcdfghjklmnpqrstvwxz2456789", k=5))
        number = zlib.crc32(f"{self.service} {self.version}".encode())
        return f"{self.service}-{number:08x}-{letters}"


class Fault:
    """What goes wrong from a moment on: nothing here; subclasses say what."""

    since_us = 0

    def version(self, service: str, pod: int, at_us: int) -> str:
        return VERSIONS[service][pod == 0]

    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        """Change a step that is about to be done. Returns whether it did."""
        return False

    def traffic(self, at_us: int) -> float:
        """How many times the usual number of requests come."""
        return 1.0

    def is_lost(self, step: Step, where: Where) -> bool:
        """Whether the span does not arrive."""
        return False

    def finish(self, spans: list[Json]) -> None:
        """Change the spans of a trace that was touched, once all are there."""

    def clock_us(self, where: Where) -> int:
        """How far the clock there is ahead."""
        return 0
