"""How long each part of a request may take: one timer whose end moves from part to part.

Must not be here: what is waited for, and the sentence for the reader (`failures.py`).
"""

from typing import NamedTuple

import anyio

from vtmcp.victoriatraces.settings import Settings


class Limit(NamedTuple):
    """One part of a request: how long it may take, who says so, and what did not happen."""

    limit_s: float
    variable: str
    fact: str


class Limits:
    """The limits that the settings give."""

    def __init__(self, settings: Settings) -> None:
        connect = (settings.connect_timeout_s, "VT_CONNECT_TIMEOUT")
        self.look_up = Limit(*connect, "was not found by its name")
        self.connect = Limit(*connect, "did not accept a connection")
        self.tls = Limit(settings.tls_timeout_s, "VT_TLS_TIMEOUT", "did not agree on TLS")
        self.first_byte = Limit(
            settings.first_byte_timeout_s, "VT_FIRST_BYTE_TIMEOUT", "sent nothing"
        )
        self.read = Limit(settings.read_timeout_s, "VT_READ_TIMEOUT", "sent no more")
        self.total = Limit(
            settings.total_timeout_s, "VT_TOTAL_TIMEOUT", "did not finish its answer"
        )


class Patience:
    """The time left for one request. Use `scope` once, around all of it.

    There is one timer for all limits: a scope for each cost more than the rest of a request.
    """

    def __init__(self, total: Limit) -> None:
        self._total = total
        self._total_end_s = anyio.current_time() + total.limit_s
        self._limit = total
        self._is_waiting = True
        self.scope = anyio.CancelScope(deadline=self._total_end_s)

    def begin(self, limit: Limit) -> None:
        """Begin a part, which ends the one before. Raises nothing; the scope ends by itself."""
        self._is_waiting = False
        end_s = anyio.current_time() + limit.limit_s
        self._limit = limit if end_s < self._total_end_s else self._total
        self.scope.deadline = min(end_s, self._total_end_s)

    @property
    def ran_out_on(self) -> Limit:
        """The limit that ended the scope."""
        return self._limit

    @property
    def is_waiting(self) -> bool:
        """Whether no part has begun: all the time went into the wait for a connection."""
        return self._is_waiting
