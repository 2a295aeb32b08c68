"""Read the text of one setting: each function takes the text and returns the value.

Each raises `ValueError` with what is wrong and what is accepted. Must not be here: names of
variables, defaults and the environment (`config.py`). A secret's text is never in an error.
"""

import re

from vtmcp import durations
from vtmcp.traces import tenant

DEMO = "demo"
"""The entrypoint that serves generated data instead of a database."""

SHOWN_CHARS_MAX = 60
"""A wrong value is shown up to here, so that the error stays one readable line."""

DURATION_S_MAX = 86_400
"""A day. A longer wait is a mistyped unit."""

SIZE_BYTES_MAX = 2**30
"""1 GiB. A buffer above this would not fit beside anything else on a small machine."""

ENTRYPOINT_ACCEPTED = "an http or https URL such as http://localhost:10428, or the word demo"
HEADERS_ACCEPTED = "name=value pairs with commas between them, such as X-Team=shop,X-Scope=eu"
ADDRESS_ACCEPTED = "host:port, [IPv6]:port, or :port for all interfaces, such as localhost:8081"
SIZE_ACCEPTED = "a whole number of bytes, or one with KB, MB, KiB or MiB, such as 64MiB"

REFUSED_HEADERS = {
    "accept-encoding": "the client sets it itself",
    "accountid": "set VT_DEFAULT_TENANT_ID instead",
    "connection": "the client sets it itself",
    "content-length": "the client sets it itself",
    "expect": "the client does not speak it",
    "host": "the client sets it itself",
    "keep-alive": "the client sets it itself",
    "projectid": "set VT_DEFAULT_TENANT_ID instead",
    "te": "the client does not speak it",
    "trailer": "the client does not speak it",
    "transfer-encoding": "the client sets it itself",
    "upgrade": "the client does not speak it",
}
"""Header names, in lower case, that would break the framing, the tenant or the decoding."""

# Patterns are texts, compiled at first use: a start with few variables set needs few of them.
_HEADER_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"  # RFC 9110, section 5.6.2, token
_HEADER_VALUE = r"[\t -~]*"
_TOKEN = r"[!-~]+"
_URL = r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)"
_HOST_AND_PORT = r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?"
_HOST_NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}"
_PATH = r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*"
_SIZE = r"([0-9]{1,15}) ?(|B|KB|MB|GB|KIB|MIB|GIB)"
_UNIT_BYTES = {
    **{"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9},
    **{"KIB": 2**10, "MIB": 2**20, "GIB": 2**30},
}
_PORT_MAX = 65_535


def is_unset(text: str) -> bool:
    """Say whether a client left the setting empty or did not expand a `${...}` in it."""
    literal = text.startswith("${") and text.endswith("}")
    return not text or (literal and text.count("{") == text.count("}") == 1)


def read_entrypoint(text: str) -> str:
    """Return `demo`, or the URL with its path prefix and without a slash at its end."""
    if text.lower() == DEMO:
        return DEMO
    fault, url = _read_url(text)
    if fault:
        raise ValueError(f"{fault}; accepted: {ENTRYPOINT_ACCEPTED}")
    return url


def read_token(text: str) -> str:
    """Return a bearer token; an empty text is no token."""
    if text and not re.fullmatch(_TOKEN, text):
        raise ValueError(
            "holds a space or a character that no header can carry; "
            "accepted: the token alone, in visible ASCII, without the word Bearer"
        )
    return text


def read_headers(text: str) -> tuple[tuple[str, str], ...]:
    """Return the names and values of `k=v,k=v`, in order. A value may hold `=`, not a comma."""
    headers: dict[str, tuple[str, str]] = {}
    for number, entry in enumerate(text.split(","), start=1):
        if not entry.strip():
            continue
        name, equals, value = (part.strip() for part in entry.partition("="))
        fault = "has no =" if not equals else _header_fault(name, value, headers)
        if fault:
            raise ValueError(f"entry {number} {fault}; accepted: {HEADERS_ACCEPTED}")
        if not value or not is_unset(value):
            headers[name.lower()] = name, value
    return tuple(headers.values())


def read_tenant(text: str) -> tenant.Tenant:
    """Return the tenant of `AccountID` or `AccountID:ProjectID`."""
    try:
        return tenant.parse_tenant(text)
    except ValueError:
        raise ValueError(f"{shown(text)} is not a tenant; accepted: {tenant.ACCEPTED}") from None


def read_choice(text: str, *, choices: tuple[str, ...]) -> str:
    """Return the choice that `text` names, in any case."""
    if text.lower() in choices:
        return text.lower()
    accepted = f"{', '.join(choices[:-1])} or {choices[-1]}"
    raise ValueError(f"{shown(text)} is not known; accepted: {accepted}")


def read_choices(text: str, *, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Return the choices of a list with commas, each once, in any case."""
    return tuple(dict.fromkeys(read_choice(name, choices=choices) for name in read_names(text)))


def read_address(text: str) -> tuple[str, int]:
    """Return host and port to listen on; an empty host is all interfaces, port 0 any free one."""
    match = re.fullmatch(_HOST_AND_PORT, text)
    if match is None or match[2] is None or int(match[2]) > _PORT_MAX:
        raise ValueError(f"{shown(text)} has no valid port; accepted: {ADDRESS_ACCEPTED}")
    if match[1] and not _is_host(match[1]):
        raise ValueError(f"{shown(text)} has no valid host; accepted: {ADDRESS_ACCEPTED}")
    return match[1].strip("[]"), int(match[2])


def read_names(text: str) -> tuple[str, ...]:
    """Return the names of a list with commas, each once, in order."""
    names = (name.strip() for name in text.split(","))
    return tuple(dict.fromkeys(name for name in names if not is_unset(name)))


def read_seconds(text: str, *, least: float, zero: bool = False) -> float:
    """Return the seconds of a Go-style duration from `least` to a day, or 0 where `zero` is."""
    try:
        duration_s = durations.parse_duration_ns(text) / 1e9
    except ValueError:
        fault = f"{shown(text)} is not a duration; accepted: {durations.ACCEPTED}"
        raise ValueError(fault) from None
    if least <= duration_s <= DURATION_S_MAX or (zero and duration_s == 0):
        return duration_s
    accepted = f"{least:g}s to {DURATION_S_MAX // 3600}h{', or 0 for none' if zero else ''}"
    raise ValueError(f"{shown(text)} is out of range; accepted: {accepted}")


def read_bytes(text: str, *, least: int, most: int = SIZE_BYTES_MAX) -> int:
    """Return the bytes of a size from `least` to `most`; `KB` is 1000 bytes, `KiB` 1024."""
    match = re.fullmatch(_SIZE, text.upper())
    if match is None:
        raise ValueError(f"{shown(text)} is not a size; accepted: {SIZE_ACCEPTED}")
    size_bytes = int(match[1]) * _UNIT_BYTES[match[2]]
    return _in_range(text, size_bytes, least=least, most=most)


def read_count(text: str, *, most: int, least: int = 1) -> int:
    """Return a whole number from `least` to `most`."""
    digits = text.isascii() and text.isdigit() and len(text) < len(str(SIZE_BYTES_MAX))
    return _in_range(text, int(text) if digits else -1, least=least, most=most)


def read_flag(text: str) -> bool:
    """Return whether something is switched on."""
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("", "0", "false", "no", "off"):
        return False
    raise ValueError(f"{shown(text)} is neither on nor off; accepted: 1 or 0")


def read_key(text: str, *, chars_min: int) -> str:
    """Return a signing key; an empty text is no key."""
    if text and len(text) < chars_min:
        raise ValueError(
            f"has {len(text)} characters; accepted: at least {chars_min}, best from a random source"
        )
    return text


def shown(text: str) -> str:
    """Quote a wrong value for an error: one line, cut when long."""
    cut = len(text) > SHOWN_CHARS_MAX
    return ascii(text[:SHOWN_CHARS_MAX]) + ("..." if cut else "")


def _read_url(text: str) -> tuple[str, str]:
    """Return what is wrong, or the URL. The text is shown only where it cannot hold a secret."""
    if not text:
        return "not set", ""
    match = re.fullmatch(_URL, text, re.DOTALL)
    quoted = "the value" if set(text) & set("@?#") else shown(text)
    if match is None or match[1].lower() not in ("http", "https"):
        return f"{quoted} is not an http or https URL", ""
    scheme, authority, path = match[1].lower(), match[2], match[3].rstrip("/")
    fault = _authority_fault(authority) or _path_fault(path)
    return (f"{quoted} {fault}", "") if fault else ("", f"{scheme}://{authority}{path}")


def _authority_fault(authority: str) -> str:
    if "@" in authority:
        return (
            "holds a user name or password, which belong in VT_INSTANCE_BEARER_TOKEN "
            "or VT_INSTANCE_HEADERS"
        )
    match = re.fullmatch(_HOST_AND_PORT, authority)
    if match is None or not _is_host(match[1]):
        return "has no valid host"
    valid_port = match[2] is None or 0 < int(match[2]) <= _PORT_MAX
    return "" if valid_port else "has no valid port"


def _path_fault(path: str) -> str:
    if "?" in path or "#" in path:
        return "has a query or a fragment"
    return "" if re.fullmatch(_PATH, path) else "has a path that needs percent-encoding"


def _is_host(host: str) -> bool:
    if not host.startswith("["):
        return re.fullmatch(_HOST_NAME, host) is not None
    import ipaddress  # noqa: PLC0415  # 1 ms, and few addresses have brackets

    try:
        ipaddress.IPv6Address(host[1:-1])
    except ValueError:
        return False
    return "%" not in host


def _header_fault(name: str, value: str, headers: dict[str, tuple[str, str]]) -> str:
    """Say what is wrong with a header. A name is shown only once it is known to be harmless."""
    lower = name.lower()
    if not re.fullmatch(_HEADER_NAME, name):
        return "has a name that is not an HTTP header name"
    if not re.fullmatch(_HEADER_VALUE, value):
        return "has a value with control or non-ASCII characters"
    if lower.startswith("proxy-"):
        return "names a Proxy- header, which is not for the database"
    if lower in REFUSED_HEADERS:
        return f"names {name}: {REFUSED_HEADERS[lower]}"
    return "has a name that is there already" if lower in headers else ""


def _in_range(text: str, value: int, *, least: int, most: int) -> int:
    if least <= value <= most:
        return value
    raise ValueError(
        f"{shown(text)} is out of range; accepted: a whole number from {least} to {most}"
    )
