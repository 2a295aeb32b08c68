"""Name, connection and TLS with real sockets: what is told, and that nothing is asked."""

import datetime
import ssl
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme

from tests.doctor.database import NOW_NS, Database, serving
from tests.victoriatraces.peer import CLOSE, LISTEN, head, peer
from tests.victoriatraces.resolver import resolving
from vtmcp.doctor.findings import OF_DATABASE, Finding, Sheet
from vtmcp.doctor.reaching import Reaching
from vtmcp.victoriatraces.settings import Settings

pytestmark = pytest.mark.anyio

NOW = datetime.datetime(2026, 11, 22, 10, 34, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def no_file_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)


async def reach(entrypoint: str, **settings: Any) -> list[Finding]:
    """The findings after settings, documents and callers."""
    sheet = Sheet(lambda finding: None, OF_DATABASE)
    with anyio.fail_after(5):
        reached = await Reaching(
            Settings(entrypoint=entrypoint, **settings), sheet, lambda: NOW_NS
        ).run()
    assert reached == all(finding.verdict != "fail" for finding in sheet.findings)
    return sheet.findings


async def test_plain_http_on_this_machine() -> None:
    async with serving({}) as database:
        name, connection, tls = await reach(database.url)
    assert name == Finding("name", "ok", "127.0.0.1 is an address already")
    assert connection.evidence.startswith(f"port {database.port} accepts (")
    assert tls == Finding("TLS", "skip", "the entrypoint is plain http")
    assert database.requests == []


NAMES: dict[str, tuple[list[str], dict[str, Any], tuple[str, str, str]]] = {
    "leads to another machine": (
        ["10.1.2.3"],
        {},
        ("fail", "db.test is 10.1.2.3 (not loopback)", "VT_ALLOW_INSECURE_ENTRYPOINT=1"),
    ),
    "leads to the cloud's metadata": (
        ["169.254.169.254"],
        {"allow_insecure": True},
        ("fail", "169.254.169.254 (link-local)", "list it there if it is meant"),
    ),
    "is not listed": (
        ["10.1.2.3"],
        {"allow_insecure": True, "allowed_hosts": ("10.9.0.0/16",)},
        ("fail", "10.1.2.3 (not listed)", "list it there"),
    ),
    "leads to this machine": (["127.0.0.1"], {}, ("ok", "db.test is 127.0.0.1 (", "")),
    "leads there and elsewhere": (
        ["127.0.0.1", "10.1.2.3"],
        {},
        ("warn", "db.test is 127.0.0.1 (", "VT_ALLOWED_HOSTS"),
    ),
}


@pytest.mark.parametrize(("addresses", "settings", "told"), NAMES.values(), ids=NAMES)
async def test_a_name(
    addresses: list[str],
    settings: dict[str, Any],
    told: tuple[str, str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving({}) as database:
        resolving(monkeypatch, addresses)
        name = (await reach(f"http://db.test:{database.port}", **settings))[0]
    verdict, evidence, remedy = told
    assert name.verdict == verdict
    assert evidence in name.evidence
    assert remedy in name.remedy


async def test_a_name_that_is_not_known() -> None:
    (name,) = await reach("https://no-such-database.invalid")
    assert name.verdict == "fail"
    assert "the name is not known" in name.evidence
    assert "correct the name in VT_INSTANCE_ENTRYPOINT" in name.remedy


async def test_a_resolver_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*args: Any, **options: Any) -> None:
        await anyio.sleep_forever()

    monkeypatch.setattr(anyio, "getaddrinfo", never)
    (name,) = await reach("https://db.test", connect_timeout_s=0.01)
    assert "was not found by its name within 0.01 s" in name.evidence
    assert name.remedy == "mend the resolver of this machine, or raise VT_CONNECT_TIMEOUT"


async def test_nothing_listens() -> None:
    async with serving({}) as database:
        port = database.port
    _, connection = await reach(f"http://127.0.0.1:{port}")
    assert "refused the connection: nothing listens there" in connection.evidence
    assert "start the database" in connection.remedy


async def test_a_connection_that_nobody_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*args: Any) -> None:
        await anyio.sleep_forever()

    monkeypatch.setattr(anyio, "connect_tcp", never)
    _, connection = await reach("https://127.0.0.1:1", connect_timeout_s=0.01)
    assert "did not accept a connection within 0.01 s (VT_CONNECT_TIMEOUT)" in connection.evidence
    assert connection.remedy.endswith("or raise VT_CONNECT_TIMEOUT")


CA = trustme.CA()


def server_context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    leaf.configure_cert(context)
    return context


def self_signed(folder: Path) -> ssl.SSLContext:
    """A context whose certificate is its own authority."""
    alone = trustme.CA()
    cert, key = folder / "self.pem", folder / "self.key"
    alone.cert_pem.write_to_path(cert)
    alone.private_key_pem.write_to_path(key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context


def trusted(folder: Path) -> str:
    path = folder / "ca.pem"
    CA.cert_pem.write_to_path(path)
    return str(path)


def at(database: Database) -> str:
    return f"https://127.0.0.1:{database.port}"


async def test_good_tls(tmp_path: Path) -> None:
    leaf = CA.issue_cert("127.0.0.1", not_after=NOW + 100 * DAY)
    async with serving({}, server_context(leaf)) as database:
        *_, tls = await reach(at(database), tls_ca_file=trusted(tmp_path))
    assert tls.verdict == "ok"
    assert tls.evidence.startswith("TLSv1.3, certificate from trustme")
    assert tls.evidence.endswith("100 days left")
    assert database.requests == []


def expired() -> trustme.LeafCert:
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    return CA.issue_cert("127.0.0.1", not_before=long_ago, not_after=long_ago + DAY)


def not_yet() -> trustme.LeafCert:
    later = datetime.datetime(2090, 1, 1, tzinfo=datetime.UTC)
    return CA.issue_cert("127.0.0.1", not_before=later, not_after=later + DAY)


BROKEN = {
    "expired": (
        lambda folder: server_context(expired()),
        "the certificate expired 2516.4 days ago",
        "renew",
    ),
    "not yet valid": (lambda folder: server_context(not_yet()), "before Jan  1 00:00:00", "clock"),
    "issued for others": (
        lambda folder: server_context(CA.issue_cert("other.test", "more.test")),
        "is for other.test, more.test, not for 127.0.0.1",
        "one of these names in VT_INSTANCE_ENTRYPOINT",
    ),
    "self-signed": (self_signed, "is self-signed and not trusted; the file of", "VT_TLS_CA_FILE"),
    "of an unknown authority": (
        lambda folder: server_context(trustme.CA().issue_cert("127.0.0.1")),
        "from an authority that is not trusted; the file of VT_TLS_CA_FILE does not",
        "the authority's certificate (PEM)",
    ),
}


@pytest.mark.parametrize(("context", "evidence", "remedy"), BROKEN.values(), ids=BROKEN)
async def test_a_certificate_that_is(
    context: Any, evidence: str, remedy: str, tmp_path: Path
) -> None:
    async with serving({}, context(tmp_path)) as database:
        *_, tls = await reach(at(database), tls_ca_file=trusted(tmp_path))
    assert tls.verdict == "fail"
    assert evidence in tls.evidence
    assert remedy in tls.remedy
    assert database.requests == []


async def test_a_second_look_that_fails_leaves_out_the_details(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from vtmcp.victoriatraces import dialling  # noqa: PLC0415 - only here

    real, dialled = dialling.connect, list[str]()

    async def once(addresses: Any, port: int) -> Any:
        if dialled:
            raise ConnectionResetError
        dialled.append(addresses[0])
        return await real(addresses, port)

    monkeypatch.setattr(dialling, "connect", once)
    async with serving({}, server_context(CA.issue_cert("other.test"))) as database:
        *_, tls = await reach(at(database), tls_ca_file=trusted(tmp_path))
    assert "is for another name, not for 127.0.0.1" in tls.evidence


async def test_a_port_without_tls() -> None:
    async with peer((head(400), CLOSE), speaks_http=False) as database:
        *_, tls = await reach(f"https://127.0.0.1:{database.port}")
    assert "does not speak TLS" in tls.evidence


async def test_a_port_that_hangs_up() -> None:
    async with peer((CLOSE,), speaks_http=False) as database:
        *_, tls = await reach(f"https://127.0.0.1:{database.port}")
    assert "closed during the TLS handshake" in tls.evidence


async def test_a_port_that_is_silent() -> None:
    async with peer((LISTEN,), speaks_http=False) as database:
        *_, tls = await reach(f"https://127.0.0.1:{database.port}", tls_timeout_s=0.05)
    assert "did not agree on TLS within 0.05 s (VT_TLS_TIMEOUT)" in tls.evidence
    assert tls.remedy.endswith("or raise VT_TLS_TIMEOUT")


async def test_a_file_of_authorities_that_holds_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("s3cret")
    async with serving({}) as database:
        *_, tls = await reach(at(database), tls_ca_file=str(tmp_path / "ca.pem"))
    assert tls.verdict == "fail"
    assert "the file that VT_TLS_CA_FILE names holds no certificate in PEM" in tls.evidence
    assert "s3cret" not in tls.evidence
    assert str(tmp_path) not in tls.evidence
