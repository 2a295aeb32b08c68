"""Which certificates are trusted, and our own; a file that changes counts at once."""

import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from vtmcp.victoriatraces.settings import Settings
from vtmcp.victoriatraces.tls import Trust
from vtmcp.victoriatraces.watched_file import FileFaultError


@pytest.fixture(autouse=True)
def no_file_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)


def trust(**settings: Any) -> Trust:
    return Trust(Settings(entrypoint="https://db", **settings))


def authorities(made: Trust) -> int:
    context = made.context()
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    return context.cert_store_stats()["x509_ca"]


def written(path: Path, *blobs: trustme.Blob) -> str:
    path.write_bytes(b"".join(blob.bytes() for blob in blobs))
    return str(path)


def test_the_usual_authorities_are_trusted() -> None:
    assert authorities(trust()) > 50


def test_a_file_of_ones_own_replaces_them(tmp_path: Path) -> None:
    own = written(tmp_path / "ca.pem", trustme.CA().cert_pem)
    assert authorities(trust(tls_ca_file=own)) == 1


def test_the_file_of_openssl_replaces_them_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", written(tmp_path / "ca.pem", trustme.CA().cert_pem))
    assert authorities(trust()) == 1


def test_a_context_is_made_once_until_a_file_changes(tmp_path: Path) -> None:
    path, first, second = tmp_path / "ca.pem", trustme.CA(), trustme.CA()
    made = trust(tls_ca_file=written(path, first.cert_pem))
    context = made.context()
    assert made.context() is context
    written(path, first.cert_pem, second.cert_pem)
    assert made.context() is not context
    assert authorities(made) == 2


def test_our_own_certificate_is_loaded(tmp_path: Path) -> None:
    leaf = trustme.CA().issue_cert("client.test")
    cert = written(tmp_path / "cert.pem", *leaf.cert_chain_pems)
    key = written(tmp_path / "key.pem", leaf.private_key_pem)
    both = written(tmp_path / "both.pem", leaf.private_key_pem, *leaf.cert_chain_pems)
    assert trust(tls_cert_file=cert, tls_key_file=key).context()
    assert trust(tls_cert_file=both).context()


CA_FAULTS: dict[str, tuple[str | None, str]] = {
    "a file that is not there": (None, "VT_TLS_CA_FILE names cannot be read: No such file"),
    "an empty file": ("", "VT_TLS_CA_FILE names holds no certificate in PEM"),
    "another file": ("s3cret", "VT_TLS_CA_FILE names holds no certificate in PEM"),
}


@pytest.mark.parametrize(("text", "complaint"), CA_FAULTS.values(), ids=CA_FAULTS)
def test_authorities_that_cannot_be_used(tmp_path: Path, text: str | None, complaint: str) -> None:
    own = tmp_path / "ca.pem"
    if text is not None:
        own.write_text(text)
    with pytest.raises(FileFaultError, match=complaint) as caught:
        trust(tls_ca_file=str(own)).context()
    assert str(tmp_path) not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_the_file_of_openssl_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "no-such-file.pem")
    with pytest.raises(FileFaultError, match="SSL_CERT_FILE names cannot be read") as caught:
        trust().context()
    assert "no-such-file" not in str(caught.value)


def own_pair(folder: Path, fault: str) -> dict[str, str]:
    leaf, other = (trustme.CA().issue_cert("client.test") for _ in range(2))
    key = other.private_key_pem if fault == "of another" else leaf.private_key_pem
    pair = {
        "tls_cert_file": written(folder / "cert.pem", *leaf.cert_chain_pems),
        "tls_key_file": written(folder / "key.pem", key),
    }
    if fault == "missing":
        (folder / "key.pem").unlink()
    if fault == "garbage":
        (folder / "key.pem").write_text("s3cret")
    if fault == "encrypted":
        # The head alone: OpenSSL asks for the password before it reads on.
        (folder / "key.pem").write_text(ENCRYPTED)
    return pair


ENCRYPTED = (
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
    "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n"
    "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=\n-----END RSA PRIVATE KEY-----\n"
)


@pytest.mark.parametrize("fault", ["missing", "of another", "garbage", "encrypted"])
def test_a_key_that_cannot_be_used(tmp_path: Path, fault: str) -> None:
    made = trust(**own_pair(tmp_path, fault))
    with pytest.raises(FileFaultError, match="VT_TLS_KEY_FILE") as caught:
        made.context()
    assert str(tmp_path) not in str(caught.value)
    assert "s3cret" not in str(caught.value)
