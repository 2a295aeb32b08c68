"""Which traces are recorded: the samplers of OpenTelemetry, by their names. Pure.

Source: OpenTelemetry, "Environment Variable Specification", `OTEL_TRACES_SAMPLER`. Must not be
here: ids, clocks, spans.
"""

from collections.abc import Callable

from vtmcp.protocol.trace_context import TraceContext

Sampler = Callable[[TraceContext | None, str], bool]
"""Of the place that a call was given in a trace, if any, and the id of its trace: whether its
spans are recorded."""

DEFAULT = "parentbased_always_on"

_ROOTS = ("always_on", "always_off", "traceidratio")
NAMES = (*_ROOTS, *(f"parentbased_{name}" for name in _ROOTS))

_RANDOM_DIGITS = 16
_RANDOM_COUNT = 1 << 64
"""The last 8 bytes of an id are random in every kind of id there is."""


def read_sampler(name: str, argument: str) -> Sampler:
    """The sampler of that name; empty is the usual one. Raises `ValueError` naming a variable."""
    name = name.lower() or DEFAULT
    if name not in NAMES:
        raise ValueError(
            f"OTEL_TRACES_SAMPLER: names no sampler that is known here; accepted:"
            f" {', '.join(NAMES)}"
        )
    root = name.removeprefix("parentbased_")
    below = {"always_on": _RANDOM_COUNT, "always_off": 0}.get(root)
    if below is None:
        below = round(_ratio(argument) * _RANDOM_COUNT)
    return (_sampler if name == root else _by_parent)(below)


def _ratio(text: str) -> float:
    try:
        ratio = float(text or "1")
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise ValueError("OTEL_TRACES_SAMPLER_ARG: is no ratio; accepted: a number from 0 to 1")
    return ratio


def _sampler(below: int) -> Sampler:
    return lambda parent, trace_id: int(trace_id[-_RANDOM_DIGITS:], 16) < below


def _by_parent(below: int) -> Sampler:
    root = _sampler(below)
    return lambda parent, trace_id: root(parent, trace_id) if parent is None else parent.is_sampled
