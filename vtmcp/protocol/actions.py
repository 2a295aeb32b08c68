"""What the engine tells its shell to do: a closed set, carried out in order by `serve`.

Must not be here: why an action was decided, or how it is carried out.
"""

from typing import NamedTuple

from vtmcp.protocol.messages import Json, RequestId
from vtmcp.protocol.requests import Client
from vtmcp.protocol.versions import Revision


class Call(NamedTuple):
    """Run this request. `client` is what the client said of itself."""

    id: RequestId
    method: str
    params: Json
    revision: Revision
    client: Client


class Send(NamedTuple):
    """Send this document. `about` is the request under way that it belongs to, if any."""

    document: bytes
    about: RequestId | None = None
    reply: int | None = None
    """Set on what ends a request: 0 for a result, else the code of the error."""


class Hold(NamedTuple):
    """Nothing runs for this request, but it stays open until it is cancelled or closed."""

    id: RequestId


class Cancel(NamedTuple):
    """Stop running this request; nothing it still says will be sent."""

    id: RequestId


class Reply(NamedTuple):
    """The peer answered an ask of ours."""

    id: RequestId
    result: Json | None
    error: Json | None


Action = Call | Hold | Send | Cancel | Reply
