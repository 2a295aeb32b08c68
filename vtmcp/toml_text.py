"""Read TOML that may hold secrets: an error says where it is wrong, and never what is there.

Must not be here: what the tables mean.
"""

import re
from typing import Any

_PLACE = re.compile(r"at line (\d+), column (\d+)")


def read_toml(data: bytes) -> dict[str, Any]:
    """Return the document. Raises `ValueError`, whose text goes on after the name of the file."""
    import tomllib  # noqa: PLC0415 - only where there is such a file

    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8; accepted: TOML") from None
    except tomllib.TOMLDecodeError as error:
        # The rest of the text may quote the file.
        place = _PLACE.search(str(error))
        where = f"at line {place[1]}, column {place[2]}" if place else "at its end"
        raise ValueError(f"is not TOML {where}") from None
    except RecursionError:
        raise ValueError("is nested too deeply; accepted: TOML") from None
