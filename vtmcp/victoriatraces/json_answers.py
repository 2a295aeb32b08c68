"""The JSON of an answer, as far as both APIs of the database have it alike. Pure.

Must not be here: what is in it (`answers.py`, `logsql_answers.py`).
"""

import orjson

from vtmcp.traces.model import SourceError
from vtmcp.victoriatraces import complaints
from vtmcp.victoriatraces.response import HttpResponse


def json_of(response: HttpResponse) -> object:
    """Return the JSON that a response is. Raises `SourceError` where it is none, or not whole."""
    try:
        return read_json(response.body)
    except orjson.JSONDecodeError:
        raise SourceError(complaints.broken_json_complaint(response)) from None


def read_json(text: bytes) -> object:
    """Read JSON. Bytes that are no UTF-8, from a careless sender of spans, cost only themselves.

    Raises `orjson.JSONDecodeError`.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return orjson.loads(text.decode("utf-8", "replace"))


def wrong_shape() -> SourceError:
    """The error of JSON that is not what the database gives."""
    return SourceError(complaints.shape_complaint())
