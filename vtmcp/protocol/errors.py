"""The errors of the engine, and who is told of each.

    ProtocolError
      RpcError                    told to the client, as a JSON-RPC error with its code
        ParseError                -32700
        InvalidRequest            -32600
        MethodNotFound            -32601
        InvalidParams             -32602
          ResourceNotFound        -32002 before 2026-07-28, -32602 from then on
        InternalError             -32603
        HeaderMismatchError       -32020 (2026-07-28), in `headers`
        MissingCapability         -32021 (2026-07-28), -32600 before
        UnsupportedVersion        -32022 (2026-07-28)
        UrlElicitationRequired    -32042 (2025-11-25), -32600 elsewhere
        Forbidden                 403, outside of what JSON-RPC and MCP keep for themselves
      ToolError                   told to the model, as a tool result with `isError`
      LocalProtocolError          our own bug; never sent

Codes: JSON-RPC 2.0, section 5.1; MCP 2025-11-25 and 2026-07-28, basic, "Error Codes".
Must not be here: text that quotes a cause, a traceback or a secret.
"""

from typing import Any, ClassVar


class ProtocolError(Exception):
    """The root of what the engine raises."""


class RpcError(ProtocolError):
    """An error that the client is told, with its JSON-RPC `code`, text and optional `data`."""

    code: ClassVar[int] = -32603
    code_since: ClassVar[dict[str, int]] = {}
    """Where it differs by revision: the code from that revision on, the oldest first."""

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data

    def body(self, revision: str) -> dict[str, Any]:
        """The `error` member as a peer of that revision knows it."""
        code = self.code
        for since, newer in self.code_since.items():
            if since <= revision:
                code = newer
        error: dict[str, Any] = {"code": code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        return error


class ParseError(RpcError):
    """The document is not JSON, or not UTF-8."""

    code = -32700


class InvalidRequest(RpcError):
    """JSON, but not a message that may be sent here and now."""

    code = -32600


class MethodNotFound(RpcError):
    """No such method in this revision, or its capability was not declared."""

    code = -32601


class InvalidParams(RpcError):
    """The parameters are missing, mistyped or name something unknown."""

    code = -32602


class ResourceNotFound(InvalidParams):
    """No resource has this URI. `data.uri` repeats it."""

    code_since: ClassVar = {"2024-11-05": -32002, "2026-07-28": -32602}

    def __init__(self, uri: str) -> None:
        super().__init__(f"Resource not found: {uri}", {"uri": uri})


class InternalError(RpcError):
    """Something failed here. The text never names the cause."""

    code = -32603


class MissingCapability(RpcError):
    """The request needs a client capability that was not declared.

    `capabilities` is a `ClientCapabilities` object, such as `{"sampling": {}}`.
    """

    code = -32021
    code_since: ClassVar = {"2024-11-05": -32600, "2026-07-28": -32021}

    def __init__(self, message: str, capabilities: dict[str, Any]) -> None:
        super().__init__(message, {"requiredCapabilities": capabilities})


class UnsupportedVersion(RpcError):
    """The request names a revision that the stateless era does not serve."""

    code = -32022

    def __init__(self, requested: str, supported: list[str]) -> None:
        super().__init__(
            "Unsupported protocol version",
            {"supported": supported, "requested": requested},
        )


class UrlElicitationRequired(RpcError):
    """The client must send its user to a URL first (2025-11-25)."""

    code = -32042
    code_since: ClassVar = {"2024-11-05": -32600, "2025-11-25": -32042, "2026-07-28": -32600}

    def __init__(self, message: str, elicitations: list[dict[str, Any]]) -> None:
        super().__init__(message, {"elicitations": elicitations})


class Forbidden(RpcError):
    """The caller may not do this, whatever it sends. The number is HTTP's, for want of another."""

    code = 403


class ToolError(ProtocolError):
    """A tool could not do it. The text is for the model: what was wrong, what to do next."""


class LocalProtocolError(ProtocolError):
    """The embedding program used the engine wrongly."""
