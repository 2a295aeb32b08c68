"""Callers by an authorization server: each token is asked about once in a while, never more.

What is remembered is bounded and short, under the token's hash. When the server does not answer,
nobody is let in. Must not be here: what a request or its refusal looks like.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import NamedTuple

import anyio

from vtmcp.access.form_client import Answer, ExchangeError
from vtmcp.access.introspection import Expected, Grant, credentials, question, read_answer

GOOD_S = 30.0
"""How long a valid token is believed: so long a revoked one may still be used."""

BAD_S = 5.0
"""How long a token stays refused: a client that repeats it costs one question."""

ENTRIES_MAX = 10_000
"""Remembered of each kind, so that junk never drives out what is valid."""

ASKING_MAX = 16
"""Questions at once."""

WAITING_MAX = 256
"""Questions that wait; beyond them the answer is that it cannot be checked now."""

WAIT_S = 10.0
"""How long one waits for its turn and its answer together."""


class OAuthSettings(NamedTuple):
    """How tokens are checked. Only `secret`, a function, ever gives the client's secret."""

    expected: Expected
    client_id: str
    secret: Callable[[], str]
    scopes: tuple[str, ...] = ()
    """What every request needs."""


class UncheckedError(Exception):
    """The token could not be checked; the text says why, for logs."""


class OAuth:
    """Grants by token. `post` sends a form with a credential and may raise `ExchangeError`."""

    def __init__(
        self,
        settings: OAuthSettings,
        post: Callable[[bytes, str], Awaitable[Answer]],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._post = post
        self._clock = clock
        self._good = _Memory()
        self._bad = _Memory()
        self._flights: dict[bytes, anyio.Event] = {}
        self._asking: anyio.Semaphore | None = None

    async def grant(self, token: str) -> Grant:
        """What the token grants; `INVALID` for one that is not valid here.

        Raises `UncheckedError`. Several who bring one token wait for one question.
        """
        digest = sha256(token.encode()).digest()
        while (known := self._known(digest)) is None:
            flight = self._flights.get(digest)
            if flight is None:
                return await self._lead(digest, token)
            # Whoever asks may be cancelled, or get no answer; then one of those who wait asks.
            await flight.wait()
        return known

    def _known(self, digest: bytes) -> Grant | None:
        now_s = self._clock()
        return self._good.get(digest, now_s) or self._bad.get(digest, now_s)

    async def _lead(self, digest: bytes, token: str) -> Grant:
        if len(self._flights) >= ASKING_MAX + WAITING_MAX:
            raise UncheckedError("too many tokens are being checked")
        if self._asking is None:  # Not before there is an event loop.
            self._asking = anyio.Semaphore(ASKING_MAX)
        flight = self._flights[digest] = anyio.Event()
        try:
            with anyio.fail_after(WAIT_S):
                async with self._asking:
                    grant = await self._ask(token)
        except TimeoutError:
            raise UncheckedError(f"no answer within {WAIT_S:g} s") from None
        finally:
            del self._flights[digest]
            flight.set()
        now_s = self._clock()
        if grant.caller:
            until_s = now_s + GOOD_S
            self._good.put(digest, grant, min(until_s, grant.until_s or until_s))
        else:
            self._bad.put(digest, grant, now_s + BAD_S)
        return grant

    async def _ask(self, token: str) -> Grant:
        settings = self.settings
        authorization = credentials(settings.client_id, settings.secret())
        try:
            answer = await self._post(question(token), authorization)
        except ExchangeError as error:
            raise UncheckedError(str(error)) from None
        if answer.status != 200:
            raise UncheckedError(f"it answered with status {answer.status}")
        try:
            return read_answer(answer.body, settings.expected, self._clock())
        except ValueError as error:
            raise UncheckedError(f"its answer holds {error}") from None


class _Memory:
    """A bounded number of grants, each until a time; the one that was put first goes first."""

    def __init__(self) -> None:
        self._grants: OrderedDict[bytes, tuple[Grant, float]] = OrderedDict()

    def get(self, digest: bytes, now_s: float) -> Grant | None:
        found = self._grants.get(digest)
        if found is None:
            return None
        if now_s >= found[1]:
            del self._grants[digest]
            return None
        return found[0]

    def put(self, digest: bytes, grant: Grant, until_s: float) -> None:
        self._grants[digest] = (grant, until_s)
        self._grants.move_to_end(digest)
        if len(self._grants) > ENTRIES_MAX:
            self._grants.popitem(last=False)
