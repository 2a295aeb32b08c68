"""What the owner of the server may set about the database. Reads no environment."""

from dataclasses import dataclass, field

RESPONSE_BYTES_MAX = 64 * 2**20
"""The largest trace seen has 6 MB; ten of those in one search still fit."""

CONNECTIONS_MAX = 8
"""A single node runs about two queries a core at once (at most 16) and queues the rest."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One database and how to talk to it. `checks.py` says whether they can be used."""

    entrypoint: str
    """`VT_INSTANCE_ENTRYPOINT`: http or https URL; a path prefix is kept."""

    allow_insecure: bool = False
    """`VT_ALLOW_INSECURE_ENTRYPOINT`: whether plain http may leave this machine."""

    allowed_hosts: tuple[str, ...] = ()
    """`VT_ALLOWED_HOSTS`: names, addresses and networks; none for wherever the name leads."""

    bearer_token: str = field(default="", repr=False)
    """`VT_INSTANCE_BEARER_TOKEN`: secret; empty for none."""

    bearer_token_file: str = field(default="", repr=False)
    """`VT_INSTANCE_BEARER_TOKEN_FILE`: path of a file that holds the token; empty for none."""

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """`VT_INSTANCE_HEADERS`: names and values, secret."""

    headers_file: str = field(default="", repr=False)
    """`VT_INSTANCE_HEADERS_FILE`: path of a file with a `Name: value` a line; empty for none."""

    tls_ca_file: str = field(default="", repr=False)
    """`VT_TLS_CA_FILE`: path of the authorities to trust, PEM; empty for the usual ones."""

    tls_cert_file: str = field(default="", repr=False)
    """`VT_TLS_CERT_FILE`: path of our own certificate with its chain, PEM; empty for none."""

    tls_key_file: str = field(default="", repr=False)
    """`VT_TLS_KEY_FILE`: path of its private key, PEM; empty when the certificate's has it."""

    connect_timeout_s: float = 5.0
    """`VT_CONNECT_TIMEOUT`: seconds for the look-up of the name, and again for TCP."""

    tls_timeout_s: float = 5.0
    """`VT_TLS_TIMEOUT`: seconds for the handshake."""

    first_byte_timeout_s: float = 30.0
    """`VT_FIRST_BYTE_TIMEOUT`: seconds from a request to the first byte of its answer."""

    read_timeout_s: float = 30.0
    """`VT_READ_TIMEOUT`: seconds that the database may be silent within an answer."""

    total_timeout_s: float = 60.0
    """`VT_TOTAL_TIMEOUT`: seconds for one request, the wait for a connection included."""

    response_bytes_max: int = RESPONSE_BYTES_MAX
    """`VT_MAX_RESPONSE_BYTES`: bytes of one answer, after decompression."""

    connections_max: int = CONNECTIONS_MAX
    """`VT_MAX_CONNECTIONS`: connections at once; further calls wait for their turn."""

    hidden_fields: tuple[str, ...] = ()
    """`VT_HIDDEN_FIELDS`: patterns of attributes that nobody is shown (`hidden.py`)."""
