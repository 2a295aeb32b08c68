"""A file with the metrics, for a process that nobody can scrape: at its end, and on SIGUSR1.

Must not be here: what is counted.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Render = Callable[[], str]
Report = Callable[[str], None]


@contextmanager
def kept_in(path: str, render: Render, report: Report) -> Iterator[None]:
    """Write the file when the block ends, however it ends, and at each SIGUSR1 until then.

    `report` is told why the file could not be written; nothing else comes of that. Windows has no
    SIGUSR1, and only the main thread may be told of a signal: there it is the end alone.
    """
    number = getattr(signal, "SIGUSR1", None)
    before = None
    if number is not None:
        # Without a handler the signal would end the process.
        with suppress(ValueError):
            before = signal.signal(number, lambda *_: write(path, render, report))
    try:
        yield
    finally:
        if number is not None and before is not None:
            signal.signal(number, before)
        write(path, render, report)


def write(path: str, render: Render, report: Report) -> None:
    """Put the metrics into the file, whole: whoever reads it sees the old ones or the new ones."""
    # Beside the file, since only there it can be renamed; under a name that nobody can have taken.
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    try:
        with open(temporary, "x", encoding="utf-8") as file:
            file.write(render())
        os.replace(temporary, path)
    except OSError as error:
        report(error.strerror or type(error).__name__)
        with suppress(OSError):
            os.unlink(temporary)
