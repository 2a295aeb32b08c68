"""Cut a code block that is longer than an answer: a program's `-help`, a whole configuration.

Such blocks are found in an operator's own pages. Shown whole they would fill an answer and say one
line of use in it, so they are cut between lines, and each part is fenced again. Must not be here:
blocks that an answer can hold; these stay whole.
"""

import re
from collections.abc import Iterator
from itertools import groupby, islice

CODE_BYTES_MAX = 6_000
"""A longer block does not fit into an answer of 8 kB beside anything else."""

OPTIONS_MIN = 5
"""Lines that begin with a flag, from which on a block is taken for a list of options."""

_OPTION = re.compile(r" {0,4}(-{1,2}[A-Za-z][\w.\-]*)")


def listing_parts(block: str, part_bytes_max: int) -> list[tuple[str, str]]:
    """The parts of a code block with its fences, each with the name of its option, if it has one.

    Empty when the block is not between fences, as a row of a table, and so cannot be cut.
    """
    lines = block.splitlines(keepends=True)
    opening, *body, closing = lines if len(lines) > 1 else ["", ""]
    marks = opening.strip()[:3]
    if marks not in ("```", "~~~") or not closing.strip().startswith(marks):
        return []
    fence = opening if opening.endswith("\n") else f"{opening}\n"
    ends = f"{opening.strip()[: _marks(opening)]}\n"
    return [
        (name, f"{fence}{text if text.endswith(chr(10)) else text + chr(10)}{ends}")
        for name, lines in _groups(body)
        for text in _packed(lines, part_bytes_max)
    ]


def _marks(line: str) -> int:
    text = line.strip()
    return len(text) - len(text.lstrip(text[0]))


def _groups(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The lines of each option with its name; all lines, without a name, when there are no options.

    What stands before the first option has no name either.
    """
    found = (line for line in lines if _OPTION.match(line))
    if len(list(islice(found, OPTIONS_MIN))) < OPTIONS_MIN:
        yield "", lines
        return
    number = 0
    numbered = []
    for line in lines:
        number += bool(_OPTION.match(line))
        numbered.append((number, line))
    for _, pairs in groupby(numbered, key=lambda pair: pair[0]):
        group = [line for _, line in pairs]
        option = _OPTION.match(group[0])
        yield (option[1] if option else ""), group


def _packed(lines: list[str], part_bytes_max: int) -> Iterator[str]:
    """As many lines together as fit; a longer line is cut, wherever that is."""
    text = ""
    for line in lines:
        for piece in _pieces(line, part_bytes_max):
            if text and len((text + piece).encode("utf-8", "surrogatepass")) > part_bytes_max:
                yield text
                text = ""
            text += piece
    if text:
        yield text


def _pieces(line: str, part_bytes_max: int) -> Iterator[str]:
    if len(line.encode("utf-8", "surrogatepass")) <= part_bytes_max:
        yield line
        return
    # A quarter of the bytes as characters is sure to fit: none has more than four bytes.
    step = part_bytes_max // (1 if line.isascii() else 4)
    yield from (line[start : start + step] for start in range(0, len(line), step))
