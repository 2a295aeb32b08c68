"""One timer for all limits of a request: the nearest one ends it, and is known afterwards."""

import anyio
import pytest

from vtmcp.victoriatraces.patience import Limit, Limits, Patience
from vtmcp.victoriatraces.settings import Settings

pytestmark = pytest.mark.anyio

SOON, LATE = Limit(0.01, "VT_SOON", ""), Limit(5, "VT_LATE", "")

PARTS: dict[str, tuple[Limit, list[Limit], Limit]] = {
    "nothing but the total": (SOON, [], SOON),
    "a part that is shorter": (LATE, [SOON], SOON),
    "a part that is longer": (SOON, [LATE], SOON),
    "the last of several parts": (LATE, [LATE, Limit(6, "VT_LATER", ""), SOON], SOON),
}


@pytest.mark.parametrize(("total", "parts", "ran_out_on"), PARTS.values(), ids=PARTS)
async def test_time_runs_out(total: Limit, parts: list[Limit], ran_out_on: Limit) -> None:
    patience = Patience(total)
    with anyio.fail_after(2), patience.scope:
        for part in parts:
            patience.begin(part)
        await anyio.sleep_forever()
    assert patience.ran_out_on is ran_out_on
    assert patience.is_waiting is not bool(parts)


async def test_a_part_that_ended_in_time_counts_no_longer() -> None:
    patience = Patience(LATE)
    with anyio.fail_after(5), patience.scope:
        patience.begin(SOON)
        patience.begin(LATE)
        with anyio.move_on_after(0.05):
            await anyio.sleep_forever()
        assert not patience.scope.cancel_called


def test_each_limit_is_one_of_the_settings() -> None:
    limits = Limits(
        Settings(
            entrypoint="http://db",
            connect_timeout_s=1,
            tls_timeout_s=2,
            first_byte_timeout_s=3,
            read_timeout_s=4,
            total_timeout_s=5,
        )
    )
    order = (limits.look_up, limits.connect, limits.tls, limits.first_byte, limits.read)
    assert [(limit.limit_s, limit.variable) for limit in (*order, limits.total)] == [
        (1, "VT_CONNECT_TIMEOUT"),
        (1, "VT_CONNECT_TIMEOUT"),
        (2, "VT_TLS_TIMEOUT"),
        (3, "VT_FIRST_BYTE_TIMEOUT"),
        (4, "VT_READ_TIMEOUT"),
        (5, "VT_TOTAL_TIMEOUT"),
    ]
