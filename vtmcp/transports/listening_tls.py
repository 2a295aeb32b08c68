"""The certificate that a listener shows. Must not be here: which settings name its files."""

import ssl

from vtmcp.transports.binding import ListenError


def server_context(cert_file: str, key_file: str) -> ssl.SSLContext:
    """A context for TLS 1.2 or later, from PEM files. Raises `ListenError`."""
    for what, path in (("certificate", cert_file), ("key", key_file)):
        _check_readable(what, path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        # Without a password, OpenSSL would ask at the terminal for that of an encrypted key.
        context.load_cert_chain(cert_file, key_file, password=_no_password)
    except ssl.SSLError as error:
        raise ListenError(_explain(cert_file, key_file, error)) from None
    return context


def _check_readable(what: str, path: str) -> None:
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise ListenError(f"cannot read the TLS {what} file {path}: {error.strerror}") from None


def _explain(cert_file: str, key_file: str, error: ssl.SSLError) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"the TLS key in {key_file} is not the one of the certificate in {cert_file}"
    return (
        f"cannot use the TLS certificate in {cert_file} with the key in {key_file}: both must be"
        " PEM, the certificate first in its chain, the key without a password"
    )


def _no_password() -> str:
    return ""
