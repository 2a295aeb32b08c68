"""What a request says of its client, and how each part of it may be wrong."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.protocol.playbook import PREFIX, meta
from vtmcp.protocol.errors import InvalidParams, UnsupportedVersion
from vtmcp.protocol.messages import Request
from vtmcp.protocol.requests import (
    Client,
    is_modern,
    is_modern_only,
    read_client,
    read_initialize,
    read_level,
    read_object,
    read_string,
)

CLIENT_INFO = {"name": "c", "version": "1"}
INITIALIZE = {"protocolVersion": "x", "capabilities": {"roots": {}}, "clientInfo": CLIENT_INFO}

ERAS: dict[str, tuple[dict[str, Any], bool]] = {
    "no params": ({}, False),
    "a token alone": ({"_meta": {"progressToken": 1}}, False),
    "a _meta that is no object": ({"_meta": []}, False),
    "an unknown key of the same prefix": ({"_meta": {PREFIX + "other": 1}}, False),
    "a version": ({"_meta": {PREFIX + "protocolVersion": 1}}, True),
    "capabilities alone": ({"_meta": {PREFIX + "clientCapabilities": {}}}, True),
    "a name alone": ({"_meta": {PREFIX + "clientInfo": {}}}, True),
    "a log level alone": ({"_meta": {PREFIX + "logLevel": "info"}}, True),
}

CLIENTS: dict[str, tuple[dict[str, Any], Client]] = {
    "nothing but what is required": (meta(), Client("", "", {})),
    "capabilities": (
        meta(clientCapabilities={"sampling": {}}),
        Client("", "", {"sampling": {}}),
    ),
    "a name": (meta(clientInfo=CLIENT_INFO), Client("c", "1", {})),
    "half a name": (meta(clientInfo={"name": "c", "version": 2}), Client("c", "", {})),
    "a log level": (meta(logLevel="debug"), Client("", "", {})),
}

NO_CLIENTS: dict[str, tuple[dict[str, Any], str]] = {
    "no _meta": ({}, '"_meta" with .* is required'),
    "a _meta that is no object": ({"_meta": 1}, '"_meta" with .* is required'),
    "no version": ({"_meta": {}}, "protocolVersion.* must be a string"),
    "a version that is a number": ({"_meta": meta(protocolVersion=1)}, "must be a string"),
    "no capabilities": (
        {"_meta": {PREFIX + "protocolVersion": "2026-07-28"}},
        "clientCapabilities.* must be an object",
    ),
    "capabilities in a list": ({"_meta": meta(clientCapabilities=[])}, "must be an object"),
    "an unknown log level": ({"_meta": meta(logLevel="loud")}, "logLevel.*one of debug, info"),
    "a name in a list": ({"_meta": meta(clientInfo=[])}, "clientInfo.* must be an object"),
}

NO_INITIALIZE: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, '"protocolVersion" is required'),
    "a version that is a number": ({**INITIALIZE, "protocolVersion": 1}, "must be a string"),
    "no capabilities": ({**INITIALIZE, "capabilities": None}, '"capabilities" must be an object'),
    "no client": ({**INITIALIZE, "clientInfo": "c"}, '"clientInfo" must be an object'),
    "no name": ({**INITIALIZE, "clientInfo": {"version": "1"}}, '"clientInfo.name" must be'),
    "no version of the client": ({**INITIALIZE, "clientInfo": {"name": "c"}}, "clientInfo.version"),
}

READERS: dict[str, tuple[Callable[[], Any], Any]] = {
    "a string": (lambda: read_string({"a": ""}, "a"), ""),
    "an object": (lambda: read_object({"a": {"b": 1}}, "a"), {"b": 1}),
    "an absent object is empty": (lambda: read_object({}, "a"), {}),
    "a level": (lambda: read_level("emergency", "x"), "emergency"),
}

NOT_READ: dict[str, tuple[Callable[[], Any], str]] = {
    "no string": (lambda: read_string({}, "a"), '"a" is required'),
    "a string that is null": (lambda: read_string({"a": None}, "a"), '"a" is required'),
    "a string that is a list": (lambda: read_string({"a": []}, "a"), '"a" must be a string'),
    "an object that is null": (lambda: read_object({"a": None}, "a"), '"a" must be an object'),
    "a level in capitals": (lambda: read_level("INFO", "x"), "x must be one of"),
    "a level that is no text": (lambda: read_level([], "x"), "x must be one of"),
}

MODERN_ONLY = {"server/discover": True, "tools/list": False, "ping": False, "nope": False}


@pytest.mark.parametrize(("params", "modern"), ERAS.values(), ids=ERAS)
def test_the_era_of_a_request(params: dict[str, Any], modern: bool) -> None:
    assert is_modern(Request(1, "tools/list", params)) is modern


@pytest.mark.parametrize(("method", "only"), MODERN_ONLY.items())
def test_methods_of_the_stateless_era_alone(method: str, only: bool) -> None:
    assert is_modern_only(method) is only


@pytest.mark.parametrize(("carried", "client"), CLIENTS.values(), ids=CLIENTS)
def test_clients(carried: dict[str, Any], client: Client) -> None:
    assert read_client({"_meta": carried}) == client


@pytest.mark.parametrize(("params", "problem"), NO_CLIENTS.values(), ids=NO_CLIENTS)
def test_no_clients(params: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidParams, match=problem):
        read_client(params)


@pytest.mark.parametrize("version", ["2025-11-25", "v999.0.0", ""])
def test_a_version_that_is_not_served_is_told_before_its_other_faults(version: str) -> None:
    params = {"_meta": {PREFIX + "protocolVersion": version, PREFIX + "logLevel": "loud"}}
    with pytest.raises(UnsupportedVersion) as refused:
        read_client(params)
    assert refused.value.data == {"supported": ["2026-07-28"], "requested": version}


def test_initialize() -> None:
    assert read_initialize(INITIALIZE) == ("x", Client("c", "1", {"roots": {}}))


@pytest.mark.parametrize(("params", "problem"), NO_INITIALIZE.values(), ids=NO_INITIALIZE)
def test_no_initialize(params: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidParams, match=problem):
        read_initialize(params)


@pytest.mark.parametrize(("read", "value"), READERS.values(), ids=READERS)
def test_read(read: Callable[[], Any], value: Any) -> None:
    assert read() == value


@pytest.mark.parametrize(("read", "problem"), NOT_READ.values(), ids=NOT_READ)
def test_not_read(read: Callable[[], Any], problem: str) -> None:
    with pytest.raises(InvalidParams, match=problem):
        read()
