"""`investigate_errors`: what fails, where it began, and what the failures have in common.

Must not be here: how to ask a tool: its own description says that.
"""

from collections.abc import Mapping
from typing import ClassVar

from vtmcp.handlers.desk_prompt import END, SERVICE, START, TENANT, WINDOW, Playbook, call
from vtmcp.protocol.messages import Json


class InvestigateErrors(Playbook):
    name = "investigate_errors"
    title = "Investigate errors"
    description = "Find out what fails, where the failures began and what they have in common"
    arguments: ClassVar[tuple[Json, ...]] = (SERVICE, START, END, TENANT)
    task = "Find the cause of failing requests from the traces in VictoriaTraces."

    def steps(self, arguments: Mapping[str, str]) -> list[str]:
        own = ("service", *WINDOW)
        return [
            f"{call('triage', arguments, *own)}: what changed against the window before and"
            " yesterday.",
            f"{call('errors', arguments, *own)}: failures grouped where they began; take the"
            " largest group that is new or grew.",
            f"{call('contrast', arguments, *own)} with the service and operation of that group:"
            " which attribute values (version, host, customer) fail and others do not.",
            "trace(trace_id=...) with an example of the group: read the trust notes first, then"
            " the failing span and what was under way beside it; span(...) for its attributes.",
            "compare_traces(trace_id=...) with the same id: what a healthy trace of its kind does"
            " otherwise.",
        ]
