"""`deployments`: which databases there are. Offered where there are several.

Must not be here: who may ask which (`handlers/deployment.py`).
"""

from typing import TYPE_CHECKING

from vtmcp.handlers import parameters
from vtmcp.handlers.desk import Desk
from vtmcp.handlers.trace_tool import TraceTool
from vtmcp.protocol.messages import Json

if TYPE_CHECKING:
    from vtmcp.handlers.deployment import Deployment


class Deployments(TraceTool):
    name = "deployments"
    title = "Deployments"
    description = (
        "List the VictoriaTraces databases that can be asked, by the name that the parameter"
        " deployment of every other tool takes, with host and tenants. A trace id is looked for"
        " in all of them."
    )
    rank = 5
    properties = {"max_bytes": parameters.MAX_BYTES}  # noqa: RUF012

    @classmethod
    def is_offered(cls, desk: Desk) -> bool:
        return desk.deployments is not None

    async def answer(self, arguments: Json) -> str:
        from vtmcp.traces.budget import Budget, closing_line  # noqa: PLC0415 - first call only
        from vtmcp.traces.trust import counted  # noqa: PLC0415

        known = self.desk.deployments
        allowed = [] if known is None else known.of(self.context.caller)
        usual = allowed[0].name if allowed else self.desk.source.label
        closing = closing_line(self.wider_call(arguments), "deployments")
        budget = Budget(self.max_bytes(arguments), closing=closing)
        budget.head(f"{counted(len(allowed), 'deployment')}; a call that names none asks {usual}.")
        for one in allowed:
            budget.add(self._line(one))
        return budget.text()

    def _line(self, one: "Deployment") -> str:
        parts = [one.name, one.place, f"default tenant {one.default_tenant}"]
        if one.tenants is not None:
            known = self.desk.deployments
            names = sorted(
                tenant
                for tenant in one.tenants
                if known is None or known.may_read(self.context.caller, tenant)
            )
            parts.append(f"tenants {', '.join(map(str, names)) or 'none'}")
        return "  ".join(parts)
