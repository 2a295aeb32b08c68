"""What a refusal of the database means, in sentences for a model. Pure.

Must not be here: reading of data. Whatever the database or a proxy wrote is quoted as data, cut
and without control characters; headers that we sent are never shown.
"""

from urllib.parse import urlsplit

from vtmcp.traces.safe import quoted, safe
from vtmcp.victoriatraces.response import HttpResponse

QUOTE_CHARS_MAX = 300
"""The database's own sentences are shorter; a longer text is a page or a whole query."""

HOST_CHARS_MAX = 100
"""More of the host that a redirect points to helps nobody."""


OUT_OF_RETENTION = ("out of retention", "outside retention", "outside the retention")
"""How versions say that a time lies where the database keeps nothing."""

_HINTS_BY_TEXT = (
    (
        OUT_OF_RETENTION,
        "the time window lies outside what the database keeps; ask for a later one",
    ),
    (
        ("cannot connect to storage node", "vlstorage nodes are unavailable"),
        "a storage node of the cluster does not answer, so nothing or only a part can be found; "
        "try again later",
    ),
    (
        ("unsupported path requested",),
        "check that VT_INSTANCE_ENTRYPOINT is the address of VictoriaTraces and that its path "
        "prefix is right",
    ),
    (
        ("/api/dependencies api is not supported",),
        "this version of the database makes no service graph; it takes v0.4.0 or later, started "
        "with -servicegraph.enableTask",
    ),
    (
        ("requests to /select/* are disabled",),
        "VT_INSTANCE_ENTRYPOINT points to a node that only takes data in; use a vtselect node",
    ),
)

_CHECK_CREDENTIALS = (
    "check VT_INSTANCE_BEARER_TOKEN and VT_INSTANCE_HEADERS, or the files of their _FILE variables"
)
_CHECK_ENTRYPOINT = (
    "check that VT_INSTANCE_ENTRYPOINT is the address of VictoriaTraces, not of a web page or "
    "a login before it"
)
_UNAVAILABLE = (
    "the database, a node of its cluster or a proxy before it is unavailable; try again later"
)

_HINTS_BY_STATUS = {
    401: _CHECK_CREDENTIALS,
    403: f"{_CHECK_CREDENTIALS}, and whether they allow this tenant",
    404: "check the path prefix in VT_INSTANCE_ENTRYPOINT",
    407: "a proxy wants credentials; point VT_INSTANCE_ENTRYPOINT to the database itself",
    413: "use shorter or fewer names and tags",
    414: "use shorter or fewer names and tags",
    429: "too many requests at once; try again later",
    431: "the headers are too large; use shorter or fewer names and tags",
    502: _UNAVAILABLE,
    503: _UNAVAILABLE,
    504: f"{_UNAVAILABLE}, or ask for a shorter time window",
}


def status_complaint(response: HttpResponse) -> str:
    """Say what a response that is no success means."""
    if 300 <= response.status < 400:
        return _redirect_complaint(response)
    hint = _text_hint(response.text) or _HINTS_BY_STATUS.get(response.status, "")
    if response.is_html:
        said, hint = "with a web page", hint or _CHECK_ENTRYPOINT
    else:
        said = quote(response.text)
    return _sentence(f"the database answered {response.status}", said, hint)


def errors_complaint(messages: str) -> str:
    """Say what the `errors` of an answer mean that is a success by its status."""
    return _sentence("the database answered with errors", quote(messages), _text_hint(messages))


def type_complaint(response: HttpResponse) -> str:
    """Say that a success holds something else than JSON."""
    if response.is_html:
        return _sentence(
            f"the answer ({response.status}) is a web page, not data", "", _CHECK_ENTRYPOINT
        )
    kind = safe(response.header("content-type"), HOST_CHARS_MAX) or "nothing known"
    return _sentence(
        f"the answer ({response.status}) is {kind}, not JSON",
        quote(response.text),
        _text_hint(response.text) or _CHECK_ENTRYPOINT,
    )


def broken_json_complaint(response: HttpResponse) -> str:
    """Say that the JSON of a success cannot be read."""
    return _sentence(
        f"the answer is not whole JSON ({len(response.body)} bytes came)",
        "",
        "it was cut off on its way or comes from something else than VictoriaTraces; try again, "
        "then check VT_INSTANCE_ENTRYPOINT",
    )


def shape_complaint() -> str:
    """Say that the JSON of a success is not what the Jaeger API of VictoriaTraces gives."""
    return _sentence(
        "the answer is JSON of an unknown shape",
        "",
        "check that VT_INSTANCE_ENTRYPOINT is the address of VictoriaTraces",
    )


def quote(text: str) -> str:
    """Return a cut, harmless piece of what a stranger wrote, or an empty text."""
    return quoted(text, QUOTE_CHARS_MAX) if text else ""


def _redirect_complaint(response: HttpResponse) -> str:
    try:
        host = urlsplit(response.header("location")).hostname
    except ValueError:
        host = None
    target = f"to {safe(host, HOST_CHARS_MAX)}" if host else "within the same host"
    return _sentence(
        f"the database answered {response.status}, a redirect {target}",
        "",
        "redirects are not followed; set VT_INSTANCE_ENTRYPOINT to the final address",
    )


def _text_hint(text: str) -> str:
    lower = text.lower()
    return next((hint for words, hint in _HINTS_BY_TEXT if any(w in lower for w in words)), "")


def _sentence(fact: str, said: str, hint: str) -> str:
    separator = ": " if said.startswith('"') else " "
    told = f"{fact}{separator}{said}" if said else fact
    return f"{told}; {hint}" if hint else told
