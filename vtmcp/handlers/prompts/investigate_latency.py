"""`investigate_latency`: what became slow, where the time goes, and for whom.

Must not be here: how to ask a tool: its own description says that.
"""

from collections.abc import Mapping
from typing import ClassVar

from vtmcp.handlers.desk_prompt import (
    END,
    OPERATION,
    SERVICE,
    START,
    TENANT,
    WINDOW,
    Playbook,
    call,
)
from vtmcp.protocol.messages import Json

SLOW = "1s"
"""What counts as slow where nobody says."""


class InvestigateLatency(Playbook):
    name = "investigate_latency"
    title = "Investigate latency"
    description = "Find out what became slow, where the time goes and for whom"
    arguments: ClassVar[tuple[Json, ...]] = (
        SERVICE,
        OPERATION,
        {"name": "slower_than", "description": f"What counts as slow; {SLOW} if left out"},
        START,
        END,
        TENANT,
    )
    task = "Find the cause of slow requests from the traces in VictoriaTraces."

    def steps(self, arguments: Mapping[str, str]) -> list[str]:
        own = ("service", "operation", *WINDOW)
        slow = arguments.get("slower_than", SLOW)
        by = "operation" if "service" in arguments else "service"
        return [
            f"{call('span_stats', arguments, *own, by=[by], sort='excess')}: what got slower"
            ' against the window before; once more with compare="yesterday".',
            f"{call('contrast', arguments, *own, slower_than=slow)}: which attribute values the"
            " slow spans have and the others have not.",
            f"{call('traces', arguments, *own, sort='duration', minDuration=slow)}: examples.",
            "critical_path(trace_id=...) of two of them: what the time went to; trace(...) for"
            " findings such as N+1, a serial fan-out, a long gap or time in a queue.",
            "compare_traces(trace_id=...) with the median of its healthy kin: what is slower, new"
            " or repeated.",
        ]
