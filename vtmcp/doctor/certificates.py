"""What TLS with the database means: the certificate, or why there is none to trust. Pure.

Must not be here: sockets. Each fault has a remedy of its own.
"""

import re
import ssl
from collections.abc import Mapping
from typing import Any

from vtmcp.doctor.findings import TLS, Finding
from vtmcp.traces.safe import safe
from vtmcp.victoriatraces.failures import (
    EXPIRED,
    NOT_YET_VALID,
    OTHER_NAME,
    is_about_ours,
    reason_of_tls,
)

Certificate = Mapping[str, Any]
"""As Python's `ssl` tells it: `subject`, `issuer`, `notBefore`, `notAfter`, `subjectAltName`."""

DAYS_LEFT_MIN = 14
"""Whoever renews by hand needs about so long to notice."""

NAMES_MAX = 5
"""So many names of a certificate are told; some have a hundred."""

# More codes of OpenSSL (x509_vfy.h).
SELF_SIGNED = 18
UNKNOWN_AUTHORITY = (2, 19, 20, 21)

_CA = "VT_TLS_CA_FILE"
_DAY_S = 86_400
_FORM = re.compile(r"wrong version number|record layer|unknown protocol|http request")


def judge_certificate(certificate: Certificate, version: str, now_s: float) -> Finding:
    """Say who issued a certificate that is trusted, and how long it holds."""
    days = _days_left(certificate, now_s)
    evidence = f"{version}, certificate from {_issuer(certificate)}, {days:.0f} days left"
    if days >= DAYS_LEFT_MIN:
        return Finding(TLS, "ok", evidence)
    return Finding(TLS, "warn", evidence, "renew the certificate of the database")


def judge_error(
    error: ssl.SSLError, host: str, *, has_ca_file: bool, seen: Certificate, now_s: float
) -> Finding:
    """Say why TLS did not come about. `seen` is the certificate where a second look could tell."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return _judge_talk(error)
    code = error.verify_code
    if code == EXPIRED:
        return Finding(
            TLS,
            "fail",
            _expiry(seen, now_s),
            "renew it on the database's side; no setting of vtmcp trusts an expired one",
        )
    if code == NOT_YET_VALID:
        since = f" before {seen['notBefore']}" if seen else ""
        return Finding(
            TLS,
            "fail",
            f"the certificate is not valid{since}",
            "set the clock of this machine, or that of whoever issued the certificate",
        )
    if code in OTHER_NAME:
        return Finding(
            TLS,
            "fail",
            f"the certificate is for {_names(seen)}, not for {host}",
            "use one of these names in VT_INSTANCE_ENTRYPOINT, or issue a certificate for that one",
        )
    return _judge_authority(error, has_ca_file=has_ca_file)


def judge_broken() -> Finding:
    """Say that the connection ended in the middle of the handshake."""
    return Finding(
        TLS,
        "fail",
        "the connection was closed during the TLS handshake",
        "check that VT_INSTANCE_ENTRYPOINT has a port that speaks https, that no firewall or proxy "
        "ends the connection, and whether it asks for a certificate of ours (VT_TLS_CERT_FILE)",
    )


def _judge_authority(error: ssl.SSLCertVerificationError, *, has_ca_file: bool) -> Finding:
    not_in = f"; the file of {_CA} does not hold it" if has_ca_file else ""
    if error.verify_code == SELF_SIGNED:
        return Finding(
            TLS,
            "fail",
            f"the certificate is self-signed and not trusted{not_in}",
            f"set {_CA} to a file that holds this certificate (PEM)",
        )
    if error.verify_code in UNKNOWN_AUTHORITY:
        return Finding(
            TLS,
            "fail",
            f"the certificate is from an authority that is not trusted{not_in}",
            f"set {_CA} to a file with the authority's certificate (PEM); if that is trusted "
            "already, let the database send its intermediate certificates",
        )
    return Finding(
        TLS,
        "fail",
        f"the certificate is not trusted: {safe(error.verify_message)}{not_in}",
        f"mend the certificate of the database, or set {_CA}",
    )


def _judge_talk(error: ssl.SSLError) -> Finding:
    """An error of TLS that is not about the database's certificate."""
    reason = reason_of_tls(error)
    if _FORM.search(reason):
        return Finding(
            TLS,
            "fail",
            f"what answers there does not speak TLS ({safe(reason)})",
            "use the port that speaks https, or http:// in VT_INSTANCE_ENTRYPOINT (on another "
            "machine with VT_ALLOW_INSECURE_ENTRYPOINT=1)",
        )
    if is_about_ours(reason):
        return Finding(
            TLS,
            "fail",
            f"the database does not accept our certificate ({safe(reason)})",
            "set VT_TLS_CERT_FILE and VT_TLS_KEY_FILE to a pair that it trusts",
        )
    return Finding(
        TLS,
        "fail",
        f"TLS could not be agreed on ({safe(reason)})",
        "let the database speak TLS 1.2 or later (-tlsMinVersion, -tlsCipherSuites); if it asks "
        "for a certificate of ours, set VT_TLS_CERT_FILE and VT_TLS_KEY_FILE",
    )


def _expiry(seen: Certificate, now_s: float) -> str:
    if not seen:
        return "the certificate, or one of its authorities, expired"
    days = -_days_left(seen, now_s)
    if days < 0:
        return "an authority of the certificate expired; the certificate itself has not"
    return f"the certificate expired {days:.1f} days ago"


def _days_left(certificate: Certificate, now_s: float) -> float:
    return (ssl.cert_time_to_seconds(certificate["notAfter"]) - now_s) / _DAY_S


def _issuer(certificate: Certificate) -> str:
    parts = {key: value for row in certificate.get("issuer", ()) for key, value in row}
    names = [parts[key] for key in ("organizationName", "commonName") if parts.get(key)]
    return safe(", ".join(names)) or "an issuer without a name"


def _names(certificate: Certificate) -> str:
    names = [value for _, value in certificate.get("subjectAltName", ())]
    if not names:
        return "another name"
    more = f" and {len(names) - NAMES_MAX} more" if len(names) > NAMES_MAX else ""
    return safe(", ".join(names[:NAMES_MAX])) + more
