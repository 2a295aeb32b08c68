"""The headers of a request: which are refused, and which of several for one name is sent. Pure.

Must not be here: where a credential comes from (`credentials.py`). A value is never in an error.
"""

import re
from collections.abc import Iterable

from vtmcp.traces.tenant import Tenant

Header = tuple[str, str]

_SETS_ITSELF = "the client sets it itself"
_DOES_NOT_SPEAK = "the client does not speak it"
_IS_THE_TENANT = "it is the tenant, which a call names or VT_DEFAULT_TENANT_ID sets"

REFUSED = {
    "accept-encoding": _SETS_ITSELF,
    "accountid": _IS_THE_TENANT,
    "connection": _SETS_ITSELF,
    "content-length": _SETS_ITSELF,
    "expect": _DOES_NOT_SPEAK,
    "host": _SETS_ITSELF,
    "keep-alive": _SETS_ITSELF,
    "projectid": _IS_THE_TENANT,
    "te": _DOES_NOT_SPEAK,
    "trailer": _DOES_NOT_SPEAK,
    "transfer-encoding": _SETS_ITSELF,
    "upgrade": _DOES_NOT_SPEAK,
}
"""Names, in lower case, that would break the framing, the tenant or the decoding."""

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.6.2, token.
_VALUE = re.compile(r"[ -~]*")
_CREDENTIAL = re.compile(r"auth|cert|cookie|credential|key|passw|secret|session|sign|token|-user")


def header_fault(name: str, value: str) -> str:
    """Say what is wrong with a header, or return an empty text.

    The name is shown only once it is known to be one. Some servers read `_` as `-`, so a
    refused name is refused in that spelling too.
    """
    if not _NAME.fullmatch(name):
        return "has a name that is not an HTTP header name"
    if not _VALUE.fullmatch(value):
        return f"has a value for {name} with control or non-ASCII characters"
    lower = name.lower().replace("_", "-")
    if lower.startswith("proxy-"):
        return f"names {name}: it is for a proxy, not for the database"
    if lower in REFUSED:
        return f"names {name}: {REFUSED[lower]}"
    return ""


def is_credential(name: str) -> bool:
    """Whether a header of that name tells who asks."""
    return _CREDENTIAL.search(name.lower()) is not None


def caller_fault(headers: Iterable[Header]) -> str:
    """Say what is wrong with headers that a caller wants passed on, or return an empty text."""
    seen = set()
    for name, value in headers:
        fault = header_fault(name, value)
        if fault:
            return fault
        if name.lower() in seen:
            return f"names {name} twice"
        seen.add(name.lower())
    return ""


def request_headers(
    authority: str, tenant: Tenant, *, own: Iterable[Header], caller: Iterable[Header] = ()
) -> tuple[Header, ...]:
    """Return all headers of one request, each name once.

    `own` are the configured ones, credentials included; they replace our general ones. `caller`
    are those of the calling client and replace the configured ones of the same name. When they
    hold a credential, no configured credential is sent beside it: two identities in one request
    would let one borrow the rights of the other.
    """
    caller = tuple(caller)
    if any(is_credential(name) for name, _ in caller):
        own = [header for header in own if not is_credential(header[0])]
    given = (("Accept", "application/json"), ("User-Agent", "vtmcp"), *own, *caller)
    fixed = (
        ("Host", authority),
        ("Accept-Encoding", "gzip"),
        ("AccountID", str(tenant.account_id)),
        ("ProjectID", str(tenant.project_id)),
    )
    headers = {header[0].lower(): header for header in (*given, *fixed)}
    return tuple(headers.values())
