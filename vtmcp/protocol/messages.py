"""What a JSON value must be to be a message, and how one is written.

JSON-RPC 2.0 as MCP narrows it (basic, "Messages"): an id is a string or an integer, `params` an
object. Must not be here: any method's own rules.
"""

from typing import Any, NamedTuple, TypeGuard

from vtmcp.protocol.errors import InvalidParams, InvalidRequest, RpcError

RequestId = int | str
Json = dict[str, Any]


class Request(NamedTuple):
    """A call that wants an answer."""

    id: RequestId
    method: str
    params: Json


class Notification(NamedTuple):
    """A call that wants none."""

    method: str
    params: Json


class Response(NamedTuple):
    """The peer's answer to a request of ours; exactly one of `result` and `error` is set."""

    id: RequestId | None
    result: Json | None
    error: Json | None


class Malformed(NamedTuple):
    """Not a message; `id` is there when it could be read, and goes into the answer."""

    id: RequestId | None
    error: RpcError


Message = Request | Notification | Response | Malformed


def is_request_id(value: Any) -> TypeGuard[RequestId]:
    """Whether a value may be an id or a progress token: a string or an integer, not a boolean."""
    return isinstance(value, int | str) and not isinstance(value, bool)


def read_message(value: Any) -> Message:
    """Tell what a decoded document is. Never raises: what is wrong comes back as `Malformed`."""
    if not isinstance(value, dict):
        return Malformed(None, InvalidRequest("Invalid request: a message is a JSON object"))
    request_id = value.get("id")
    known_id = request_id if is_request_id(request_id) else None
    if value.get("jsonrpc") != "2.0":
        return Malformed(known_id, InvalidRequest('Invalid request: "jsonrpc" must be "2.0"'))
    if "method" in value:
        return _read_call(value, known_id)
    return _read_response(value, known_id)


def request_message(request_id: RequestId, method: str, params: Json) -> Json:
    """A request to the peer; empty parameters are left out."""
    return {"jsonrpc": "2.0", "id": request_id, "method": method, **_some(params)}


def notification_message(method: str, params: Json) -> Json:
    """A notification to the peer; empty parameters are left out."""
    return {"jsonrpc": "2.0", "method": method, **_some(params)}


def error_message(request_id: RequestId | None, body: Json) -> Json:
    """An error response. An id that could not be read is left out: schemas allow that, no null."""
    if request_id is None:
        return {"jsonrpc": "2.0", "error": body}
    return {"jsonrpc": "2.0", "id": request_id, "error": body}


def _some(params: Json) -> Json:
    return {"params": params} if params else {}


def _read_call(value: Json, known_id: RequestId | None) -> Message:
    if "id" in value and known_id is None:
        text = 'Invalid request: "id" must be a string or an integer'
        return Malformed(None, InvalidRequest(text))
    method = value["method"]
    if not isinstance(method, str):
        return Malformed(known_id, InvalidRequest('Invalid request: "method" must be a string'))
    if "result" in value or "error" in value:
        text = 'Invalid request: a message with "method" has no "result" or "error"'
        return Malformed(known_id, InvalidRequest(text))
    params = value.get("params", {})
    if not isinstance(params, dict):
        if known_id is None:
            # A notification is never answered, so nobody can be told; it is dropped by its name.
            return Notification("", {})
        return Malformed(known_id, InvalidParams('Invalid params: "params" must be an object'))
    if known_id is None:
        return Notification(method, params)
    return Request(known_id, method, params)


def _read_response(value: Json, known_id: RequestId | None) -> Message:
    result, error = value.get("result"), value.get("error")
    if ("result" in value) == ("error" in value):
        text = (
            'Invalid request: neither a call with "method" nor an answer with "result" or "error"'
        )
        # An id beside a broken answer is one of ours: to echo it would name a call of the peer's.
        answering = "result" in value
        return Malformed(None if answering else known_id, InvalidRequest(text))
    if known_id is None and value.get("id") is not None:
        return Malformed(None, InvalidRequest('Invalid request: "id" must be a string or integer'))
    if isinstance(result, dict):
        return Response(known_id, result, None)
    if isinstance(error, dict):
        return Response(known_id, None, error)
    return Malformed(None, InvalidRequest('Invalid request: "result" and "error" are objects'))
