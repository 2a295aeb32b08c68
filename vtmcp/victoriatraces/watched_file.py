"""A small file that is read again once it has changed. Knows nothing of what is in it.

An error names the variable that holds the path, never the path or a byte of the content.
"""

import os
import stat
import time

FILE_BYTES_MAX = 65_536
"""A token has a few thousand bytes, and no server takes more than this in headers."""

UNSETTLED_NS = 1_000_000_000
"""A file changed so lately may change again within one tick of its file system's clock."""

Stamp = tuple[int, int, int, int, int]


class FileFaultError(ValueError):
    """The file cannot be used. The text names the variable and the fault."""


class WatchedFile:
    """The text of one file. `variable` is the name of the setting that holds its path."""

    def __init__(self, path: str, variable: str) -> None:
        self._path = path
        self._variable = variable
        self._stamp: Stamp | None = None
        self._read_ns = 0
        self._text = ""

    def text(self) -> str:
        """Return what the file holds now. Raises `FileFaultError` when it cannot be read.

        A file that has gone is an error at once: a withdrawn credential must not live on.
        """
        try:
            if self._stamp is None or stamp_of(self._path) != self._stamp or self._is_unsettled():
                self._read()
        except OSError as error:
            self._stamp = None
            raise self._fault(f"cannot be read: {reason_of(error)}") from None
        except UnicodeDecodeError:
            raise self._fault("is not UTF-8") from None
        return self._text

    def _read(self) -> None:
        # Without O_NONBLOCK the opening of a pipe would wait for its writer.
        descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise self._fault("is not a regular file")
            content = os.read(descriptor, FILE_BYTES_MAX + 1)
        finally:
            os.close(descriptor)
        if len(content) > FILE_BYTES_MAX:
            raise self._fault(f"has more than {FILE_BYTES_MAX} bytes")
        text = content.decode()
        if text != self._text:
            self._text = text
        self._stamp, self._read_ns = _stamp(status), time.time_ns()

    def _is_unsettled(self) -> bool:
        return self._stamp is not None and self._read_ns - self._stamp[0] < UNSETTLED_NS

    def _fault(self, fault: str) -> FileFaultError:
        self._stamp = None
        return FileFaultError(f"the file that {self._variable} names {fault}")


def stamp_of(path: str) -> Stamp:
    """Return what changes when the file does. Raises `OSError`."""
    return _stamp(os.stat(path))


def reason_of(error: OSError) -> str:
    """Return the system's words for an error, which has the path in its own text."""
    return os.strerror(error.errno) if error.errno else "no reason given"


def _stamp(status: os.stat_result) -> Stamp:
    return (
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_size,
        status.st_ino,
        status.st_dev,
    )
