"""An operator's own markdown: a folder, read whole, within bounds, and nothing outside of it.

Must not be here: which folder that is, and any path that a peer sent: all pages are read at once,
and a peer can only name one of them.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from vtmcp.search.page import Page, parse_any_page

LOCAL = "local"
"""Where these pages' addresses begin, `docs://local/PATH#N`; the corpus has no such folder."""

SUFFIXES = (".md", ".markdown")

FILES_MAX = 1_000
"""More than anyone's runbooks; a folder with more is the wrong one, such as a home directory."""

FILE_BYTES_MAX = 1_048_576
"""A longer file is no documentation."""

TOTAL_BYTES_MAX = 8_388_608
"""All files together: what can be indexed in seconds and kept in some 50 MB."""

DEPTH_MAX = 8
"""Folders in folders; deeper ones are left out."""

ENTRIES_MAX = 20_000
"""Names looked at in all folders; a larger tree would hold up the first search."""


class LocalFolderError(ValueError):
    """The folder cannot be read at all; the text says which and why."""


class LeftOut(NamedTuple):
    """A file or folder that was not read, by its path below the folder, and why."""

    path: str
    reason: str


class LocalPages(NamedTuple):
    """The pages of a folder, by path, and what was left out."""

    pages: list[Page]
    left_out: list[LeftOut]


def read_local_pages(folder: Path) -> LocalPages:
    """Read all markdown of a folder and the folders in it. Raises `LocalFolderError`."""
    try:
        root = folder.resolve(strict=True)
        root_fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        name = str(folder) if str(folder).isprintable() else ascii(str(folder))
        raise LocalFolderError(f"{name}: cannot be read as a folder: {reason}") from error
    try:
        return _read_all(root, root_fd)
    finally:
        os.close(root_fd)


class _Found(NamedTuple):
    """A file by the path it is found at, and the path where it really is; both below the root."""

    path: str
    real: Path


def _read_all(root: Path, root_fd: int) -> LocalPages:
    left_out: list[LeftOut] = []
    pages: list[Page] = []
    rest_bytes = TOTAL_BYTES_MAX
    for found in sorted(_files(root, left_out)):
        if len(pages) == FILES_MAX:
            left_out.append(LeftOut(found.path, f"more than {FILES_MAX} files"))
            continue
        try:
            content = _content(root_fd, found.real)
        except OSError as error:
            left_out.append(LeftOut(found.path, error.strerror or "cannot be read"))
            continue
        if len(content) > FILE_BYTES_MAX:
            left_out.append(LeftOut(found.path, f"larger than {FILE_BYTES_MAX} bytes"))
        elif len(content) > rest_bytes:
            left_out.append(LeftOut(found.path, f"more than {TOTAL_BYTES_MAX} bytes in all"))
        else:
            rest_bytes -= len(content)
            pages.append(_page(found.path, content))
    return LocalPages(pages, left_out)


def _page(path: str, content: bytes) -> Page:
    from urllib.parse import quote  # noqa: PLC0415 - for an operator's own pages only

    # Quoted, since an address is a URI and a file's name may hold anything.
    address_path = f"{LOCAL}/{quote(os.fsencode(path))}"
    name = os.fsencode(path).decode("utf-8", "replace").rpartition("/")[2]
    return parse_any_page(address_path, name, content.decode("utf-8", "replace"))


def _files(root: Path, left_out: list[LeftOut]) -> Iterator[_Found]:
    """The markdown files below a folder. Hidden names and links to folders are passed over."""
    waiting = [(root, "", 1)]
    entries = 0
    while waiting:
        folder, above, depth = waiting.pop()
        for entry in _entries(folder, above, left_out):
            entries += 1
            if entries > ENTRIES_MAX:
                left_out.append(LeftOut(above or ".", f"more than {ENTRIES_MAX} names"))
                return
            path = above + entry.name
            if entry.is_dir(follow_symlinks=False):
                if depth == DEPTH_MAX:
                    left_out.append(LeftOut(path, f"more than {DEPTH_MAX} folders deep"))
                else:
                    waiting.append((Path(entry.path), f"{path}/", depth + 1))
            elif entry.name.lower().endswith(SUFFIXES):
                real = _real(root, Path(entry.path))
                if real is None:
                    left_out.append(LeftOut(path, "a link that leads out of the folder"))
                else:
                    yield _Found(path, real)


def _entries(folder: Path, above: str, left_out: list[LeftOut]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        left_out.append(LeftOut(above or ".", error.strerror or "cannot be read"))
        return []


def _real(root: Path, path: Path) -> Path | None:
    """Where a file really is, below the root; None for a link that leads elsewhere or nowhere."""
    try:
        return path.resolve(strict=True).relative_to(root)
    except (OSError, RuntimeError, ValueError):
        return None


def _content(root_fd: int, real: Path) -> bytes:
    """Read a file, a byte more than is allowed at most.

    It is opened part by part and no link is followed, so that a folder that is exchanged for a
    link after it was looked at cannot lead elsewhere. Raises `OSError`.
    """
    *folders, name = real.parts
    fd = os.dup(root_fd)
    try:
        for folder in folders:
            fd = _opened(folder, fd, os.O_DIRECTORY)
        # Not blocking: the name of a pipe would hold up its reader for ever.
        fd = _opened(name, fd, os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(0, "not a regular file")
        return _bytes(fd)
    finally:
        os.close(fd)


def _opened(name: str, folder_fd: int, flags: int) -> int:
    """Open a name in an open folder, which is closed once that has worked."""
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | flags, dir_fd=folder_fd)
    os.close(folder_fd)
    return fd


def _bytes(fd: int) -> bytes:
    content = b""
    while len(content) <= FILE_BYTES_MAX:
        more = os.read(fd, FILE_BYTES_MAX + 1 - len(content))
        if not more:
            break
        content += more
    return content
