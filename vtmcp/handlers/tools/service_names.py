"""`service_names`: the span names (operations) of one service."""

from vtmcp.handlers import parameters
from vtmcp.handlers.near import near_service
from vtmcp.handlers.trace_tool import TraceTool, call_text, tenant_only
from vtmcp.protocol.messages import Json


class ServiceNames(TraceTool):
    name = "service_names"
    aliases = ("service_operations",)
    title = "Span names of a service"
    description = (
        "List the span names (operations) of one service. Use it before traces to find the"
        " exact value of operation; use services for the names of services."
    )
    rank = 20
    properties = {  # noqa: RUF012
        "service_name": {
            "type": "string",
            "minLength": 1,
            "description": "The service's name, as services lists it",
        },
        "tenant": parameters.TENANT,
        "max_bytes": parameters.MAX_BYTES,
    }
    required = ("service_name",)

    async def answer(self, arguments: Json) -> str:
        from vtmcp.handlers.names_text import names_text  # noqa: PLC0415 - first call only
        from vtmcp.traces.safe import quoted  # noqa: PLC0415
        from vtmcp.traces.trust import counted  # noqa: PLC0415

        tenant, service = self.tenant(arguments), arguments["service_name"]
        names = sorted(await self.desk.source.operations(service, tenant))
        whose = f"of service {quoted(service)} in tenant {tenant}"
        head = f"{counted(len(names), 'span name')} {whose}"
        if not names:
            near = await near_service(self.desk.source, service, tenant)
            head = (
                f"No span names {whose}. {near}"
                f"\nNext: {call_text('services', tenant_only(arguments))}"
            )
        return names_text(
            head,
            names,
            max_bytes=self.max_bytes(arguments),
            notice=self.desk.source.notice,
            next_call=self.wider_call(arguments),
        )
