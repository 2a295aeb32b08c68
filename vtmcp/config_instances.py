"""The file of databases (`VT_INSTANCES_FILE`): TOML with a table for each, and what each may say.

    [[instance]]
    name = "eu"                                  # what a call names it by
    entrypoint = "https://traces.eu.example"     # or "demo"
    bearer_token_file = "/run/secrets/eu"        # or bearer_token; sent there and nowhere else
    headers = { X-Team = "shop" }                # or headers_file
    tenants = ["0:0", "7:3"]                     # all that may be read; without it, any
    default_tenant = "7:3"                       # without it, the first of tenants

    [[instance]]
    ...

Must not be here: reading the file itself, or what a database is asked. Errors name the table and
the key, and repeat no value: it could be a secret in a wrong place.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vtmcp import config_values as values
from vtmcp.toml_text import read_toml
from vtmcp.traces.tenant import Tenant, parse_tenant

VARIABLE = "VT_INSTANCES_FILE"

FILE_BYTES_MAX = 2**20
"""1 MiB: thousands of tables; a larger file is the wrong one."""

INSTANCES_MAX = 100
"""Each is a connection pool and a word that the model reads."""

USUAL = "default"
"""The name of the database of `VT_INSTANCE_ENTRYPOINT`, where that is set beside the file."""

VARIABLES = {
    "VT_INSTANCE_BEARER_TOKEN_FILE": "bearer_token_file",
    "VT_INSTANCE_BEARER_TOKEN": "bearer_token",
    "VT_INSTANCE_HEADERS_FILE": "headers_file",
    "VT_INSTANCE_HEADERS": "headers",
    "VT_INSTANCE_ENTRYPOINT": "entrypoint",
    "VT_ALLOW_INSECURE_ENTRYPOINT=1": "allow_insecure = true",
    "VT_ALLOWED_HOSTS": "allowed_hosts",
    "VT_TLS_CA_FILE": "tls_ca_file",
    "VT_TLS_CERT_FILE": "tls_cert_file",
    "VT_TLS_KEY_FILE": "tls_key_file",
    "VT_DEFAULT_TENANT_ID": "default_tenant",
}
"""What is a key of a table, by the variable that says the same of the one database."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_WORDS = re.compile("|".join(VARIABLES))


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One table. Empty is not set."""

    name: str
    entrypoint: str
    bearer_token: str = field(default="", repr=False)
    bearer_token_file: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers_file: str = ""
    tenants: tuple[Tenant, ...] = ()
    """All that may be read there; empty for any."""
    default_tenant: Tenant | None = None
    allowed_hosts: tuple[str, ...] = ()
    allow_insecure: bool = False
    tls_ca_file: str = ""
    tls_cert_file: str = ""
    tls_key_file: str = ""


def read_instances(data: bytes) -> tuple[Instance, ...]:
    """Read the file. Raises `ValueError` with the line, or the table and the key."""
    try:
        document = read_toml(data)
    except ValueError as error:
        raise ValueError(f"the file {error}") from None
    tables = document.get("instance")
    if set(document) != {"instance"} or not isinstance(tables, list) or not tables:
        raise ValueError("the file must hold tables [[instance]] and nothing else")
    if len(tables) > INSTANCES_MAX:
        raise ValueError(f"the file has {len(tables)} tables; accepted: up to {INSTANCES_MAX}")
    found: dict[str, Instance] = {}
    for number, table in enumerate(tables, start=1):
        instance = _Table(number, table).instance()
        if found.setdefault(instance.name.lower(), instance) is not instance:
            raise _fault(str(number), "name is there already", "a name for each")
    return tuple(found.values())


def in_keys(text: str) -> str:
    """An error about a database, with the keys of its table in place of the variables."""
    return _WORDS.sub(lambda word: VARIABLES[word[0]], text)


class _Table:
    """One table, and the errors about it."""

    def __init__(self, number: int, table: Any) -> None:
        self._name = str(number)
        if not isinstance(table, dict):
            raise _fault(self._name, "is not a table", "[[instance]]")
        self._table = table
        name = table.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name.lower() == USUAL:
            accepted = f"1 to 40 of A-Z a-z 0-9 . _ -, and not {USUAL}"
            raise _fault(self._name, "name is none or not one", accepted)
        self._name = name
        for key in table:
            if key not in _READERS:
                # A key may be a secret that was written in the wrong place.
                raise self._fault("has an unknown key (not shown)", ", ".join(_READERS))
        if "entrypoint" not in table:
            raise self._fault("entrypoint is missing", values.ENTRYPOINT_ACCEPTED)

    def instance(self) -> Instance:
        found = {key: self._read(key, value) for key, value in self._table.items()}
        instance = Instance(**found)
        if instance.bearer_token and instance.bearer_token_file:
            raise self._fault("bearer_token and bearer_token_file are both set", "one")
        tenants, usual = instance.tenants, instance.default_tenant
        if tenants and usual is not None and usual not in tenants:
            raise self._fault("default_tenant is not one of tenants", "one of them")
        return instance

    def _read(self, key: str, value: Any) -> Any:
        try:
            return _READERS[key](value)
        except ValueError as error:
            fault, _, accepted = str(error).partition("; accepted: ")
            raise self._fault(f"{key} {fault}", accepted) from None

    def _fault(self, wrong: str, accepted: str) -> ValueError:
        return _fault(self._name, wrong, accepted)


def _fault(name: str, wrong: str, accepted: str) -> ValueError:
    return ValueError(f"[[instance]] {name}: {wrong}; accepted: {accepted}")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("is no text; accepted: a text in quotes")
    return value.strip()


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError('is no list of texts; accepted: a list such as ["a", "b"]')
    try:
        return tuple(dict.fromkeys(map(_text, value)))
    except ValueError:
        raise ValueError('is no list of texts; accepted: a list such as ["a", "b"]') from None


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false; accepted: true or false")
    return value


def _unshown(read: Callable[[str], Any], accepted: str) -> Callable[[Any], Any]:
    """A reader whose error repeats nothing of the value."""

    def reader(value: Any) -> Any:
        try:
            return read(_text(value))
        except ValueError:
            raise ValueError(f"cannot be used; accepted: {accepted}") from None

    return reader


def _tenants(value: Any) -> tuple[Tenant, ...]:
    if value == ["*"]:
        return ()
    return tuple(dict.fromkeys(map(_tenant, _texts(value))))


def _headers(value: Any) -> tuple[tuple[str, str], ...]:
    accepted = 'a table such as { X-Team = "shop" }'
    if not isinstance(value, dict) or not value:
        raise ValueError(f"is no table; accepted: {accepted}")
    found = []
    for name, text in value.items():
        # A comma would be taken for the end of a header where headers are one text.
        if not isinstance(text, str) or "," in name or "=" in name:
            raise ValueError(f"holds what is no header; accepted: {accepted}")
        try:
            values.read_headers(f"{name}={text.replace(',', ' ')}")
        except ValueError as error:
            fault = str(error).partition("; accepted")[0].removeprefix("entry 1 ")
            raise ValueError(f"holds a header that {fault}; accepted: {accepted}") from None
        found.append((name, text.strip()))
    return tuple(found)


_tenant = _unshown(parse_tenant, "AccountID or AccountID:ProjectID")

_READERS: Mapping[str, Callable[[Any], Any]] = {
    "name": str,
    "entrypoint": _unshown(values.read_entrypoint, values.ENTRYPOINT_ACCEPTED),
    "bearer_token": _unshown(values.read_token, "the token alone, without the word Bearer"),
    "bearer_token_file": _text,
    "headers": _headers,
    "headers_file": _text,
    "tenants": _tenants,
    "default_tenant": _tenant,
    "allowed_hosts": _texts,
    "allow_insecure": _flag,
    "tls_ca_file": _text,
    "tls_cert_file": _text,
    "tls_key_file": _text,
}
