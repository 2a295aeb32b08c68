"""`explain_trace`: what happened in one trace, told to a person.

Must not be here: how to ask a tool: its own description says that.
"""

from collections.abc import Mapping
from typing import ClassVar

from vtmcp.handlers.desk_prompt import TENANT, Playbook, call
from vtmcp.protocol.messages import Json


class ExplainTrace(Playbook):
    name = "explain_trace"
    title = "Explain a trace"
    description = "Tell what happened in one trace, why it failed or where its time went"
    arguments: ClassVar[tuple[Json, ...]] = (
        {"name": "trace_id", "description": "The trace's id, or a traceparent", "required": True},
        TENANT,
    )
    task = "Explain one trace to an engineer who has not seen it."

    def steps(self, arguments: Mapping[str, str]) -> list[str]:
        own = ("trace_id", "tenant")
        return [
            f"{call('trace', arguments, *own)}: the verdict, what cannot be trusted, the findings"
            " and the tree.",
            "If a span failed: span(...) with the handle of the first error, for its exception.",
            f"Else: {call('critical_path', arguments, *own)}, for where the time went.",
            f"{call('compare_traces', arguments, *own)}: whether this is how such traces are.",
            "Tell it in the order in which it happened, in at most ten sentences.",
        ]
