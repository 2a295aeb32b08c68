"""Who is let in: the `Access` of the endpoints.

The order is: one readable header, a static token, the authorization server, the scopes, the
policy, the rate. Must not be here: how any of these is done, and what a caller may do inside.
"""

from collections.abc import Callable
from typing import NamedTuple

from vtmcp.access.bearer import is_issued, read_bearer
from vtmcp.access.challenges import Challenges
from vtmcp.access.keys import Keys
from vtmcp.access.metadata import metadata_url
from vtmcp.access.oauth import UncheckedError
from vtmcp.access.tokens import caller_of
from vtmcp.transports.access import Caller
from vtmcp.transports.http_values import Request, Response

REASONS = (
    *("no_token", "malformed", "bad_token", "insufficient_scope", "unknown_caller"),
    *("unavailable", "rate"),
)
"""Every reason of a refusal: what a metric may have as a label."""

_CALLS_TOOL = b'"tools/call"'
"""The rate is about calls of tools; a ping or a cancellation costs nothing."""


class Refused(NamedTuple):
    """A refusal as it may be logged and counted: nothing in it was chosen by a client."""

    reason: str
    caller: str = ""
    """Whose request it was, where that is known."""
    detail: str = ""
    """Why the authorization server is of no help."""


class Door:
    """Asked about each request. `wait_s` tells how long a caller must wait for its next call."""

    def __init__(
        self,
        keys: Keys,
        *,
        wait_s: Callable[[str], float] = lambda caller: 0.0,
        observe: Callable[[Refused], None] = lambda refused: None,
    ) -> None:
        self._keys = keys
        self._wait_s = wait_s
        self._observe = observe
        oauth = keys.oauth
        self._challenges = (
            Challenges()
            if oauth is None
            else Challenges(metadata_url(oauth.settings.expected.resource), oauth.settings.scopes)
        )

    async def caller(self, request: Request) -> Caller | Response:
        """Who asks, or the refusal."""
        bearer = read_bearer(request)
        if bearer.is_malformed:
            return self._refuse("malformed", self._challenges.malformed())
        if not bearer.token:
            return self._refuse("no_token", self._challenges.no_token())
        name = caller_of(bearer.token, self._keys.hashes())
        if not name:
            found = await self._granted(bearer.token)
            if isinstance(found, Response):
                return found
            name = found
        if _calls_tool(request) and (wait_s := self._wait_s(name)):
            return self._refuse("rate", self._challenges.too_many(wait_s), name)
        return Caller(name)

    async def _granted(self, token: str) -> str | Response:
        """The caller by its token's issuer."""
        oauth = self._keys.oauth
        if oauth is None or not is_issued(token):
            return self._refuse("bad_token", self._challenges.bad_token())
        try:
            grant = await oauth.grant(token)
        except UncheckedError as error:
            return self._refuse("unavailable", self._challenges.unavailable(), detail=str(error))
        if not grant.caller:
            return self._refuse("bad_token", self._challenges.bad_token())
        if not grant.scopes.issuperset(oauth.settings.scopes):
            refusal = self._challenges.insufficient_scope()
            return self._refuse("insufficient_scope", refusal, grant.caller)
        if self._keys.rule(grant.caller) is None:
            return self._refuse("unknown_caller", self._challenges.unknown_caller(), grant.caller)
        return grant.caller

    def _refuse(
        self, reason: str, response: Response, caller: str = "", detail: str = ""
    ) -> Response:
        self._observe(Refused(reason, caller, detail))
        return response


def _calls_tool(request: Request) -> bool:
    return request.method == "POST" and _CALLS_TOOL in request.body
