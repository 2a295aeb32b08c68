"""Standard input and output of this process as pipes, whose other ends a test holds."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple


class Ends(NamedTuple):
    """The client's ends: what is written to `to_server` is read from descriptor 0."""

    to_server: BinaryIO
    from_server: BinaryIO


@contextmanager
def standard_pipes() -> Iterator[Ends]:
    """Put pipes in the place of descriptors 0 and 1 while the block runs."""
    kept = os.dup(0), os.dup(1)
    stdin, to_server = os.pipe()
    from_server, stdout = os.pipe()
    os.dup2(stdin, 0)
    os.dup2(stdout, 1)
    os.close(stdin)
    os.close(stdout)
    ends = Ends(os.fdopen(to_server, "wb", 0), os.fdopen(from_server, "rb", 0))
    try:
        yield ends
    finally:
        for descriptor, before in enumerate(kept):
            os.dup2(before, descriptor)
            os.close(before)
        for end in ends:
            end.close()
