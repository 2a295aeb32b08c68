"""Real answers of the database as responses, and the real requests that led to them."""

import gzip
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from vtmcp.victoriatraces.response import HttpResponse

FOLDER = Path(__file__).parent.parent / "recordings"


def recorded(name: str) -> HttpResponse:
    """Return the answer recorded under that name."""
    status_line, *lines = (FOLDER / f"{name}.headers").read_text().splitlines()
    headers = tuple(
        (key.lower(), value) for key, _, value in (line.partition(": ") for line in lines if line)
    )
    return HttpResponse(int(status_line.split()[1]), headers, recorded_body(name))


def recorded_body(name: str) -> bytes:
    packed = FOLDER / f"{name}.body.gz"
    if packed.exists():
        return gzip.decompress(packed.read_bytes())
    return (FOLDER / f"{name}.body").read_bytes()


def recorded_request(name: str) -> tuple[str, dict[str, str]]:
    """Return path and query of the request, and the headers that were set by hand."""
    words = shlex.split((FOLDER / f"{name}.request").read_text())
    url = urlsplit(words[-1])
    pairs = (words[at + 1].split(": ") for at, word in enumerate(words) if word == "-H")
    return f"{url.path}?{url.query}".rstrip("?"), dict(pairs)
