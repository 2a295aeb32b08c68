"""Which code each revision is told, and with what beside it."""

from typing import Any

import pytest

from vtmcp.protocol.errors import (
    InternalError,
    InvalidParams,
    InvalidRequest,
    LocalProtocolError,
    MethodNotFound,
    MissingCapability,
    ParseError,
    ProtocolError,
    ResourceNotFound,
    RpcError,
    ToolError,
    UnsupportedVersion,
    UrlElicitationRequired,
)
from vtmcp.protocol.versions import REVISIONS

URL = {"mode": "url", "url": "http://x/", "elicitationId": "1", "message": "m"}

CODES: dict[str, tuple[RpcError, list[int]]] = {
    # A code for each revision, the oldest first.
    "any error": (RpcError("m"), [-32603] * 5),
    "a document that is not JSON": (ParseError("m"), [-32700] * 5),
    "a message out of place": (InvalidRequest("m"), [-32600] * 5),
    "an unknown method": (MethodNotFound("m"), [-32601] * 5),
    "wrong parameters": (InvalidParams("m"), [-32602] * 5),
    "an internal error": (InternalError("m"), [-32603] * 5),
    "an unknown resource": (ResourceNotFound("a://b"), [-32002] * 4 + [-32602]),
    "a capability that is missing": (MissingCapability("m", {}), [-32600] * 4 + [-32021]),
    "an unknown version": (UnsupportedVersion("x", []), [-32022] * 5),
    "a URL to go to first": (
        UrlElicitationRequired("m", [URL]),
        [-32600, -32600, -32600, -32042, -32600],
    ),
}

BODIES: dict[str, tuple[RpcError, dict[str, Any]]] = {
    "text alone": (InvalidParams("m"), {"code": -32602, "message": "m"}),
    "data that is not null": (InvalidParams("m", 0), {"code": -32602, "message": "m", "data": 0}),
    "the uri of a resource": (
        ResourceNotFound("a://b"),
        {"code": -32602, "message": "Resource not found: a://b", "data": {"uri": "a://b"}},
    ),
    "capabilities are an object": (
        MissingCapability("m", {"sampling": {}}),
        {"code": -32021, "message": "m", "data": {"requiredCapabilities": {"sampling": {}}}},
    ),
    "versions that are supported": (
        UnsupportedVersion("x", ["y"]),
        {
            "code": -32022,
            "message": "Unsupported protocol version",
            "data": {"supported": ["y"], "requested": "x"},
        },
    ),
    "where to send the user": (
        UrlElicitationRequired("m", [URL]),
        {"code": -32600, "message": "m", "data": {"elicitations": [URL]}},
    ),
}


@pytest.mark.parametrize(("error", "codes"), CODES.values(), ids=CODES)
def test_codes_by_revision(error: RpcError, codes: list[int]) -> None:
    assert [error.body(revision)["code"] for revision in REVISIONS] == codes


@pytest.mark.parametrize(("error", "body"), BODIES.values(), ids=BODIES)
def test_bodies_of_the_newest_revision(error: RpcError, body: dict[str, Any]) -> None:
    assert error.body("2026-07-28") == body
    assert str(error) == body["message"]


def test_only_three_families_stand_below_the_root() -> None:
    assert set(ProtocolError.__subclasses__()) == {RpcError, ToolError, LocalProtocolError}
