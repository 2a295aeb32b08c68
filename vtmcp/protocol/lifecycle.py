"""What a legacy session may do when. Every rule of order stands in `TRANSITIONS`.

The stateless era has no order and no table. Must not be here: what a method does.
"""

from enum import Enum

from vtmcp.protocol.errors import InvalidRequest


class State(Enum):
    """Where a legacy session stands (MCP, basic/lifecycle)."""

    NEW = "new"
    GREETED = "greeted"
    OPEN = "open"
    CLOSED = "closed"


ANY = "any other method"

TRANSITIONS: dict[State, dict[str, State]] = {
    State.NEW: {"initialize": State.GREETED, "ping": State.NEW},
    # Clients that pipeline send requests before `notifications/initialized`; they are served.
    State.GREETED: {"notifications/initialized": State.OPEN, ANY: State.GREETED},
    State.OPEN: {"notifications/initialized": State.OPEN, ANY: State.OPEN},
    State.CLOSED: {},
}
"""From a state, by method, to the next. `initialize` is named only where it may be sent."""

REFUSALS = {
    State.NEW: "Not initialized: send initialize first, or put _meta with"
    " io.modelcontextprotocol/protocolVersion into each request",
    State.GREETED: "Already initialized: a session takes one initialize",
    State.OPEN: "Already initialized: a session takes one initialize",
    State.CLOSED: "The session is closed",
}


def step(state: State, method: str) -> State:
    """The state after `method`. Raises `InvalidRequest` where it may not be sent."""
    allowed = TRANSITIONS[state]
    if method in allowed:
        return allowed[method]
    if ANY in allowed and method != "initialize":
        return allowed[ANY]
    raise InvalidRequest(REFUSALS[state])
