"""What opens the door, and what the policy says of whoever came in.

Must not be here: requests and refusals.
"""

from typing import NamedTuple

from vtmcp.access.gate import CallLimits
from vtmcp.access.oauth import OAuth
from vtmcp.access.permissions import EVERYTHING, NOTHING, Permissions
from vtmcp.access.policy import Policy, Rule
from vtmcp.access.tokens import BEARER, TokenHash
from vtmcp.access.watched_file import WatchedFile


class Keys(NamedTuple):
    """All ways in. A file is looked at anew each time, so that a change needs no restart."""

    token: TokenHash | None = None
    token_file: WatchedFile[TokenHash] | None = None
    policy_file: WatchedFile[Policy] | None = None
    oauth: OAuth | None = None

    def hashes(self) -> list[TokenHash]:
        """All static tokens."""
        own = [self.token] if self.token else []
        filed = [self.token_file.current()] if self.token_file else []
        listed = self.policy_file.current().hashes if self.policy_file else ()
        return [*own, *filed, *listed]

    def rule(self, caller: str) -> Rule | None:
        """What the policy says of a caller, or None where it does not name it.

        The owner of the one token may do all, and so may everyone where there is no policy.
        """
        if caller == BEARER or self.policy_file is None:
            return Rule(EVERYTHING)
        return self.policy_file.current().rule(caller)

    def permissions(self, caller: str) -> Permissions:
        """What a caller may use, as it is now."""
        rule = self.rule(caller)
        return NOTHING if rule is None else rule.permissions

    def limits(self, caller: str, defaults: CallLimits) -> CallLimits:
        """How much a caller may do, as it is now; `defaults` where the policy does not say."""
        rule = self.rule(caller) or Rule()
        per_minute, at_once = defaults
        return CallLimits(
            per_minute if rule.calls_per_minute is None else rule.calls_per_minute,
            at_once if rule.calls_at_once is None else rule.calls_at_once,
        )
