"""The address of the database, taken apart. Knows nothing of requests or sockets.

No error holds the text of an address: a part that does not belong there may be a password.
"""

import re
from typing import NamedTuple

ACCEPTED = "an http or https URL such as http://localhost:10428"

_VARIABLE = "VT_INSTANCE_ENTRYPOINT"
_PORTS = {"http": 80, "https": 443}
_PORT_MAX = 65_535

# `urllib.parse` costs 2 ms, and this is read at the start.
_PARTS = re.compile(r"(https?)://([^/?#]*)(/[^?#]*)?(.*)", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(
    r"(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9_][a-z0-9._-]{0,252}))(?::([0-9]{0,5}))?", re.IGNORECASE
)
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*")

_LOOPBACK = re.compile(r"localhost\.?|127(?:\.(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}|::1")


class Entrypoint(NamedTuple):
    """Where the database listens. `host` has no brackets, `prefix` no slash at its end."""

    scheme: str
    host: str
    port: int
    prefix: str

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them: no default port, IPv6 in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address for a reader."""
        return f"{self.scheme}://{self.authority}{self.prefix}"


def parse_entrypoint(text: str) -> Entrypoint:
    """Read the URL. Raises `ValueError` with what is wrong and accepted, not with the text."""
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise _refused("is not an http or https URL")
    if "@" in parts[2]:
        raise _refused(
            "holds a user name or a password, which belong in VT_INSTANCE_BEARER_TOKEN or "
            "VT_INSTANCE_HEADERS"
        )
    if parts[4]:
        raise _refused("has a query or a fragment")
    authority = _AUTHORITY.fullmatch(parts[2])
    if authority is None:
        raise _refused("has no valid host and port")
    port = int(authority[3] or 0)
    if port > _PORT_MAX:
        raise _refused("has no valid port")
    prefix = (parts[3] or "").rstrip("/")
    if not _PATH.fullmatch(prefix):
        raise _refused("has a path that needs percent-encoding")
    scheme = parts[1].lower()
    host = _ipv6(authority[1]) if authority[1] else authority[2].lower()
    return Entrypoint(scheme, host, port or _PORTS[scheme], prefix)


def insecure_fault(entrypoint: Entrypoint, *, allow_insecure: bool) -> str:
    """Say what is wrong with plain http to another machine, or return an empty text."""
    if entrypoint.scheme == "https" or allow_insecure or _LOOPBACK.fullmatch(entrypoint.host):
        return ""
    return (
        f"{_VARIABLE} is plain http to another machine, where anyone on the way reads the traces "
        "and the token; accepted: https, http to localhost, or set VT_ALLOW_INSECURE_ENTRYPOINT=1"
    )


def _ipv6(text: str) -> str:
    """Return the address in its one short form."""
    import ipaddress  # noqa: PLC0415 - 1 ms, and few addresses have brackets

    try:
        return ipaddress.IPv6Address(text).compressed
    except ValueError:
        raise _refused("has no valid host and port") from None


def _refused(fault: str) -> ValueError:
    return ValueError(f"{_VARIABLE} {fault}; accepted: {ACCEPTED}")
