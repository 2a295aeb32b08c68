"""What is under way in both directions: the peer's requests, and ours to the peer.

Must not be here: what a request does. An id is free again once its request has ended.
"""

from typing import Any

from vtmcp.protocol.errors import InvalidRequest
from vtmcp.protocol.messages import Json, RequestId, is_request_id
from vtmcp.protocol.versions import Revision


class Batch:
    """The responses of one array, kept until the last has come (2025-03-26)."""

    def __init__(self) -> None:
        self.waiting = 0
        self.responses: list[Json] = []
        self.closed = False
        """Whether the array has been read to its end."""

    @property
    def complete(self) -> bool:
        return self.closed and not self.waiting


class InFlight:
    """A request of the peer's that has no answer yet."""

    __slots__ = ("batch", "method", "params", "progress", "revision")

    def __init__(
        self, method: str, params: Json, revision: Revision, batch: Batch | None = None
    ) -> None:
        self.method = method
        self.params = params
        self.revision = revision
        self.batch = batch
        self.progress: float | None = None

    @property
    def progress_token(self) -> RequestId | None:
        """`_meta.progressToken`, or None when there is none that could be echoed."""
        token = self.meta.get("progressToken")
        return token if is_request_id(token) else None

    @property
    def meta(self) -> Json:
        meta: Any = self.params.get("_meta")
        return meta if isinstance(meta, dict) else {}


class Calls:
    """The peer's requests in flight, by id. An id may not be used twice at once."""

    def __init__(self) -> None:
        self._calls: dict[RequestId, InFlight] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def begin(self, request_id: RequestId, call: InFlight) -> None:
        """Raises `InvalidRequest` when the id is in use."""
        if request_id in self._calls:
            raise InvalidRequest("Invalid request: this id is that of a request still under way")
        self._calls[request_id] = call

    def get(self, request_id: RequestId) -> InFlight | None:
        return self._calls.get(request_id)

    def revise(self, request_id: RequestId, revision: Revision) -> None:
        """Answer a request under way by another revision's rules: that which it agreed on."""
        self._calls[request_id].revision = revision

    def ids(self) -> list[RequestId]:
        return list(self._calls)

    def end(self, request_id: RequestId) -> InFlight | None:
        """Take the request out; None when it was cancelled or never was."""
        return self._calls.pop(request_id, None)


class Asks:
    """Our requests to the peer: ids of our own, and the call that each belongs to."""

    def __init__(self) -> None:
        self._next = 1
        self._open: dict[RequestId, RequestId] = {}

    def begin(self, call_id: RequestId) -> RequestId:
        ask_id = self._next
        self._next += 1
        self._open[ask_id] = call_id
        return ask_id

    def end(self, ask_id: RequestId | None) -> bool:
        """Whether the ask was open until now."""
        # 1 and True are one key in Python; the type of an id was checked when it was read.
        return ask_id is not None and self._open.pop(ask_id, None) is not None

    def of_call(self, call_id: RequestId) -> list[RequestId]:
        if not self._open:
            return []
        return [ask for ask, call in self._open.items() if call == call_id]
