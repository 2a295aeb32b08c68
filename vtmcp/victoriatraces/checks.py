"""Whether settings can be used, said at the start and not by the first question.

Must not be here: a rule. Each stands where it is used; what costs time to load is loaded only
when its setting is there.
"""

import os

from vtmcp.victoriatraces.credentials import Credentials
from vtmcp.victoriatraces.entrypoint import Entrypoint, insecure_fault, parse_entrypoint
from vtmcp.victoriatraces.settings import Settings
from vtmcp.victoriatraces.watched_file import reason_of


def check(settings: Settings, credentials: Credentials) -> Entrypoint:
    """Return the address. Raises `ValueError` that names the variable that is wrong."""
    entrypoint = parse_entrypoint(settings.entrypoint)
    fault = insecure_fault(entrypoint, allow_insecure=settings.allow_insecure)
    if fault:
        raise ValueError(fault)
    credentials.headers()
    _check_tls(settings)
    if settings.allowed_hosts:
        from vtmcp.victoriatraces.hosts import Hosts  # noqa: PLC0415 - ipaddress: 1 ms

        Hosts.of(settings, entrypoint)
    if settings.hidden_fields:
        from vtmcp.victoriatraces.hidden_patterns import HiddenPatterns  # noqa: PLC0415

        HiddenPatterns(settings.hidden_fields)
    return entrypoint


def _check_tls(settings: Settings) -> None:
    """Only that the files are there; what is in them takes `ssl`, 15 ms."""
    if settings.tls_key_file and not settings.tls_cert_file:
        raise ValueError("VT_TLS_KEY_FILE is set without VT_TLS_CERT_FILE; accepted: both")
    for variable, path in (
        ("VT_TLS_CA_FILE", settings.tls_ca_file),
        ("VT_TLS_CERT_FILE", settings.tls_cert_file),
        ("VT_TLS_KEY_FILE", settings.tls_key_file),
    ):
        try:
            if path:
                os.stat(path)
        except OSError as error:
            raise ValueError(
                f"the file that {variable} names cannot be read: {reason_of(error)}"
            ) from None
