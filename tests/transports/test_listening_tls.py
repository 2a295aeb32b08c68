"""A certificate and its key, from files; what is wrong with them is said."""

import os
import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from vtmcp.transports.binding import ListenError
from vtmcp.transports.listening_tls import server_context


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    certificate = trustme.CA().issue_cert("localhost")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    return str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")


def refused(cert_file: str, key_file: str) -> str:
    with pytest.raises(ListenError) as error:
        server_context(cert_file, key_file)
    return str(error.value)


def test_a_context_of_today(files: tuple[str, str]) -> None:
    context = server_context(*files)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_NONE


@pytest.mark.parametrize(("index", "what"), [(0, "certificate"), (1, "key")])
def test_a_file_that_is_not_there_is_named(index: int, what: str, files: tuple[str, str]) -> None:
    os.remove(files[index])
    assert refused(*files) == f"cannot read the TLS {what} file {files[index]}: " + (
        "No such file or directory"
    )


def test_a_key_of_another_certificate_is_told(files: tuple[str, str]) -> None:
    trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(files[1])
    assert refused(*files) == (
        f"the TLS key in {files[1]} is not the one of the certificate in {files[0]}"
    )


@pytest.mark.parametrize("index", [0, 1])
def test_a_file_that_is_no_pem_is_told(index: int, files: tuple[str, str]) -> None:
    Path(files[index]).write_text("nonsense")
    assert refused(*files).startswith(f"cannot use the TLS certificate in {files[0]} with the key")


def test_a_password_is_not_asked_for(files: tuple[str, str]) -> None:
    key = serialization.load_pem_private_key(Path(files[1]).read_bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    Path(files[1]).write_bytes(encrypted)
    assert "the key without a password" in refused(*files)
