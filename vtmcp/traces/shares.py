"""Shares of a whole that add up to the whole, as they are shown. Knows nothing of traces."""

from collections.abc import Sequence

WHOLE_TENTHS = 1_000
"""A hundred per cent, in tenths of a per cent: finer shares of a time are noise."""


def shares(parts: Sequence[int]) -> list[str]:
    """Return `37.5 %` for each part; together they are 100.0 %, unless the parts are nothing.

    Each is rounded down, and those that lost most by it get a tenth more.
    """
    whole = sum(parts)
    if whole <= 0:
        return ["0 %" for _ in parts]
    tenths = [part * WHOLE_TENTHS // whole for part in parts]
    by_loss = sorted(range(len(parts)), key=lambda here: -(parts[here] * WHOLE_TENTHS % whole))
    for here in by_loss[: WHOLE_TENTHS - sum(tenths)]:
        tenths[here] += 1
    return [f"{tenth / 10:.1f} %" for tenth in tenths]
