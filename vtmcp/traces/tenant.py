"""A tenant of VictoriaTraces: who owns the spans that a call may read.

Knows nothing of HTTP: the headers that carry a tenant are the client's business.
"""

import re
from typing import NamedTuple

TENANT_PART_MAX = 2**32 - 1
"""VictoriaTraces takes an unsigned 32-bit number for each part."""

SHOWN_CHARS_MAX = 80
"""An error repeats no more than this of what was given; the longest tenant has 21 characters."""

ACCEPTED = "AccountID or AccountID:ProjectID, each a whole number from 0 to 4294967295"

_TENANT = re.compile(r"([0-9]{1,10})(?::([0-9]{1,10}))?", re.ASCII)


class Tenant(NamedTuple):
    """`AccountID` and `ProjectID`, each an unsigned 32-bit integer."""

    account_id: int = 0
    project_id: int = 0

    def __str__(self) -> str:
        return f"{self.account_id}:{self.project_id}"


def parse_tenant(text: str) -> Tenant:
    """Read `7` or `7:3`; the project is 0 when it is not given.

    Raises `ValueError`, with what is accepted, for anything else.
    """
    match = _TENANT.fullmatch(text.strip())
    if match is not None:
        tenant = Tenant(int(match[1]), int(match[2] or 0))
        if max(tenant) <= TENANT_PART_MAX:
            return tenant
    raise ValueError(f"{text[:SHOWN_CHARS_MAX]!r} is not a tenant; accepted: {ACCEPTED}")
