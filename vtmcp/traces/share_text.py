"""A share of a whole as text. Knows nothing of traces."""


def percent(part: int, whole: int) -> str:
    """Write a share, as `8.1 %`; what is not nothing is not 0, what is not all is not 100."""
    share = 100 * part / whole if whole else 0.0
    if 0 < share < 0.1:
        return f"{share:.2f} %" if share >= 0.01 else "<0.01 %"
    if 99.95 <= share < 100:
        return ">99.9 %"
    return f"{share:.1f} %" if share else "0 %"
