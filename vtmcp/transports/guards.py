"""Whom an endpoint answers, and in which form: Host, Origin, CORS, Accept, Content-Type.

Sources: MCP 2025-11-25 and 2026-07-28, transports, "Security"; RFC 9110, 7.2 and 12.5.1; RFC 6454;
WHATWG Fetch, "CORS protocol". Names are compared taken apart, never by how they begin: a page at
`localhost.evil.example` is not local. Must not be here: sockets, sessions, tokens.
"""

import re
from typing import NamedTuple

from vtmcp.protocol.codec import encode
from vtmcp.transports.http_values import Headers, Request, Response

EXPOSED = "Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate"
"""The response headers that a page may read."""

METHODS = ("GET", "POST", "DELETE")
"""What the endpoint of MCP can be asked to do, and so what a page may ask for."""

PREFLIGHT_S = 600
"""How long a browser may keep the answer to a preflight: ten minutes, as an allow-list changes."""

_INVALID_REQUEST = -32600

_DEFAULT_PORTS = {"http": 80, "https": 443}
_PORT_MAX = 65_535

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_LOOPBACK_IPV4 = re.compile(rf"127(?:\.{_OCTET}){{3}}")
_HOST = re.compile(r"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._~-]{1,253})(?::([0-9]{0,5}))?")
_ORIGIN = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#@\\\s]+)")

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ZERO = re.compile(r"0(?:\.0*)?")
# Each part may be missing, so this matches whatever follows the first quote, and never goes back.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.?)*"?', re.DOTALL)
_UTF_8 = ("utf-8", "utf8")


class Host(NamedTuple):
    """A host in one spelling (small letters, the short form of IPv6), and the port if given."""

    name: str
    port: int | None

    @property
    def is_loopback(self) -> bool:
        """Whether it names this machine and nothing else can."""
        return self.name in ("localhost", "[::1]") or bool(_LOOPBACK_IPV4.fullmatch(self.name))


class Origin(NamedTuple):
    """What a browser calls the page that asks; the port is never left out where one is usual."""

    scheme: str
    host: Host

    @property
    def is_loopback(self) -> bool:
        """Whether the page comes from this machine."""
        return self.scheme in _DEFAULT_PORTS and self.host.is_loopback


class Guard(NamedTuple):
    """Who may ask: by the name that the client used for us, and by the page that it runs in."""

    is_loopback: bool = True
    """Only this machine can reach the listener; then only its own names are accepted."""

    allowed_hosts: tuple[str, ...] = ()
    """More names for `Host`, as `name` (any port) or `name:port`. Without any, a listener that
    others can reach accepts each name."""

    allowed_origins: tuple[str, ...] = ()
    """Pages that may ask, as `scheme://name` or `scheme://name:port`."""

    def unreadable(self) -> list[str]:
        """The entries of both lists that could never match anything."""
        hosts = [entry for entry in self.allowed_hosts if parse_host(entry) is None]
        return hosts + [entry for entry in self.allowed_origins if parse_origin(entry) is None]

    def check(self, request: Request) -> Response | None:
        """The refusal of a request that must not be looked at further, or None."""
        if request.header("origin") is not None and self._origin(request) is None:
            return refusal(403, "Forbidden: this Origin is not allowed (MCP_ALLOWED_ORIGINS)")
        if not self._allows_host(request):
            return refusal(421, "Misdirected: this Host is not allowed (MCP_ALLOWED_HOSTS)")
        return None

    def cors(self, request: Request) -> Headers:
        """What lets the page that asks read the response; nothing where no page asks."""
        origin = self._origin(request)
        if origin is None:
            return ()
        return (
            ("access-control-allow-origin", origin),
            ("access-control-expose-headers", EXPOSED),
            ("vary", "Origin"),
        )

    def preflight(self, request: Request, methods: tuple[str, ...] = METHODS) -> Response:
        """The answer to `OPTIONS`, by which a browser asks whether a page may ask."""
        refused = self.check(request)
        origin = self._origin(request)
        if refused is not None or origin is None:
            return refused or refusal(403, "Forbidden: only a page with an Origin asks this")
        headers = [
            ("access-control-allow-origin", origin),
            ("access-control-allow-methods", ", ".join(methods)),
            ("access-control-max-age", str(PREFLIGHT_S)),
            ("vary", "Origin, Access-Control-Request-Headers"),
        ]
        # The names cannot be listed beforehand: `Mcp-Param-*` are the tools', others a proxy's.
        asked = [name for name in _listed(request, "access-control-request-headers") if name]
        if asked and all(_TOKEN.fullmatch(name) for name in asked):
            headers.append(("access-control-allow-headers", ", ".join(asked)))
        return Response(204, b"", tuple(headers))

    def _origin(self, request: Request) -> str | None:
        """The one origin of an allowed page, as it was sent."""
        values = request.header_values("origin")
        origin = parse_origin(values[0]) if len(values) == 1 else None
        if origin is None:
            return None
        is_local = self.is_loopback and origin.is_loopback
        if is_local or any(origin == parse_origin(entry) for entry in self.allowed_origins):
            return values[0]
        return None

    def _allows_host(self, request: Request) -> bool:
        if not self.is_loopback and not self.allowed_hosts:
            return True
        values = request.header_values("host")
        host = parse_host(values[0]) if len(values) == 1 else None
        if host is None:
            return False
        if self.is_loopback and host.is_loopback:
            return True
        return any(_is_within(host, parse_host(entry)) for entry in self.allowed_hosts)


def parse_host(text: str) -> Host | None:
    """Read `name`, `name:port`, `[IPv6]` or `[IPv6]:port`; None for anything else."""
    match = _HOST.fullmatch(text)
    if match is None or int(match[2] or 0) > _PORT_MAX:
        return None
    name = match[1].lower()
    if name.startswith("["):
        from ipaddress import IPv6Address  # noqa: PLC0415 - most hosts are names

        try:
            name = f"[{IPv6Address(name[1:-1])}]"
        except ValueError:
            return None
    return Host(name, int(match[2]) if match[2] else None)


def parse_origin(text: str) -> Origin | None:
    """Read `scheme://host` or `scheme://host:port`; None for `null` and anything else."""
    match = _ORIGIN.fullmatch(text)
    host = parse_host(match[2]) if match else None
    if match is None or host is None:
        return None
    scheme = match[1].lower()
    port = _DEFAULT_PORTS.get(scheme) if host.port is None else host.port
    return Origin(scheme, Host(host.name, port))


def refusal(status: int, message: str) -> Response:
    """A response that says why as a JSON-RPC error; without an id, as no request was read."""
    error = {"code": _INVALID_REQUEST, "message": message}
    body = encode({"jsonrpc": "2.0", "error": error})
    return Response(status, body, (("content-type", "application/json"),))


def accepts(request: Request, media_type: str) -> bool:
    """Whether the client takes this type; without a word on it, it takes each (RFC 9110)."""
    ranges = [entry for entry in _listed(request, "accept") if entry]
    if not ranges:
        return True
    wanted = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    # What names the type most exactly decides: `text/event-stream;q=0, */*` refuses events.
    # Of two that do it equally the kinder one counts, which the order of booleans puts last.
    found = dict(sorted((_type(entry), _is_wanted(entry)) for entry in ranges))
    return next((found[name] for name in wanted if name in found), False)


def is_json(request: Request) -> bool:
    """Whether the body is declared as JSON in UTF-8, the one encoding that JSON has."""
    values = request.header_values("content-type")
    if len(values) != 1 or _type(values[0]) != "application/json":
        return False
    charsets = [value for name, value in _parameters(values[0]) if name == "charset"]
    return all(charset.strip('"').lower() in _UTF_8 for charset in charsets)


def _is_within(host: Host, entry: Host | None) -> bool:
    if entry is None or host.name != entry.name:
        return False
    # A port that is left out is the usual one; which, only the proxy in front of us may know.
    usual = host.port is None and entry.port in _DEFAULT_PORTS.values()
    return entry.port is None or host.port == entry.port or usual


def _listed(request: Request, name: str) -> list[str]:
    """The members of a header that is a list, over all its lines; quoted parts are emptied."""
    text = ",".join(request.header_values(name))
    if '"' in text:
        text = _QUOTED.sub('""', text)
    return [member.strip(" \t") for member in text.split(",")]


def _type(entry: str) -> str:
    return entry.partition(";")[0].strip(" \t").lower()


def _is_wanted(entry: str) -> bool:
    return not any(name == "q" and _ZERO.fullmatch(value) for name, value in _parameters(entry))


def _parameters(entry: str) -> list[tuple[str, str]]:
    parts = [part.partition("=") for part in entry.split(";")[1:]]
    return [(name.strip(" \t").lower(), value.strip(" \t")) for name, _, value in parts]
