"""Read a trace id as people and headers write it. Knows nothing of spans or of where ids are used.

Whatever comes out is safe as a part of a URL path: hexadecimal digits and nothing else.
"""

import re

ACCEPTED = "16 or 32 hexadecimal digits (dashes and any case are fine) or a W3C traceparent"

SHOWN_CHARS_MAX = 80
"""An error repeats no more than this of what was given; a traceparent has 55 characters."""

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?", re.ASCII)
_TRACE_ID = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}", re.ASCII)


def parse_trace_id(text: str) -> str:
    """Return the id in lower case without dashes; VictoriaTraces finds it in no other form.

    Raises `ValueError`, with what is accepted. An id of zeros only is invalid by W3C trace context.
    """
    wanted = text.strip().lower()
    traceparent = _TRACEPARENT.fullmatch(wanted)
    trace_id = traceparent[1] if traceparent else wanted.replace("-", "")
    if _TRACE_ID.fullmatch(trace_id) and trace_id.strip("0"):
        return trace_id
    raise ValueError(f"{text[:SHOWN_CHARS_MAX]!r} is not a trace id; accepted: {ACCEPTED}")
