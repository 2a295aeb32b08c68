"""Which runs of the official suite there are: how it is asked, of whom, and what of it counts.

Must not be here: how a run is done or judged.
"""

from typing import NamedTuple


class Leg(NamedTuple):
    """One run. `only` names the scenarios that count, without it all do; not `excused` checks."""

    server: str
    name: str
    options: tuple[str, ...]
    only: tuple[str, ...] | None = None
    excused: tuple[str, ...] = ()


_LEGACY = ("server-session-lifecycle",)

_SESSION = (
    *_LEGACY,
    *("server-initialize", "ping", "logging-set-level"),
    *("tools-list", "resources-list", "prompts-list"),
)

_MODERN = (
    "server-stateless",
    *("tools-list", "resources-list", "prompts-list", "caching", "sep-2164-resource-not-found"),
    *("server-sse-multiple-streams", "dns-rebinding-protection", "http-header-validation"),
)

PRODUCT = {
    "2025-03-26": _LEGACY,
    "2025-06-18": _SESSION,
    "2025-11-25": (*_SESSION, "server-sse-multiple-streams", "dns-rebinding-protection"),
    "2026-07-28": _MODERN,
}
"""What needs no fixture, by revision. The rest asks for tools and prompts with names of its own."""

NEED_FIXTURES = (
    "sep-2575-server-rejects-undeclared-capability",
    "sep-2575-missing-capability-http-400",
    "sep-2575-http-server-no-independent-requests-on-stream",
    "sep-2575-server-no-log-without-loglevel",
    "sep-2575-server-sends-prompts-list-changed-on-subscription",
    "sep-2575-server-sends-tools-list-changed-on-subscription",
)
"""Six checks of `server-stateless`, among thirty, that call fixtures; without these they fail."""

REQUIRED = ("2025-11-25", "2026-07-28")
"""The revisions whose requirements the suite froze; it runs and marks what it does not score."""

LEGS = (
    *(Leg("fixtures", leg, ("--suite", "all", "--spec-version", leg)) for leg in PRODUCT),
    *(Leg("fixtures", f"required {leg}", ("--requirements", leg)) for leg in REQUIRED),
    *(
        Leg("product", leg, ("--suite", "all", "--spec-version", leg), only, NEED_FIXTURES)
        for leg, only in PRODUCT.items()
    ),
)
