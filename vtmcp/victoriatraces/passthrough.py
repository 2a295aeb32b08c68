"""Which of a caller's own headers go on to the database (`MCP_PASSTHROUGH_HEADERS`). Pure.

The operator lists names. Where the list names credentials, a call must bring one of them: the
configured credential never takes its place. Must not be here: where a caller's headers come from,
and what else a request carries (`headers.py`). A value is never in an error.
"""

from collections.abc import Callable, Iterable, Sequence

from vtmcp.traces.model import SourceError
from vtmcp.victoriatraces.headers import Header, header_fault, is_credential

VARIABLE = "MCP_PASSTHROUGH_HEADERS"

VALUE_CHARS_MAX = 8_192
"""No token is longer, and many servers refuse more in all headers of a request."""

_ABOUT_THE_QUESTION = "it is about the client's request to this server"
_GOES_ANYWAY = "the trace context of a call is passed on anyway"

_REFUSED = {
    "accept": _ABOUT_THE_QUESTION,
    "content-encoding": _ABOUT_THE_QUESTION,
    "content-type": _ABOUT_THE_QUESTION,
    "last-event-id": _ABOUT_THE_QUESTION,
    "origin": _ABOUT_THE_QUESTION,
    "range": _ABOUT_THE_QUESTION,
    "traceparent": _GOES_ANYWAY,
    "tracestate": _GOES_ANYWAY,
}
"""Names, in lower case, beside those that no request to the database may set."""

_ACCEPTED = "names of request headers, with commas between them, such as X-Scope-OrgID"


class Passthrough:
    """The headers that are passed on. Raises `ValueError` for a name that never can be."""

    def __init__(self, names: Iterable[str], *, is_authenticated: bool = False) -> None:
        """`is_authenticated` says that callers show `Authorization` to us: it is for us alone."""
        self._names = {name.lower(): name for name in names}
        for lower, name in self._names.items():
            fault = _name_fault(lower, name)
            if lower == "authorization" and is_authenticated:
                fault = (
                    "names Authorization, which holds the token for this server (MCP_AUTH_TOKEN,"
                    " MCP_AUTH_FILE or OAuth) and is never passed on"
                )
            if fault:
                raise ValueError(f"{VARIABLE}: {fault}; accepted: {_ACCEPTED}")
        self._credentials = [name for name in self._names.values() if is_credential(name)]

    def headers(self, values_of: Callable[[str], Sequence[str]]) -> tuple[Header, ...]:
        """The headers to pass on for one call. Raises `SourceError` when it must not be asked.

        `values_of` gives the values of a header of the call, by its name in lower case.
        """
        found: list[Header] = []
        for lower, name in self._names.items():
            values = [value for value in values_of(lower) if value]
            if not values:
                continue
            fault = header_fault(name, values[0])
            if len(values) > 1:
                fault = f"has {name} twice"
            elif len(values[0]) > VALUE_CHARS_MAX:
                fault = f"has a value for {name} of more than {VALUE_CHARS_MAX} characters"
            if fault:
                raise SourceError(f"the database was not asked: the request {fault} ({VARIABLE})")
            found.append((name, values[0]))
        if self._credentials and not any(is_credential(name) for name, _ in found):
            wanted = " or ".join(self._credentials)
            raise SourceError(
                f"the database was not asked: the request has no {wanted} header, and the"
                f" configured credential is not used in its place ({VARIABLE})"
            )
        return tuple(found)


def _name_fault(lower: str, name: str) -> str:
    spelt = lower.replace("_", "-")
    if fault := header_fault(name, ""):
        return fault
    if spelt in _REFUSED:
        return f"names {name}: {_REFUSED[spelt]}"
    return f"names {name}: it is the protocol's own" if spelt.startswith("mcp-") else ""
