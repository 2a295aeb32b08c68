"""What one environment variable is: a row of the README's table, and how its text is read.

Must not be here: any variable (`config_variables.py`).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

TIMEOUT_S_MIN = 0.001
"""A time limit of nothing would refuse every request."""


class Variable(NamedTuple):
    """One row of the README's table. `default` is the text that would set the default."""

    name: str
    default: str
    meaning: str
    field: str
    """The field of `Config` that it fills."""
    read: Callable[[str], Any]
    """Text to value; raises `ValueError` with what is wrong and what is accepted."""
    secret: bool = False
