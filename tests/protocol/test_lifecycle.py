"""Each state and each kind of method: where it leads, or that it is refused."""

import pytest

from vtmcp.protocol.errors import InvalidRequest
from vtmcp.protocol.lifecycle import ANY, REFUSALS, TRANSITIONS, State, step

NEW, GREETED, OPEN, CLOSED = State.NEW, State.GREETED, State.OPEN, State.CLOSED

METHODS = ("initialize", "ping", "notifications/initialized", "tools/call")

STEPS: dict[State, tuple[State | None, ...]] = {
    # For each of METHODS the state after it; None is refused.
    NEW: (GREETED, NEW, None, None),
    GREETED: (None, GREETED, OPEN, GREETED),
    OPEN: (None, OPEN, OPEN, OPEN),
    CLOSED: (None, None, None, None),
}

ROWS = [
    (state, method, after)
    for state, afters in STEPS.items()
    for method, after in zip(METHODS, afters, strict=True)
]


@pytest.mark.parametrize(
    ("state", "method", "after"),
    ROWS,
    ids=[f"{state.value}: {method}" for state, method, _ in ROWS],
)
def test_steps(state: State, method: str, after: State | None) -> None:
    if after is None:
        with pytest.raises(InvalidRequest):
            step(state, method)
    else:
        assert step(state, method) is after


def test_the_table_has_each_state_and_leads_to_states() -> None:
    assert set(TRANSITIONS) == set(REFUSALS) == set(State)
    assert all(ANY not in row or "initialize" not in row for row in TRANSITIONS.values())


def test_a_refusal_says_what_to_do() -> None:
    with pytest.raises(InvalidRequest, match="send initialize first, or put _meta"):
        step(NEW, "tools/list")
    with pytest.raises(InvalidRequest, match="one initialize"):
        step(OPEN, "initialize")
