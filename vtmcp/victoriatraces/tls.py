"""Which certificates to trust, and our own; the handshake. Must not be here: how to connect.

An error names the variable at fault, never a path or a part of a file.
"""

import os
import ssl

import certifi
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from vtmcp.victoriatraces.settings import Settings
from vtmcp.victoriatraces.watched_file import FileFaultError, Stamp, reason_of, stamp_of

_CA, _CERT, _KEY = "VT_TLS_CA_FILE", "VT_TLS_CERT_FILE", "VT_TLS_KEY_FILE"


class Trust:
    """The TLS context of one database, made when it is needed (20 ms) and when a file changes."""

    def __init__(self, settings: Settings) -> None:
        ca_file = settings.tls_ca_file
        ca_variable = _CA if ca_file else "SSL_CERT_FILE"
        self._ca_file = ca_file or os.environ.get("SSL_CERT_FILE") or certifi.where()
        self._cert_file, self._key_file = settings.tls_cert_file, settings.tls_key_file
        files = ((ca_variable, self._ca_file), (_CERT, self._cert_file), (_KEY, self._key_file))
        self._files = [(variable, path) for variable, path in files if path]
        self._stamps: list[Stamp] = []
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """Return a client context: TLS 1.2 or later, certificate and host name checked.

        `SSL_CERT_FILE`, OpenSSL's own variable, replaces certifi's list of authorities where
        `VT_TLS_CA_FILE` is not set. Raises `FileFaultError` when a file cannot be used.
        """
        stamps = [_readable(variable, path) for variable, path in self._files]
        if self._context is None or stamps != self._stamps:
            self._context = self._build()
            self._stamps = stamps
        return self._context

    def _build(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self._ca_file)
        except OSError:
            fault = f"the file that {self._files[0][0]} names holds no certificate in PEM"
            raise FileFaultError(fault) from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._cert_file:
            self._load_own(context)
        return context

    def _load_own(self, context: ssl.SSLContext) -> None:
        try:
            # With a password that is given, OpenSSL does not ask for one on the terminal.
            context.load_cert_chain(self._cert_file, self._key_file or None, password="")
        except (OSError, ValueError):
            raise FileFaultError(
                f"the files that {_CERT} and {_KEY} name are no certificate in PEM with its "
                "private key, or the key is encrypted"
            ) from None


async def shake_hands(stream: ByteStream, host: str, context: ssl.SSLContext) -> TLSStream:
    """Return the stream with TLS on it. It stays open when that fails.

    Raises `ssl.SSLError`, or what reading and writing raise.
    """
    return await TLSStream.wrap(
        stream,
        hostname=host.rstrip("."),
        ssl_context=context,
        # Servers close without TLS's farewell; a body's length tells whether it is whole.
        standard_compatible=False,
    )


def _readable(variable: str, path: str) -> Stamp:
    """Return the stamp of a file that can be read."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        return stamp_of(path)
    except OSError as error:
        fault = f"the file that {variable} names cannot be read: {reason_of(error)}"
        raise FileFaultError(fault) from None
