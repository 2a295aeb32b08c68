"""What a certificate, or the lack of one, means."""

import ssl

import pytest

from vtmcp.doctor.certificates import judge_broken, judge_certificate, judge_error

NOW_S = 1_795_343_640.0  # 2026-11-22 10:34:00 UTC
CERTIFICATE = {
    "issuer": ((("organizationName", "Example Trust"),), (("commonName", "R1"),)),
    "notBefore": "Jan 01 00:00:00 2026 GMT",
    "notAfter": "Dec 31 10:34:00 2026 GMT",
    "subjectAltName": tuple(("DNS", f"{name}.example.com") for name in "abcdefg"),
}


def test_a_good_certificate() -> None:
    finding = judge_certificate(CERTIFICATE, "TLSv1.3", NOW_S)
    assert finding.verdict == "ok"
    assert finding.evidence == "TLSv1.3, certificate from Example Trust, R1, 39 days left"


def test_a_certificate_that_will_soon_expire() -> None:
    finding = judge_certificate({**CERTIFICATE, "issuer": ()}, "TLSv1.2", NOW_S + 35 * 86_400)
    assert finding.verdict == "warn"
    assert "an issuer without a name, 4 days left" in finding.evidence
    assert "renew" in finding.remedy


def untrusted(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "not trusted")
    error.verify_code, error.verify_message = code, "odd\x1b[1m message"
    return error


def talk(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "talk")
    error.reason = reason
    return error


ERRORS: dict[str, tuple[ssl.SSLError, bool, str, str]] = {
    "its authority expired": (untrusted(10), True, "an authority of the certificate", "renew"),
    "expired, not looked at": (untrusted(10), False, "authorities, expired", "renew"),
    "not yet valid": (untrusted(9), True, "before Jan 01 00:00:00 2026 GMT", "clock"),
    "not yet valid, not looked at": (untrusted(9), False, "is not valid", "clock"),
    "another name": (
        untrusted(62),
        True,
        "c.example.com, d.example.com, e.example.com and 2 more, not for db",
        "one of these names",
    ),
    "another name, not looked at": (untrusted(64), False, "another name, not for db", "names"),
    "self-signed": (untrusted(18), False, "is self-signed", "set VT_TLS_CA_FILE"),
    "an unknown authority": (untrusted(20), False, "authority that is not trusted", "intermediate"),
    "something else": (untrusted(26), False, "not trusted: odd message", "VT_TLS_CA_FILE"),
    "no TLS there": (talk("WRONG_VERSION_NUMBER"), False, "does not speak TLS", "http://"),
    "our certificate is wanted": (
        talk("TLSV13_ALERT_CERTIFICATE_REQUIRED"),
        False,
        "does not accept our certificate",
        "VT_TLS_CERT_FILE",
    ),
    "our authority is unknown": (
        talk("TLSV1_ALERT_UNKNOWN_CA"),
        False,
        "(tlsv1 alert unknown ca)",
        "VT_TLS_KEY_FILE",
    ),
    "an old server": (talk("UNSUPPORTED_PROTOCOL"), False, "could not be agreed", "TLS 1.2"),
    "no reason": (talk(""), False, "(no reason given)", "TLS 1.2"),
}


@pytest.mark.parametrize(("error", "is_seen", "evidence", "remedy"), ERRORS.values(), ids=ERRORS)
def test_each_fault_has_its_remedy(
    error: ssl.SSLError, is_seen: bool, evidence: str, remedy: str
) -> None:
    seen = CERTIFICATE if is_seen else {}
    finding = judge_error(error, "db", has_ca_file=False, seen=seen, now_s=NOW_S)
    assert finding.verdict == "fail"
    assert evidence in finding.evidence
    assert remedy in finding.remedy


@pytest.mark.parametrize("code", [18, 19, 26])
def test_a_file_of_authorities_that_does_not_help_is_named(code: int) -> None:
    finding = judge_error(untrusted(code), "db", has_ca_file=True, seen={}, now_s=NOW_S)
    assert "the file of VT_TLS_CA_FILE does not hold it" in finding.evidence


def test_a_connection_that_ends_early() -> None:
    assert judge_broken().verdict == "fail"
