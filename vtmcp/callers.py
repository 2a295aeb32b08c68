"""What the product lets callers do: tools, tenants, and how much at once.

Must not be here: who they are, and where the rules come from (`access`, `app_callers`).
"""

from collections.abc import Callable
from typing import NamedTuple

from vtmcp.handlers.context import NO_RULES
from vtmcp.handlers.rules import Rules
from vtmcp.traces.tenant import Tenant


class Callers(NamedTuple):
    """What callers may do; on stdio there is one, and it may do everything."""

    rules: Rules = NO_RULES
    allows_tenant: Callable[[str, Tenant], bool] = lambda caller, tenant: True
    """Asked of each call; a refusal is told of."""
    may_read: Callable[[str, Tenant], bool] = lambda caller, tenant: True
    """The same, asked to know and not to refuse."""
    allows_deployment: Callable[[str, str], bool] = lambda caller, name: True
    """Of those beside the usual one, which everyone may ask."""


EVERYONE = Callers()
