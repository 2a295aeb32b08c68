"""Exceptions of sockets, TLS and HTTP become sentences that name no secret."""

import errno
import socket
import ssl

import anyio
import h11
import pytest

from vtmcp.victoriatraces.body import BodyTooLargeError, BodyUnreadableError
from vtmcp.victoriatraces.entrypoint import Entrypoint
from vtmcp.victoriatraces.failures import CONNECT_ERRORS, EXCHANGE_ERRORS, Failures
from vtmcp.victoriatraces.hosts import LINK_LOCAL, NOT_LISTED, NOT_LOOPBACK
from vtmcp.victoriatraces.patience import Limits
from vtmcp.victoriatraces.settings import Settings
from vtmcp.victoriatraces.watched_file import FileFaultError

SETTINGS = Settings(
    entrypoint="http://db:10428", bearer_token="t0ken", response_bytes_max=1_000, connections_max=3
)
FAILURES = Failures(SETTINGS, Entrypoint("http", "db", 10_428, ""))


def caused(cause: BaseException) -> OSError:
    """Wrap an exception as anyio does when all addresses of a host failed."""
    error = OSError("All connection attempts failed")
    error.__cause__ = cause
    return error


def os_error(code: int) -> OSError:
    return OSError(code, "at /some/path")


def not_trusted(code: int, message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, message
    return error


def tls(reason: str | None) -> ssl.SSLError:
    error = ssl.SSLError(1, "text of OpenSSL")
    error.reason = reason  # type: ignore[assignment]  # It is None when OpenSSL gives none.
    return error


BOTH = ExceptionGroup("all", [os_error(errno.ENETUNREACH), os_error(errno.ECONNREFUSED)])

CONNECTING: dict[str, tuple[BaseException, str]] = {
    "refused": (caused(os_error(errno.ECONNREFUSED)), "refused the connection: nothing listens"),
    "refused on one of two addresses": (caused(BOTH), "refused the connection: nothing listens"),
    "no route": (caused(os_error(errno.EHOSTUNREACH)), "cannot be reached over the network"),
    "the system's own time limit": (caused(TimeoutError(errno.ETIMEDOUT, "x")), "cannot be reach"),
    "a name that is not known": (
        socket.gaierror(socket.EAI_NONAME, "x"),
        "not found: the name is not known; check VT_INSTANCE_ENTRYPOINT",
    ),
    "a name that cannot be one": (UnicodeError("x"), "not found: the name is not known"),
    "too many open files": (os_error(errno.EMFILE), "cannot be connected to: Too many open files"),
    "closed before TLS": (anyio.EndOfStream(), "closed the connection at once"),
    "a fault without a number": (OSError("secret"), "cannot be connected to$"),
    "not trusted": (
        not_trusted(18, "self-signed certificate"),
        "has a certificate that is not trusted: self-signed certificate; set VT_TLS_CA_FILE",
    ),
    "expired, which no setting mends": (
        not_trusted(10, "certificate has expired"),
        "has a certificate that is not trusted: certificate has expired; it, .* renewed",
    ),
    "not valid yet": (
        not_trusted(9, "certificate is not yet valid"),
        "has a certificate that is not trusted: certificate is not yet valid; set the clock",
    ),
    "a certificate for another name": (
        not_trusted(62, "Hostname mismatch"),
        "has a certificate that is not trusted: Hostname mismatch; name the .*_ENTRYPOINT",
    ),
    "no TLS there": (
        tls("WRONG_VERSION_NUMBER"),
        r"does not speak TLS with us: wrong version number; is it https\?; check VT_INSTANCE",
    ),
    "TLS without a reason": (tls(None), "does not speak TLS with us: no reason given"),
}


@pytest.mark.parametrize(("error", "complaint"), CONNECTING.values(), ids=CONNECTING)
def test_no_connection(error: BaseException, complaint: str) -> None:
    assert isinstance(error, CONNECT_ERRORS)
    told = FAILURES.connecting(error)
    with pytest.raises(type(told), match=f"^VictoriaTraces at db port 10428 {complaint}"):
        raise told


CLOSED = "closed the connection before its answer was whole; try again"

EXCHANGING: dict[str, tuple[BaseException, str]] = {
    "closed": (anyio.EndOfStream(), CLOSED),
    "broken": (anyio.BrokenResourceError(), CLOSED),
    "reset": (ConnectionResetError(errno.ECONNRESET, "x"), CLOSED),
    "too large": (
        BodyTooLargeError(),
        r"more than 1000 bytes \(VT_MAX_RESPONSE_BYTES\); ask for less .*, or raise it",
    ),
    "damaged": (BodyUnreadableError("its gzip data is damaged"), "cannot be read: its gzip data"),
    "large headers": (
        h11.RemoteProtocolError("x", error_status_hint=431),
        "sent headers that are too large; check VT_INSTANCE_ENTRYPOINT",
    ),
    "garbage": (
        h11.RemoteProtocolError("illegal status line: b't0ken'"),
        "does not answer in valid HTTP; check VT_INSTANCE_ENTRYPOINT",
    ),
    "TLS that stops speaking": (tls("DECRYPTION_FAILED"), "speak TLS with us: decryption failed"),
    "TLS that wants our certificate": (
        tls("TLSV13_ALERT_CERTIFICATE_REQUIRED"),
        "does not accept our certificate: .*; check VT_TLS_CERT_FILE and VT_TLS_KEY_FILE",
    ),
    "TLS that does not know our authority": (
        tls("TLSV1_ALERT_UNKNOWN_CA"),
        "does not accept our certificate",
    ),
    "a header that cannot be sent": (
        h11.LocalProtocolError("Illegal header value b'Bearer t0ken'"),
        "the request cannot be sent: VT_INSTANCE_HEADERS or VT_INSTANCE_BEARER_TOKEN",
    ),
}


@pytest.mark.parametrize(("error", "complaint"), EXCHANGING.values(), ids=EXCHANGING)
def test_no_answer(error: BaseException, complaint: str) -> None:
    assert isinstance(error, EXCHANGE_ERRORS)
    told = FAILURES.exchanging(error)
    with pytest.raises(type(told), match=complaint):
        raise told
    assert "t0ken" not in str(told)


LIMITS = Limits(SETTINGS)

TOLD = {
    "the look-up": (
        FAILURES.timeout(LIMITS.look_up),
        r"was not found by its name within 5 s \(VT_CONNECT_TIMEOUT\); .*raise it$",
    ),
    "connecting": (
        FAILURES.timeout(LIMITS.connect),
        r"did not accept a connection within 5 s \(VT_CONNECT_TIMEOUT\)",
    ),
    "the handshake": (
        FAILURES.timeout(LIMITS.tls),
        r"did not agree on TLS within 5 s \(VT_TLS_TIMEOUT\)",
    ),
    "the first byte": (
        FAILURES.timeout(LIMITS.first_byte),
        r"sent nothing within 30 s \(VT_FIRST_BYTE_TIMEOUT\); ask for",
    ),
    "the next bytes": (
        FAILURES.timeout(LIMITS.read),
        r"sent no more within 30 s \(VT_READ_TIMEOUT\)",
    ),
    "all": (FAILURES.timeout(LIMITS.total), r"within 60 s \(VT_TOTAL_TIMEOUT\); ask for l"),
    "waiting": (
        FAILURES.no_connection_free(),
        r"none of the 3 connections \(VT_MAX_CONNECTIONS\) .* 60 s \(VT_TOTAL_TIMEOUT\)",
    ),
    "a file": (
        FAILURES.file(FileFaultError("the file that VT_TLS_CA_FILE names is gone")),
        "was not asked: the file that VT_TLS_CA_FILE names is gone$",
    ),
    "an address of a kind": (
        FAILURES.refused(LINK_LOCAL),
        r"of a kind that no database has \(link-local\), and VT_ALLOWED_HOSTS does not list it",
    ),
    "an address that is not listed": (
        FAILURES.refused(NOT_LISTED),
        "VT_ALLOWED_HOSTS lists neither the name nor its address; list it there if it is meant",
    ),
    "another machine over plain http": (
        FAILURES.refused(NOT_LOOPBACK),
        "use https, or set VT_ALLOW_INSECURE_ENTRYPOINT=1$",
    ),
}


@pytest.mark.parametrize(("told", "complaint"), TOLD.values(), ids=TOLD)
def test_a_refusal_names_its_variable(told: Exception, complaint: str) -> None:
    with pytest.raises(type(told), match=f"^VictoriaTraces at db port 10428 .*{complaint}"):
        raise told
