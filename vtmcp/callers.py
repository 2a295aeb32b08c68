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


EVERYONE = Callers()
