"""Hold messages of a server against the official JSON schemas, for those who have them.

The schemas are not part of this package: `--schemas` names a folder with `<revision>.json`.
Must not be here: any rule of our own.
"""

import base64
import binascii
import json
import re
from pathlib import Path
from typing import Any

from vtmcp.conformance.patterns import Json
from vtmcp.conformance.wire import Asked

RESULTS = {
    "initialize": "InitializeResult",
    "server/discover": "DiscoverResult",
    "tools/list": "ListToolsResult",
    "tools/call": "CallToolResult",
    "prompts/list": "ListPromptsResult",
    "prompts/get": "GetPromptResult",
    "resources/list": "ListResourcesResult",
    "resources/templates/list": "ListResourceTemplatesResult",
    "resources/read": "ReadResourceResult",
    "completion/complete": "CompleteResult",
    "subscriptions/listen": "SubscriptionsListenResult",
}
"""Each method and the definition of its result; the results of others are `EmptyResult`."""

ERRORS = {-32021: "MissingRequiredClientCapabilityError", -32022: "UnsupportedProtocolVersionError"}
"""Codes whose `data` has a definition of its own, from 2026-07-28 on."""


class Schemas:
    """The schemas of a folder, each read when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._documents: dict[str, dict[str, Any]] = {}
        self._validators: dict[tuple[str, str], Any] = {}

    def problem(self, revision: str, message: Json, asked: Asked | None) -> str:
        """Return the first problem of a message of the server, or an empty text."""
        for definition, value in self._parts(revision, message, asked):
            found = self._best_error(revision, definition, value)
            if found:
                return f"{definition}: {found}"
        return ""

    def _parts(self, revision: str, message: Json, asked: Asked | None) -> list[tuple[str, Json]]:
        names = self._definitions(revision)
        if "method" in message:
            return [("ServerRequest" if "id" in message else "ServerNotification", message)]
        if "error" in message:
            error = next(name for name in ("JSONRPCErrorResponse", "JSONRPCError") if name in names)
            special = ERRORS.get(message["error"]["code"], "")
            no_id = revision < "2025-11-25" and message.get("id") is None
            # The older schemas know no error without an id, though there is no other way.
            outer = {**message, "id": 0} if no_id else message
            return [(error, outer), *([(special, message)] if special in names else [])]
        result = message["result"]
        definition = RESULTS.get(asked.method if asked else "", "EmptyResult")
        if result.get("resultType") == "input_required":
            definition = "InputRequiredResult"
        return [(definition, result)] if definition in names else []

    def _best_error(self, revision: str, definition: str, value: Json) -> str:
        from jsonschema.exceptions import best_match  # noqa: PLC0415 - for developers only

        error = best_match(self._validator(revision, definition).iter_errors(value))
        return "" if error is None else f"{error.json_path}: {error.message[:400]}"

    def _validator(self, revision: str, definition: str) -> Any:
        key = (revision, definition)
        if key not in self._validators:
            from jsonschema import FormatChecker, validators  # noqa: PLC0415 - for developers only

            formats = FormatChecker(())
            formats.checks("uri")(_is_uri)
            formats.checks("byte")(_is_base64)
            document = self._document(revision)
            keyword = "$defs" if "$defs" in document else "definitions"
            schema = {**document, "$ref": f"#/{keyword}/{definition}"}
            self._validators[key] = validators.validator_for(schema)(schema, format_checker=formats)
        return self._validators[key]

    def _definitions(self, revision: str) -> dict[str, Any]:
        document = self._document(revision)
        found: dict[str, Any] = document.get("$defs") or document["definitions"]
        return found

    def _document(self, revision: str) -> dict[str, Any]:
        if revision not in self._documents:
            text = (self._folder / f"{revision}.json").read_text("utf-8")
            self._documents[revision] = json.loads(text)
        return self._documents[revision]


def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(
        re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+", value)
    )


def _is_base64(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        return False
    return True
