"""A small file whose value is wanted again and again: read when it has changed.

A file that has become unreadable or wrong is told of once, and the last good value stays. Must
not be here: what is in the file. Its path is in no error, only the variable that names it.
"""

import os
import stat
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Generic, NamedTuple, TypeVar

FILE_BYTES_MAX = 2**20
"""1 MiB: thousands of callers; a larger file is the wrong one."""

SETTLED_NS = 2_000_000_000
"""A file that was read so soon after a change may have changed again within one tick of its
file system's clock, which has two seconds at worst."""

Value = TypeVar("Value")


class WatchedFile(Generic[Value]):
    """`variable` names the file's setting in errors. Raises `ValueError` if it is wrong at first.

    `read` makes the value of the bytes, or raises `ValueError`; `report` is told what is wrong
    later on. `clock_ns` gives Unix time, as files have it.
    """

    def __init__(
        self,
        variable: str,
        path: str,
        read: Callable[[bytes], Value],
        *,
        report: Callable[[str], None] = lambda text: None,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._variable = variable
        self._path = path
        self._read = read
        self._report = report
        self._clock_ns = clock_ns
        self._told = ""
        try:
            self._read_ns, self._stamp = clock_ns(), _Stamp.of(path)
            data = _content(path)
            self._hash = sha256(data).digest()
            self._value = read(data)
        except (OSError, ValueError) as error:
            raise ValueError(self._fault(error)) from None

    def current(self) -> Value:
        """The value of the file as it is now, or as it was when it was last good."""
        try:
            stamp = _Stamp.of(self._path)
            if stamp != self._stamp or self._read_ns - stamp.changed_ns < SETTLED_NS:
                self._look(stamp)
        except (OSError, ValueError) as error:
            self._tell(self._fault(error))
        return self._value

    def _look(self, stamp: "_Stamp") -> None:
        self._read_ns = self._clock_ns()
        data = _content(self._path)
        digest = sha256(data).digest()
        is_same = digest == self._hash
        self._stamp, self._hash = stamp, digest
        if not is_same:
            self._value = self._read(data)
            self._told = ""

    def _fault(self, error: OSError | ValueError) -> str:
        # The text of an OSError would hold the path.
        if isinstance(error, OSError):
            return f"{self._variable}: the file cannot be read: {os.strerror(error.errno or 0)}"
        return f"{self._variable}: the file {error}"

    def _tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self._report(f"{text}; what was read before stays in force")


class _Stamp(NamedTuple):
    """What changes with a file. A new file under an old name has another number."""

    modified_ns: int
    changed_ns: int
    size_bytes: int
    inode: int
    device: int

    @classmethod
    def of(cls, path: str) -> "_Stamp":
        found = os.stat(path)
        return cls(found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev)


def _content(path: str) -> bytes:
    # To open a pipe would wait for its writer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("is not a regular file")
        data = file.read(FILE_BYTES_MAX + 1)
    if len(data) > FILE_BYTES_MAX:
        raise ValueError(f"is larger than {FILE_BYTES_MAX} bytes")
    return data
