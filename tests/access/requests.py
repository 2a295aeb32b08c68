"""Requests as the endpoints hand them over, for tests."""

from vtmcp.transports.http_values import Request, Response

CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"trace"}}'


def request(*authorizations: str, method: str = "POST", body: bytes = CALL) -> Request:
    headers = tuple(("authorization", value) for value in authorizations)
    return Request(method, "/mcp", "", headers, body)


def challenge(response: object) -> tuple[int, str]:
    """The status of a refusal, and its challenge or whatever else says what to do next."""
    assert isinstance(response, Response)
    headers = dict(response.headers)
    return response.status, headers.get("www-authenticate", headers.get("retry-after", ""))
