"""One file of a client: read whole, and replaced whole, with a copy of what it was beside it.

The file is written beside its place and moved there, so that no client ever reads half of it; a
link stays a link, and the rights stay what they were. Must not be here: what is written.
"""

import os
import stat
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from vtmcp.clients.faults import BrokenFile, FileRefused

FILE_BYTES_MAX = 32 * 2**20
"""32 MiB. Clients keep histories beside their settings, but none as long as this."""

COPIES_MAX = 100
"""Copies within one second; more are a loop that went wrong."""

_PRIVATE = 0o600


def read(path: Path) -> str | None:
    """The text of a file, or None when it is not there. Raises `FileRefused`."""
    try:
        if not path.exists() and not path.is_symlink():
            return None
        if not path.is_file():
            raise FileRefused("it is not a file")
        data = path.read_bytes()
    except OSError as error:
        raise FileRefused(f"it cannot be read: {error.strerror}") from None
    if len(data) > FILE_BYTES_MAX:
        raise FileRefused(f"it is larger than {FILE_BYTES_MAX} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        good = data[: error.start].decode()
        raise BrokenFile("a byte that is not UTF-8", good, len(good)) from None


def replace(
    path: Path, before: str | None, after: str, now: datetime, *, private: bool
) -> Path | None:
    """Write the file, and return the path of the copy of what it was, if it was there.

    `private` makes a new file readable by nobody else. Raises `FileRefused`, also when the file is
    not any more what it was when it was read.
    """
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if read(target) != before:
            raise FileRefused("another program wrote it just now; try again")
        mode = stat.S_IMODE(target.stat().st_mode) if before is not None else None
        copy = None if before is None else _copy(path, before, mode or _PRIVATE, now)
        _write(target, after, _PRIVATE if mode is None and private else mode)
    except OSError as error:
        raise FileRefused(f"it cannot be written: {error.strerror}") from None
    return copy


def _copy(path: Path, text: str, mode: int, now: datetime) -> Path:
    stem = f"{path.name}.bak-{now:%Y%m%d-%H%M%S}"
    for number in range(COPIES_MAX):
        copy = path.with_name(stem + (f"-{number}" if number else ""))
        with suppress(FileExistsError):
            descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode())
            copy.chmod(mode)
            return copy
    raise FileRefused(f"there are {COPIES_MAX} copies of this second already")


def _write(target: Path, text: str, mode: int | None) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, _usual_mode() if mode is None else mode)
        os.replace(name, target)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _usual_mode() -> int:
    """What a new file gets; the mask can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask
