"""What one caller may use: lists of names. Knows no tool, no tenant and no deployment."""

from dataclasses import dataclass

ANY = "*"
"""In a list, this stands for each name."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """Names that are allowed. What is not listed is not allowed."""

    tools: frozenset[str] = frozenset()
    tenants: frozenset[str] = frozenset()
    deployments: frozenset[str] = frozenset()
    """Beside the one that is asked when a call names none."""

    def allows_tool(self, name: str) -> bool:
        """Whether the tool may be listed and called; by its own name, not by an alias."""
        return ANY in self.tools or name in self.tools

    def allows_tenant(self, tenant: str) -> bool:
        """Whether the tenant may be read; in the one spelling that the policy was read with."""
        return ANY in self.tenants or tenant in self.tenants

    def allows_deployment(self, name: str) -> bool:
        """Whether the deployment may be asked; no name is the usual one."""
        return not name or ANY in self.deployments or name in self.deployments


_ALL = frozenset((ANY,))

EVERYTHING = Permissions(_ALL, _ALL, _ALL)
"""For callers that no policy is about: the one on stdio, and the owner of the one token."""

NOTHING = Permissions()
"""For callers that a policy does not name, or does not name any more."""
