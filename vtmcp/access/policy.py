"""The policy file: TOML that says for each caller how it is known and what it may do.

    [callers.shop-agent]
    token_sha256 = "9f86d081..."        # or a list of them while one replaces another
    tools = ["traces", "trace"]         # or ["*"]
    tenants = ["7:0"]                   # or ["*"]
    deployments = ["eu"]                # beside the usual one; none unless listed
    calls_per_minute = 60               # without it, as MCP_RATE_LIMIT says
    calls_at_once = 4                   # without it, as MCP_CALLER_CALLS says

    [callers.people]
    subjects = ["*"]                    # of OAuth tokens; `clients` takes client ids
    tools = ["*"]
    tenants = ["0:0"]

Must not be here: the file itself, or what a tenant looks like. Errors name callers and keys, and
repeat no value: it could be a token in a wrong place, as could a name or a key that is none.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from vtmcp.access.buckets import PER_MINUTE_MAX
from vtmcp.access.permissions import ANY, NOTHING, Permissions
from vtmcp.access.tokens import BEARER, TokenHash
from vtmcp.access.turns import AT_ONCE_MAX
from vtmcp.toml_text import read_toml

SUBJECT = "user:"
CLIENT = "client:"
"""How the names of OAuth callers begin; a name in the file holds no colon."""

CALLERS_MAX = 10_000
"""Each is compared with each token: more would be felt in every request."""

_NAME = re.compile(r"[A-Za-z0-9_.@+-]{1,64}")
_WORD = re.compile(r"[a-z_:.@\s-]{0,40}")
_SHA_256 = re.compile(r"[0-9a-fA-F]{64}")
_IDENTITIES = {"subjects": SUBJECT, "clients": CLIENT}
_NUMBERS = {"calls_per_minute": PER_MINUTE_MAX, "calls_at_once": AT_ONCE_MAX}
_LISTS = ("tools", "tenants", "deployments")
_KEYS = ("token_sha256", *_IDENTITIES, *_LISTS, *_NUMBERS)


class Rule(NamedTuple):
    """What the file says of one caller."""

    permissions: Permissions = NOTHING
    calls_per_minute: int | None = None
    calls_at_once: int | None = None


class Policy(NamedTuple):
    """The whole file. `rules` are found by a caller's name or by `user:...` and `client:...`."""

    hashes: tuple[TokenHash, ...]
    rules: Mapping[str, Rule]

    def rule(self, caller: str) -> Rule | None:
        """The rule for a caller, or None where the file does not name it."""
        kind, colon, _ = caller.partition(":")
        return self.rules.get(caller) or self.rules.get(f"{kind}{colon}{ANY}")


def read_policy(data: bytes, *, read_tenant: Callable[[str], str]) -> Policy:
    """Read a policy file. `read_tenant` gives a tenant's one spelling, or raises `ValueError`.

    Raises `ValueError` with the line, or the caller and the key, and what is accepted.
    """
    callers = _tables(read_toml(data))
    hashes: dict[bytes, TokenHash] = {}
    rules: dict[str, Rule] = {}
    for name, table in callers.items():
        entry = _Entry(name, table)
        rule = entry.rule(read_tenant)
        known = [TokenHash(digest, name) for digest in entry.digests()]
        identities = entry.identities()
        if not known and not identities:
            raise entry.fault("has none of token_sha256, subjects and clients", "one of them")
        for each in known:
            if hashes.setdefault(each.digest, each) is not each:
                raise entry.fault("token_sha256 is there already", "a token for each caller")
        for identity in (name, *identities):
            if rules.setdefault(identity, rule) is not rule:
                raise entry.fault("names a subject or client again", "each of them once")
    return Policy(tuple(hashes.values()), rules)


def _tables(document: dict[str, Any]) -> dict[str, Any]:
    callers = document.get("callers")
    if set(document) != {"callers"} or not isinstance(callers, dict) or not callers:
        raise ValueError("must hold tables [callers.NAME] and nothing else")
    if len(callers) > CALLERS_MAX:
        raise ValueError(f"names {len(callers)} callers; accepted: up to {CALLERS_MAX}")
    return callers


class _Entry:
    """One table of the file, and the errors about it."""

    def __init__(self, name: str, table: Any) -> None:
        self._name = name
        if not _NAME.fullmatch(name) or name == BEARER:
            self._name = _shown(name)
            accepted = f"1 to 64 of A-Z a-z 0-9 _ . @ + -, and not {BEARER}"
            raise self.fault("is not a name for a caller", accepted)
        if not isinstance(table, dict):
            raise self.fault("is not a table", f"[callers.{name}]")
        self._table = table
        for key in table:
            if key not in _KEYS:
                raise self.fault(f"has the unknown key {_shown(key)}", ", ".join(_KEYS))

    def rule(self, read_tenant: Callable[[str], str]) -> Rule:
        for key in ("tools", "tenants"):
            if key not in self._table:
                raise self.fault(f"{key} is missing", 'a list of names, or ["*"] for all')
        tenants = self._tenants(read_tenant)
        permissions = Permissions(
            frozenset(self._names("tools")),
            frozenset(tenants),
            frozenset(self._names("deployments")),
        )
        return Rule(permissions, *(self._number(key, most) for key, most in _NUMBERS.items()))

    def digests(self) -> list[bytes]:
        texts = self._names("token_sha256")
        if not all(_SHA_256.fullmatch(text) for text in texts):
            raise self.fault("token_sha256 is not a SHA-256", "64 hexadecimal digits, or a list")
        return list(map(bytes.fromhex, texts))

    def identities(self) -> list[str]:
        return [kind + name for key, kind in _IDENTITIES.items() for name in self._names(key)]

    def fault(self, wrong: str, accepted: str) -> ValueError:
        return ValueError(f"is wrong: caller {self._name}: {wrong}; accepted: {accepted}")

    def _names(self, key: str) -> list[str]:
        """A list of texts; one text stands for a list of it."""
        value = self._table.get(key, [])
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(n, str) and n for n in names):
            raise self.fault(f"{key} is not a list of texts", 'a list such as ["a", "b"]')
        return names

    def _number(self, key: str, most: int) -> int | None:
        value = self._table.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise self.fault(f"{key} is out of range", f"a whole number from 1 to {most}")
        return value

    def _tenants(self, read_tenant: Callable[[str], str]) -> list[str]:
        names = self._names("tenants")
        try:
            return [name if name == ANY else read_tenant(name) for name in names]
        except ValueError:
            accepted = '["*"], or a list of tenants, each as a call may name it'
            raise self.fault("tenants holds what is no tenant", accepted) from None


def _shown(wrong: str) -> str:
    """What stands where a name or a key should, if it looks like one: a token has digits."""
    return ascii(wrong) if _WORD.fullmatch(wrong) else "(not shown)"
