"""`services`: who sends spans. The first question to an unknown system."""

from vtmcp.handlers import parameters
from vtmcp.handlers.trace_tool import TraceTool
from vtmcp.protocol.messages import Json

_WHY = (
    " The list looks back some days only (-search.traceServiceAndSpanNameLookbehind), and a tenant"
    " that never sent spans is empty too."
    '\nNext: documentation(query="services list is empty"), or services(tenant=...) if the user'
    " named a tenant."
)
"""What a database can say no service for."""


class Services(TraceTool):
    name = "services"
    title = "Services"
    description = (
        "List the services that sent spans to VictoriaTraces. Ask this first when you do not"
        " know a service's exact name; then service_names for its operations, traces for its"
        " traces."
    )
    rank = 10
    properties = {  # noqa: RUF012
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }

    async def answer(self, arguments: Json) -> str:
        from vtmcp.handlers.names_text import names_text  # noqa: PLC0415 - first call only
        from vtmcp.traces.trust import counted  # noqa: PLC0415

        tenant = self.tenant(arguments)
        names = sorted(await self.desk.source.services(tenant))
        head = f"{counted(len(names), 'service')} in tenant {tenant}"
        if not names:
            head = f"No services in tenant {tenant}." + ("" if self.desk.source.notice else _WHY)
        return names_text(
            head,
            names,
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            next_call=self.wider_call(arguments),
        )
