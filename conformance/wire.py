"""Rules that each message of a server must keep in every conversation, whatever it is about.

It follows both directions and knows which requests are open. Must not be here: what a single
conversation expects (`conversation`), and the official schemas (`schemas`).
"""

import json
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from vtmcp.conformance.patterns import RESERVED, Json, same, shown

LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")

LIST_CHANGES = tuple(
    f"notifications/{area}/list_changed" for area in ("tools", "prompts", "resources")
)

NEEDED_CAPABILITIES = {
    "sampling/createMessage": "sampling",
    "roots/list": "roots",
    "elicitation/create": "elicitation",
}
"""What a client must have declared before a server may ask it."""


EARLIER_CODES = (-32002, -32042)
"""What 2026-07-28 no longer says: a missing resource, an elicitation that must come first."""

RESERVED_CODES = (-32099, -32020)
"""The first and the last code that belong to the specification from 2026-07-28 on."""

MODERN_CODES = (-32020, -32021, -32022)
"""Those of them that mean something."""


class BrokenRuleError(Exception):
    """A message of the server breaks a rule of all conversations; the text says which."""


class Asked(NamedTuple):
    """A request of the client that waits for its answer."""

    id: Json
    method: str
    meta: dict[str, Json]

    @property
    def is_modern(self) -> bool:
        return f"{RESERVED}protocolVersion" in self.meta


class Wire:
    """What both sides have said, as far as the rules need it."""

    def __init__(self) -> None:
        self.has_session = False
        self._has_modern = False
        self._open: list[Asked] = []
        self._client_capabilities: dict[str, Json] = {}
        self._progress: dict[tuple[str, Json], float] = {}
        self._has_said_the_unreadable = False

    @property
    def _is_modern_only(self) -> bool:
        """Whether all that was asked stands for itself; before a handshake that is not known."""
        return self._has_modern and not self.has_session

    def sent(self, document: bytes) -> None:
        """Take note of what the client said, as far as it can be read here."""
        try:
            said = json.loads(document)
        except (ValueError, RecursionError):
            self._has_said_the_unreadable = True
            return
        for message in said if isinstance(said, list) else [said]:
            if isinstance(message, dict) and "result" not in message and "error" not in message:
                self._note_request(message)

    def read(self, line: bytes) -> Json:
        """Return the JSON of a line of the server.

        Raises:
            BrokenRuleError: when it is not one JSON object or array, in UTF-8, of standard JSON.
        """
        try:
            value = json.loads(line.decode("utf-8"), parse_constant=_not_json)
        except (ValueError, RecursionError) as error:
            text = line[:300].decode("utf-8", "replace")
            raise BrokenRuleError(
                f"a line of the server is not JSON in UTF-8 ({error}): {text}"
            ) from error
        if not isinstance(value, dict | list) or value == []:
            raise BrokenRuleError(f"a line of the server is not a message: {shown(value)}")
        return value

    def received(self, message: Json) -> Asked | None:
        """Check a message of the server; return the request that it answers, if it is an answer.

        Raises:
            BrokenRuleError: with the rule and the message.
        """
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            raise BrokenRuleError(
                f'a message of the server lacks "jsonrpc": "2.0": {shown(message)}'
            )
        try:
            if "method" not in message:
                return self._answered(message)
            if "id" in message:
                self._check_request(message)
            else:
                self._check_notification(message)
        except BrokenRuleError as broken:
            raise BrokenRuleError(f"{broken}: {shown(message)}") from None
        return None

    def _note_request(self, message: dict[str, Json]) -> None:
        params = message.get("params")
        params = params if isinstance(params, dict) else {}
        if message.get("method") == "notifications/cancelled":
            self._end_subscription(params.get("requestId"))
        if "id" not in message or type(message["id"]) not in (int, str):
            return
        meta = params.get("_meta")
        method = message.get("method")
        asked = Asked(message["id"], str(method), meta if isinstance(meta, dict) else {})
        self._open.append(asked)
        self._has_modern |= asked.is_modern
        capabilities = params.get("capabilities")
        if method == "initialize" and not self.has_session and isinstance(capabilities, dict):
            self._client_capabilities = capabilities

    def _end_subscription(self, request_id: Json) -> None:
        """A cancelled subscription says nothing more; other calls may still be on their way."""
        self._open = [
            asked
            for asked in self._open
            if not (asked.method == "subscriptions/listen" and same(asked.id, request_id))
        ]

    def _answered(self, message: dict[str, Json]) -> Asked | None:
        is_error = "error" in message
        if is_error == ("result" in message):
            raise BrokenRuleError("an answer has either `result` or `error`")
        if is_error:
            _check_error(message["error"])
            if message.get("id") is None:
                return None
        elif not isinstance(message["result"], dict):
            raise BrokenRuleError("`result` is not an object")
        same_id = [asked for asked in self._open if same(asked.id, message.get("id"))]
        # An id that is used twice at once: the error is for the second request.
        asked = same_id[-1 if is_error else 0] if same_id else None
        if asked is None and self._has_said_the_unreadable:
            return None
        if asked is None:
            raise BrokenRuleError("the server answers what was not asked, or was answered before")
        self._open.remove(asked)
        if not is_error:
            self._check_result(asked, message["result"])
        elif asked.is_modern:
            _check_modern_code(message["error"]["code"])
        return asked

    def _check_result(self, asked: Asked, result: dict[str, Json]) -> None:
        kind = result.get("resultType")
        if asked.is_modern and not isinstance(kind, str):
            raise BrokenRuleError("each result of 2026-07-28 has a `resultType`")
        if not asked.is_modern and "resultType" in result:
            raise BrokenRuleError("`resultType` does not exist before 2026-07-28")
        if asked.method == "initialize" and not asked.is_modern:
            self.has_session = True

    def _check_request(self, message: dict[str, Json]) -> None:
        if type(message["id"]) not in (int, str) or not isinstance(message["method"], str):
            raise BrokenRuleError("a request of the server has no valid id or method")
        if not self.has_session:
            raise BrokenRuleError("a server sends requests in an initialized session only")
        needed = NEEDED_CAPABILITIES.get(message["method"])
        if needed and needed not in self._client_capabilities:
            raise BrokenRuleError(f"the client did not declare `{needed}`")

    def _check_notification(self, message: dict[str, Json]) -> None:
        params = message.get("params", {})
        if not isinstance(message["method"], str) or not isinstance(params, dict):
            raise BrokenRuleError("a notification of the server has no valid method or params")
        subscription = subscription_of(message)
        if subscription is not None and not self._listens(subscription):
            raise BrokenRuleError("no open subscription has this id")
        if message["method"] == "notifications/progress":
            self._check_progress(params)
        elif message["method"] == "notifications/message":
            self._check_log(params)
        elif message["method"] in LIST_CHANGES and subscription is None and self._is_modern_only:
            raise BrokenRuleError("without a session, changes are told to subscriptions only")

    def _listens(self, subscription: Json) -> bool:
        listens = (asked for asked in self._open if asked.method == "subscriptions/listen")
        return any(same(asked.id, subscription) for asked in listens)

    def _check_progress(self, params: dict[str, Json]) -> None:
        token, progress = params.get("progressToken"), params.get("progress")
        if not any(same(asked.meta.get("progressToken"), token) for asked in self._open):
            raise BrokenRuleError("no open request has this progress token")
        if isinstance(progress, bool) or not isinstance(progress, int | float):
            raise BrokenRuleError("`progress` is not a number")
        key = (type(token).__name__, token)
        if progress <= self._progress.get(key, float("-inf")):
            raise BrokenRuleError("`progress` must rise with each notification")
        self._progress[key] = progress

    def _check_log(self, params: dict[str, Json]) -> None:
        level = params.get("level")
        if level not in LEVELS or "data" not in params:
            raise BrokenRuleError("a log message has a known `level`, and `data`")
        asked = [entry.meta.get(f"{RESERVED}logLevel") for entry in self._open if entry.is_modern]
        wanted = [name for name in asked if name in LEVELS]
        if not self._is_modern_only:
            # A session's level is only advised, and it may be told before the handshake.
            wanted.append(LEVELS[0])
        if not wanted:
            raise BrokenRuleError("no open request has asked for log messages")
        if LEVELS.index(level) < min(map(LEVELS.index, wanted)):
            raise BrokenRuleError(f"log messages were asked for from {' or '.join(wanted)} on")


def messages_of(value: Json) -> Iterator[Json]:
    """The messages of a line: itself, or those of a batch."""
    yield from value if isinstance(value, list) else [value]


def subscription_of(message: Json) -> Json:
    """The id of the subscription that a notification is for, or None."""
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    return meta.get(f"{RESERVED}subscriptionId") if isinstance(meta, dict) else None


def _check_modern_code(code: int) -> None:
    is_reserved = RESERVED_CODES[0] <= code <= RESERVED_CODES[1]
    if code in EARLIER_CODES or (is_reserved and code not in MODERN_CODES):
        raise BrokenRuleError(f"2026-07-28 has no code {code}")


def _check_error(error: Json) -> None:
    if not isinstance(error, dict) or type(error.get("code")) is not int:
        raise BrokenRuleError("`error.code` is not an integer")
    if not isinstance(error.get("message"), str):
        raise BrokenRuleError("`error.message` is not a string")


def _not_json(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
