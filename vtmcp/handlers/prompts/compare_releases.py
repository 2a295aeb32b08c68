"""`compare_releases`: whether a version of a service is worse than another.

Must not be here: how to ask a tool: its own description says that.
"""

from collections.abc import Mapping
from typing import ClassVar

from vtmcp.handlers.desk_prompt import (
    END,
    SERVICE,
    START,
    TENANT,
    VERSION,
    WINDOW,
    Playbook,
    call,
)
from vtmcp.protocol.messages import Json


class CompareReleases(Playbook):
    name = "compare_releases"
    title = "Compare releases"
    description = "Tell whether a version of a service fails more or is slower than another"
    arguments: ClassVar[tuple[Json, ...]] = (
        {**SERVICE, "description": "The service's name", "required": True},
        {"name": "version", "description": "The version in doubt; the newest if left out"},
        {"name": "other_version", "description": "The version to compare with"},
        START,
        END,
        TENANT,
    )
    task = "Tell whether a release of a service made things worse, from traces."

    def steps(self, arguments: Mapping[str, str]) -> list[str]:
        own = ("service", *WINDOW)
        stats = call("span_stats", arguments, *own, by=[VERSION, "operation"], compare="none")
        steps = [
            f"{stats}: rate, error share and quantiles of each version, by operation. Compare"
            " like operations only, and mind versions that few requests reached.",
            f"{call('triage', arguments, *own)}: whether the service or one that it calls changed"
            " for another reason at the same time.",
        ]
        for name in ("version", "other_version"):
            if name in arguments:
                tags = {VERSION: arguments[name]}
                steps.append(
                    f"{call('errors', arguments, *own, tags=tags)}: what fails in"
                    f" {arguments[name][:60]!a}."
                )
        return [
            *steps,
            "compare_traces(trace_id=..., other=...) with a trace of each version of the operation"
            " that differs most.",
        ]
