"""The `requestState` of a call that waits for its client's input: sealed, bound, expiring.

Source: MCP 2026-07-28, basic/patterns/mrtr. What comes back is a stranger's text until the seal,
the request that it was given for and its time have been checked. Must not be here: what is asked.
"""

import time
from collections.abc import Callable
from typing import Any

from vtmcp.protocol.actions import Call
from vtmcp.protocol.errors import InvalidParams
from vtmcp.protocol.messages import Json
from vtmcp.protocol.seal import digest, seal, unseal

STATE_TTL_S = 600.0
"""How long a `requestState` may be used: as long as a person may take to fill in a form."""

_PURPOSE = "requestState"
_NOT_THE_REQUEST = ("_meta", "inputResponses", "requestState")
"""Parameters that differ from round to round."""


class RequestStates:
    """Seals the answers so far, and reads them back; each process with the same key can."""

    def __init__(
        self, key: bytes, *, ttl_s: float = STATE_TTL_S, clock: Callable[[], float] = time.time
    ) -> None:
        self._key = key
        self._ttl_s = ttl_s
        self._clock = clock

    def seal(self, call: Call, answers: Json, caller: str = "") -> str:
        """The state to send with the questions. Raises `InvalidParams` as `unseal` does.

        It is of use to the same `caller` only: who that is the transport has found out.
        """
        expires_s = self._clock() + self._ttl_s
        state = {"request": _fingerprint(call, caller), "answers": answers, "expires": expires_s}
        return seal(state, key=self._key, purpose=_PURPOSE)

    def unseal(self, call: Call, text: Any, caller: str = "") -> Json:
        """The answers of earlier rounds. Raises `InvalidParams` for what was not given to it."""
        try:
            state = unseal(text, key=self._key, purpose=_PURPOSE)
        except (ValueError, AttributeError):
            raise _refused("is not one of this server") from None
        if state["request"] != _fingerprint(call, caller):
            raise _refused("belongs to another request")
        if state["expires"] < self._clock():
            raise _refused("has expired; call again without it")
        answers: Json = state["answers"]
        return answers


def _fingerprint(call: Call, caller: str) -> str:
    params = {name: value for name, value in call.params.items() if name not in _NOT_THE_REQUEST}
    try:
        return digest([call.method, params, caller])
    except RecursionError:
        raise InvalidParams(
            "Invalid params: they are nested too deeply to be asked about"
        ) from None


def _refused(why: str) -> InvalidParams:
    return InvalidParams(f'Invalid params: "requestState" {why}')
