"""Exceptions of sockets, TLS and HTTP, told as `SourceError`. The one place that knows them all.

A text says what happened and what to change. It never holds a header, a local path or the text
of an exception that may quote one; h11 quotes header values.
"""

import errno
import os
import socket
import ssl

import h11
from anyio import BrokenResourceError, ClosedResourceError, EndOfStream

from vtmcp.traces.model import SourceError
from vtmcp.victoriatraces.body import BodyTooLargeError, BodyUnreadableError
from vtmcp.victoriatraces.entrypoint import Entrypoint
from vtmcp.victoriatraces.hosts import NOT_LISTED, NOT_LOOPBACK
from vtmcp.victoriatraces.patience import Limit
from vtmcp.victoriatraces.settings import Settings

CONNECT_ERRORS = (OSError, UnicodeError, BrokenResourceError, EndOfStream)
"""What a connection attempt may raise; `ssl.SSLError` and `socket.gaierror` are `OSError`s."""

CLOSED_ERRORS = (OSError, BrokenResourceError, ClosedResourceError, EndOfStream)
"""What reading or writing raises when the connection is gone."""

EXCHANGE_ERRORS = (*CLOSED_ERRORS, h11.ProtocolError, BodyTooLargeError, BodyUnreadableError)
"""What an exchange on an open connection may raise."""

# Codes of OpenSSL (x509_vfy.h); `ssl` names none of them.
NOT_YET_VALID, EXPIRED = 9, 10
OTHER_NAME = (62, 64)

_MENDS = {
    NOT_YET_VALID: "set the clock of this machine, or of whoever issued it",
    EXPIRED: "it, or its authority's, has to be renewed on the database's side",
    **dict.fromkeys(OTHER_NAME, "name the database in VT_INSTANCE_ENTRYPOINT as it does"),
}
"""What helps against a certificate that is not trusted, where that is not another authority."""

_NO_ROUTE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT, errno.EADDRNOTAVAIL)


class Failures:
    """Tells what went wrong between us and one database."""

    def __init__(self, settings: Settings, entrypoint: Entrypoint) -> None:
        self._settings = settings
        self._at = f"VictoriaTraces at {entrypoint.host} port {entrypoint.port}"

    def connecting(self, error: BaseException) -> SourceError:
        """Say why there is no connection. `error` is one of `CONNECT_ERRORS`."""
        causes = _causes(error)
        for cause in causes:
            if isinstance(cause, ssl.SSLError):
                return self._tls(cause)
            if isinstance(cause, socket.gaierror | UnicodeError):
                return self._told("not found: the name is not known", "VT_INSTANCE_ENTRYPOINT")
        codes = {cause.errno for cause in causes if isinstance(cause, OSError)} - {None}
        if errno.ECONNREFUSED in codes:
            return self._told("refused the connection: nothing listens there")
        if codes & set(_NO_ROUTE):
            return self._told("cannot be reached over the network")
        if any(isinstance(cause, BrokenResourceError | EndOfStream) for cause in causes):
            return self._told("closed the connection at once; try again")
        reasons = "; ".join(os.strerror(code) for code in sorted(filter(None, codes)))
        return self._told(f"cannot be connected to{f': {reasons}' if reasons else ''}")

    def file(self, error: ValueError) -> SourceError:
        """Say that a configured file cannot be used. The text of `error` names its variable."""
        return SourceError(f"{self._at} was not asked: {error}")

    def refused(self, reason: str) -> SourceError:
        """Say that no address of the name may be connected to. `reason` is one of the hosts'."""
        if reason == NOT_LOOPBACK:
            return self._told(
                "was not connected to: over plain http only this machine is, and the name leads "
                "to another; use https, or set VT_ALLOW_INSECURE_ENTRYPOINT=1"
            )
        kind = "VT_ALLOWED_HOSTS lists neither the name nor its address"
        if reason != NOT_LISTED:
            kind = (
                f"its address is of a kind that no database has ({reason}), and "
                "VT_ALLOWED_HOSTS does not list it"
            )
        return self._told(f"was not connected to: {kind}; list it there if it is meant")

    def exchanging(self, error: BaseException) -> SourceError:
        """Say why an exchange failed. `error` is one of `EXCHANGE_ERRORS`."""
        match error:
            case BodyTooLargeError():
                return self._too_large()
            case BodyUnreadableError():
                return self._told(f"sent an answer that cannot be read: {error}; try again")
            case h11.LocalProtocolError():
                return SourceError(
                    "the request cannot be sent: VT_INSTANCE_HEADERS or VT_INSTANCE_BEARER_TOKEN "
                    "hold something that no HTTP header can"
                )
            case h11.RemoteProtocolError():
                return self._not_http(error)
            case ssl.SSLError():
                return self._tls(error)
        return self._told("closed the connection before its answer was whole; try again")

    def timeout(self, limit: Limit) -> SourceError:
        """Say that a part of the request took too long."""
        return self._told(
            f"{limit.fact} within {limit.limit_s:g} s ({limit.variable}); "
            "ask for less (a shorter time window, a lower limit), try again, or raise it"
        )

    def no_connection_free(self) -> SourceError:
        """Say that all the time went into the wait for one of the connections."""
        return self._told(
            f"was busy with other calls: none of the {self._settings.connections_max} connections "
            "(VT_MAX_CONNECTIONS) became free within "
            f"{self._settings.total_timeout_s:g} s (VT_TOTAL_TIMEOUT); "
            "make fewer calls at once, or raise either"
        )

    def _tls(self, error: ssl.SSLError) -> SourceError:
        if isinstance(error, ssl.SSLCertVerificationError):
            mend = _MENDS.get(error.verify_code, "set VT_TLS_CA_FILE to the file of its authority")
            return self._told(
                f"has a certificate that is not trusted: {error.verify_message}; {mend}"
            )
        reason = reason_of_tls(error)
        if is_about_ours(reason):
            return self._told(
                f"does not accept our certificate: {reason}", "VT_TLS_CERT_FILE and VT_TLS_KEY_FILE"
            )
        return self._told(
            f"does not speak TLS with us: {reason}; is it https?", "VT_INSTANCE_ENTRYPOINT"
        )

    def _too_large(self) -> SourceError:
        return self._told(
            f"sent an answer of more than {self._settings.response_bytes_max} bytes "
            "(VT_MAX_RESPONSE_BYTES); ask for less (a lower limit, a shorter time window), "
            "or raise it"
        )

    def _not_http(self, error: h11.RemoteProtocolError) -> SourceError:
        if error.error_status_hint == 431:
            return self._told("sent headers that are too large", "VT_INSTANCE_ENTRYPOINT")
        return self._told("does not answer in valid HTTP", "VT_INSTANCE_ENTRYPOINT")

    def _told(self, fact: str, variable: str = "") -> SourceError:
        hint = f"; check {variable}" if variable else ""
        return SourceError(f"{self._at} {fact}{hint}")


def reason_of_tls(error: ssl.SSLError) -> str:
    """Return OpenSSL's words for an error, such as `tlsv1 alert unknown ca`."""
    return (error.reason or "no reason given").replace("_", " ").lower()


def is_about_ours(reason: str) -> bool:
    """Tell whether an error of TLS is the other side's no to our certificate."""
    return "alert" in reason and ("certificate" in reason or "unknown ca" in reason)


def _causes(error: BaseException) -> list[BaseException]:
    """Return the error and what caused it. anyio tries several addresses and groups the errors."""
    found = [error]
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            found += _causes(inner)
    elif error.__cause__ is not None:
        found += _causes(error.__cause__)
    return found
