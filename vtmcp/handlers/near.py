"""When a name finds nothing: is it a name at all, and which one is near?

Must not be here: how a tool says so.
"""

from typing import TYPE_CHECKING

from vtmcp.handlers.source import TraceSource

if TYPE_CHECKING:
    from vtmcp.traces.tenant import Tenant

NEAR_NAMES_MAX = 3
"""How many near names an answer offers: a choice, not a list."""

COMPARED_CHARS_MAX = 200
"""Names are as long as strangers like, and comparing costs time by their length."""


async def near_service(source: TraceSource, service: str, tenant: "Tenant") -> str:
    """A sentence on whether the tenant has the service, with near names if it has not."""
    return service_words(service, await services_of(source, tenant))


async def services_of(source: TraceSource, tenant: "Tenant") -> list[str] | None:
    """The services of a tenant, or None where the source cannot say.

    They are for a hint: the answer that it belongs to stands without it.
    """
    from vtmcp.traces.model import SourceError  # noqa: PLC0415 - for empty answers only

    try:
        return await source.services(tenant)
    except SourceError:
        return None


def service_words(service: str, names: list[str] | None) -> str:
    """A sentence on whether a service is among those of a tenant."""
    from vtmcp.traces.safe import quoted  # noqa: PLC0415 - for empty answers only

    if names is None:
        return "Whether there is such a service could not be asked."
    if service in names:
        return "The service itself is known here."
    if not names:
        return "This tenant has no services at all in the look-back of the list."
    near = near_names(service, names)
    if near:
        shown = [quoted(name) for name in near]
        if len(service) < COMPARED_CHARS_MAX and quoted(service) in shown:
            # Shown, it is the very name that was asked for; what differs, no answer repeats.
            return "A service of that name has characters that cannot be seen, and so be asked for."
        return f"Near names: {', '.join(shown)}."
    return f"Services of this tenant: {len(names):,}, none with a near name."


def near_words(kind: str, asked: str, names: list[str]) -> str:
    """A sentence on whether a name of that kind is there, with near ones if it is not."""
    from vtmcp.traces.safe import quoted  # noqa: PLC0415 - for empty answers only

    if asked in names:
        return f"The {kind} itself occurs."
    near = ", ".join(quoted(name) for name in near_names(asked, names))
    then = f"near names: {near}" if near else f"of {len(names):,} names none is near"
    return f"No such {kind} occurs; {then}."


def near_names(asked: str, names: list[str]) -> list[str]:
    """The names most like the one that was asked for."""
    from difflib import get_close_matches  # noqa: PLC0415 - for empty answers only

    folded = {name[:COMPARED_CHARS_MAX].casefold(): name for name in names}
    wanted = asked[:COMPARED_CHARS_MAX].casefold()
    return [
        folded[name]
        for name in get_close_matches(wanted, list(folded), n=NEAR_NAMES_MAX, cutoff=0.5)
    ]
