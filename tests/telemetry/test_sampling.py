"""Which traces are recorded, by each sampler."""

import os

import pytest

from vtmcp.protocol.trace_context import SAMPLED, TraceContext
from vtmcp.telemetry.sampling import NAMES, read_sampler

TRACE, SPAN = "ab" * 16, "cd" * 8
YES, NO = TraceContext(TRACE, SPAN, SAMPLED), TraceContext(TRACE, SPAN)

# Sampler, argument, and what it says without a parent, with one that is recorded, with one that
# is not.
SAMPLERS: dict[str, tuple[str, str, tuple[bool, bool, bool]]] = {
    "the usual one": ("", "", (True, True, False)),
    "all": ("always_on", "", (True, True, True)),
    "none": ("always_off", "", (False, False, False)),
    "as the parent, else all": ("parentbased_always_on", "", (True, True, False)),
    "as the parent, else none": ("parentbased_always_off", "", (False, True, False)),
    "a ratio of all": ("traceidratio", "1.0", (True, True, True)),
    "a ratio of none": ("traceidratio", "0", (False, False, False)),
    "a ratio that is not given": ("traceidratio", "", (True, True, True)),
    "as the parent, else a ratio": ("parentbased_traceidratio", "0.0", (False, True, False)),
    "in any case": ("Always_OFF", "", (False, False, False)),
    "an argument that is not asked for": ("always_on", "much", (True, True, True)),
}


@pytest.mark.parametrize(("name", "argument", "expected"), SAMPLERS.values(), ids=SAMPLERS)
def test_a_sampler_says(name: str, argument: str, expected: tuple[bool, bool, bool]) -> None:
    sampler = read_sampler(name, argument)
    assert tuple(sampler(parent, TRACE) for parent in (None, YES, NO)) == expected


def test_a_ratio_is_of_the_ids_and_the_same_for_each() -> None:
    few, more = read_sampler("traceidratio", "0.25"), read_sampler("traceidratio", "0.5")
    ids = [os.urandom(16).hex() for _ in range(4_000)]
    chosen = [trace_id for trace_id in ids if few(None, trace_id)]
    assert 800 < len(chosen) < 1_200
    assert all(more(None, trace_id) for trace_id in chosen)


@pytest.mark.parametrize("name", ["jaeger_remote", "parentbased_", "xray", "always"])
def test_an_unknown_one_is_refused_with_those_that_are_known(name: str) -> None:
    with pytest.raises(ValueError, match=r"^OTEL_TRACES_SAMPLER: ") as caught:
        read_sampler(name, "")
    assert all(known in str(caught.value) for known in NAMES)


@pytest.mark.parametrize("argument", ["much", "-0.1", "1.1", "nan"])
def test_an_argument_that_is_no_ratio_is_refused(argument: str) -> None:
    with pytest.raises(ValueError, match=r"^OTEL_TRACES_SAMPLER_ARG: .*accepted: "):
        read_sampler("parentbased_traceidratio", argument)
