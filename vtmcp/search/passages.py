"""Cut a page into passages: one per heading, and more where a section is long.

The texts of a page's passages, put together again, are the page's text: nothing is lost, nothing
said twice. Only a code block that is longer than a whole answer is cut as well (`listings`). Must
not be here: what is searched in a passage, and files.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vtmcp.search.listings import CODE_BYTES_MAX, listing_parts
from vtmcp.search.page import Page
from vtmcp.search.passage import Passage

__all__ = ["PASSAGE_BYTES_MAX", "Passage", "all_passages", "passages_of"]

PASSAGE_BYTES_MAX = 1_200
"""Six or more of them fit in an answer, and one can hold a section with its example. Headings come
on top, and one code block, row of a table or word that is longer stays whole."""

_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*")
_CODE = re.compile(r"[ \t]*(`{3,}(?=[^`]*$)|~{3,})")
_ITEM = re.compile(r" {0,3}(?:[-*+]|[0-9]{1,9}[.)])[ \t]")
_WORD = re.compile(r"\s*\S+|\s+")


def passages_of(page: Page) -> list[Passage]:
    """The passages of a page, in its order."""
    texts = (part for headings, body in _sections(page.text) for part in _parts_of(headings, body))
    return [
        Passage(page.path, page.title, headings, text, number)
        for number, (headings, text) in enumerate(texts, start=1)
    ]


def all_passages(pages: Iterable[Page]) -> list[Passage]:
    """The passages of all pages, page after page."""
    return [passage for page in pages for passage in passages_of(page)]


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that belong together; `level` is a heading's, else 0."""

    text: str
    level: int = 0
    heading: str = ""
    is_whole: bool = False


def _sections(text: str) -> Iterator[tuple[tuple[str, ...], list[_Block]]]:
    """Headings from the top and the blocks under them.

    A heading that has no text of its own opens the section of the heading that follows it.
    """
    path: dict[int, str] = {}
    body: list[_Block] = []
    for block in _blocks(text):
        if block.level:
            if any(other.level == 0 and other.text.strip() for other in body):
                yield _headings(path), body
                body = []
            path = {level: name for level, name in path.items() if level < block.level}
            path[block.level] = block.heading
        body.append(block)
    if body:
        yield _headings(path), body


def _parts_of(
    headings: tuple[str, ...], body: list[_Block]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """The passages of a section; the entries of a very long listing stand alone, by their names."""
    together: list[_Block] = []
    for block in body:
        is_listing = block.is_whole and _size_bytes(block.text) > CODE_BYTES_MAX
        parts = listing_parts(block.text, PASSAGE_BYTES_MAX) if is_listing else []
        if not parts:
            together.append(block)
            continue
        for text in _packed(together) if together else ():
            yield headings, text
        together = []
        for name, text in parts:
            yield ((*headings, name) if name else headings), text
    for text in _packed(together) if together else ():
        yield headings, text


def _headings(path: dict[int, str]) -> tuple[str, ...]:
    return tuple(name for _, name in sorted(path.items()))


def _blocks(text: str) -> Iterator[_Block]:
    """Headings, code blocks, list items, rows of tables, and paragraphs with what follows them."""
    open_lines: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        if fence:
            open_lines.append(line)
            if _closes(line, fence):
                yield _Block("".join(open_lines), is_whole=True)
                open_lines, fence = [], ""
            continue
        if open_lines and _starts_block(line, open_lines[-1]):
            yield _Block("".join(open_lines), is_whole=_is_row(open_lines[0]))
            open_lines = []
        if heading := _HEADING.fullmatch(line.rstrip("\r\n")):
            yield _Block(line, len(heading[1]), heading[2])
            continue
        open_lines.append(line)
        if code := _CODE.match(line):
            fence = code[1]
    if open_lines:
        yield _Block("".join(open_lines), is_whole=bool(fence) or _is_row(open_lines[0]))


def _closes(line: str, fence: str) -> bool:
    return line.strip().startswith(fence) and not line.strip().strip(fence[0])


def _starts_block(line: str, before: str) -> bool:
    """Say whether a line outside code begins something of its own."""
    if _HEADING.fullmatch(line.rstrip("\r\n")) or _CODE.match(line) or _ITEM.match(line):
        return True
    if _is_row(line) or _is_row(before):
        return bool(line.strip())
    return bool(line.strip()) and not before.strip()


def _is_row(line: str) -> bool:
    return line.lstrip().startswith("|")


def _packed(blocks: list[_Block]) -> Iterator[str]:
    """Texts of as many blocks each as fit; a heading never stands alone at the end of one."""
    pieces = [(piece, block.level) for block in blocks for piece in _pieces(block)]
    text = ""
    only_headings = True
    for piece, level in pieces:
        is_full = _size_bytes(text) + _size_bytes(piece.rstrip()) > PASSAGE_BYTES_MAX
        if text and is_full and not only_headings:
            yield text
            text, only_headings = "", True
        text += piece
        only_headings = only_headings and (level > 0 or not piece.strip())
    yield text


def _pieces(block: _Block) -> Iterator[str]:
    """A block, or its parts when it is too long: cut between lines, else between words."""
    if block.is_whole or block.level or _size_bytes(block.text) <= PASSAGE_BYTES_MAX:
        yield block.text
        return
    for line in block.text.splitlines(keepends=True):
        if _size_bytes(line) <= PASSAGE_BYTES_MAX:
            yield line
        else:
            yield from _parts(line)


def _parts(line: str) -> Iterator[str]:
    part = ""
    for word in _WORD.findall(line):
        if part and _size_bytes(part) + _size_bytes(word) > PASSAGE_BYTES_MAX:
            yield part
            part = ""
        part += word
    yield part


def _size_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
