"""How long a place in the row stays empty."""

import pytest

from vtmcp.workers.restarts import ALONE_S_MAX, AT_ONCE, PAUSE_S, PAUSE_S_MAX, STEADY_S, Restarts

LIVES: dict[str, tuple[list[float], list[float]]] = {
    # How long each worker lived, and what is waited after it.
    "after a long life at once": ([STEADY_S, 1e6, STEADY_S], [0, 0, 0]),
    "after a few short lives at once": ([0.1] * AT_ONCE, [0] * AT_ONCE),
    "after more of them longer and longer": (
        [0.1] * (AT_ONCE + 7),
        [0] * AT_ONCE + [*(PAUSE_S * 2**n for n in range(5)), PAUSE_S_MAX, PAUSE_S_MAX],
    ),
    "a long life forgives": (
        [*[0] * (AT_ONCE + 2), STEADY_S, *[0] * (AT_ONCE + 1)],
        [*[0] * AT_ONCE, PAUSE_S, 2 * PAUSE_S, 0, *[0] * AT_ONCE, PAUSE_S],
    ),
}


@pytest.mark.parametrize(("lived_s", "waited_s"), LIVES.values(), ids=LIVES)
def test_the_pauses(lived_s: list[float], waited_s: list[float]) -> None:
    restarts = Restarts()
    assert [restarts.pause_s(one) for one in lived_s] == waited_s


@pytest.mark.parametrize(("others_serve", "most_s"), [(True, PAUSE_S_MAX), (False, ALONE_S_MAX)])
def test_a_pause_has_an_end(others_serve: bool, most_s: float) -> None:
    restarts = Restarts()
    waited_s = [restarts.pause_s(0, others_serve=others_serve) for _ in range(5_000)]
    assert max(waited_s) == waited_s[-1] == most_s
