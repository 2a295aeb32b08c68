"""Settings and files: each fault names its variable, and no secret is in a finding."""

from pathlib import Path

import pytest

from vtmcp.doctor.findings import STARTING, Finding, Sheet, exit_code
from vtmcp.doctor.start import judge_settings, start

DATABASE = {"VT_INSTANCE_ENTRYPOINT": "http://localhost:10428"}
HTTP = {**DATABASE, "MCP_SERVER_MODE": "http"}
SECRETS = {
    "VT_INSTANCE_BEARER_TOKEN": "s3cret-token",
    "VT_INSTANCE_HEADERS": "X-Key=s3cret-key",
    "MCP_AUTH_TOKEN": "s3cret-auth",
    "MCP_SESSION_KEY": "s3cret-session-key-of-enough",
    "MCP_OAUTH_CLIENT_SECRET": "s3cret-oauth",
    "MCP_OAUTH_INTROSPECTION_URL": "https://id:s3cret@issuer.example.com/i",
    "VT_INSTANCE_HEADERS_FILE": "folder/s3cret-path",
    "MCP_AUTH_FILE": "folder/s3cret-path",
}


def test_settings_are_named_and_secrets_not_shown() -> None:
    finding = judge_settings({**DATABASE, **SECRETS, "SSL_CERT_FILE": "folder/s3cret-path"})
    assert finding.verdict == "ok"
    assert finding.evidence.startswith(
        "10 set: VT_INSTANCE_ENTRYPOINT=http://localhost:10428, VT_INSTANCE_BEARER_TOKEN (secret)"
    )
    assert "MCP_OAUTH_INTROSPECTION_URL (a URL)" in finding.evidence
    assert "MCP_AUTH_FILE (a file)" in finding.evidence
    assert finding.evidence.endswith("SSL_CERT_FILE (a file)")
    assert "s3cret" not in finding.evidence


SUSPICIOUS = {
    "a value that the client did not expand": (
        {"VT_INSTANCE_BEARER_TOKEN": "${env:TOKEN}"},
        "did not expand ${...}: VT_INSTANCE_BEARER_TOKEN",
        "set VT_INSTANCE_BEARER_TOKEN to a value",
    ),
    "a misspelt name": (
        {"VT_INSTANCE_BEARER_TOKN": "s3cret"},
        "unknown: VT_INSTANCE_BEARER_TOKN (meant: VT_INSTANCE_BEARER_TOKEN?)",
        "correct the names",
    ),
}


@pytest.mark.parametrize(("more", "evidence", "remedy"), SUSPICIOUS.values(), ids=SUSPICIOUS)
def test_settings_that_cannot_be_meant(more: dict[str, str], evidence: str, remedy: str) -> None:
    finding = judge_settings({**DATABASE, **more})
    assert finding.verdict == "warn"
    assert evidence in finding.evidence
    assert remedy in finding.remedy
    assert "s3cret" not in finding.evidence


def test_variables_of_others_are_none_of_our_business() -> None:
    assert judge_settings({**DATABASE, "VT_100": "1", "MCP_SOMETHING": "x"}).verdict == "ok"


def started(env: dict[str, str]) -> list[Finding]:
    sheet = Sheet(lambda finding: None, STARTING)
    start(env, sheet)
    assert len(sheet.findings) == len(STARTING)
    return sheet.findings


STOPPING = {
    "no database": ({}, "VT_INSTANCE_ENTRYPOINT", "http"),
    "a wrong value": ({**DATABASE, "VT_CONNECT_TIMEOUT": "soon"}, "VT_CONNECT_TIMEOUT", "ms"),
    "plain http to another machine": (
        {"VT_INSTANCE_ENTRYPOINT": "http://db.example.com"},
        "plain http to another machine",
        "VT_ALLOW_INSECURE_ENTRYPOINT=1",
    ),
    "a file that is not there": (
        {**DATABASE, "VT_INSTANCE_BEARER_TOKEN_FILE": "folder/s3cret-path"},
        "VT_INSTANCE_BEARER_TOKEN_FILE names cannot be read",
        "",
    ),
}


@pytest.mark.parametrize(("env", "evidence", "remedy"), STOPPING.values(), ids=STOPPING)
def test_settings_that_stop_the_start(env: dict[str, str], evidence: str, remedy: str) -> None:
    finding = started(env)[0]
    assert (finding.check, finding.verdict) == ("settings", "fail")
    assert evidence in finding.evidence
    assert remedy in finding.remedy
    assert "s3cret" not in finding.evidence
    assert exit_code([finding]) == 2


def test_documents_that_are_not_set_are_skipped() -> None:
    assert started(DATABASE)[1].verdict == "skip"


def test_documents_are_counted_and_what_is_left_out_is_named(tmp_path: Path) -> None:
    (tmp_path / "runbook.md").write_text("# Runbook\n\nWake up.\n")
    assert started({**DATABASE, "VT_DOCS_DIR": str(tmp_path)})[1] == Finding(
        "documents", "ok", "1 pages in the folder of VT_DOCS_DIR"
    )
    for number in range(5):
        (tmp_path / f"broken{number}.md").symlink_to("/nowhere")
    finding = started({**DATABASE, "VT_DOCS_DIR": str(tmp_path)})[1]
    assert finding.verdict == "warn"
    assert "left out: broken0.md (" in finding.evidence
    assert finding.evidence.endswith("and 2 more")


def test_a_folder_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    findings = started({**DATABASE, "VT_DOCS_DIR": str(tmp_path / "nowhere")})
    assert findings[1].verdict == "fail"
    assert "VT_DOCS_DIR" in findings[1].evidence
    assert exit_code(findings) == 2


def policy(folder: Path, text: str) -> dict[str, str]:
    (folder / "policy.toml").write_text(text)
    return {**HTTP, "MCP_AUTH_FILE": str(folder / "policy.toml")}


def test_callers_over_stdio_are_nobody() -> None:
    assert started(DATABASE)[2] == Finding(
        "callers", "skip", "over stdio the one caller is who starts vtmcp"
    )
    finding = started({**DATABASE, "MCP_AUTH_TOKEN": "s3cret"})[2]
    assert finding.evidence.endswith("not used: MCP_AUTH_TOKEN")


def test_callers_over_http(tmp_path: Path) -> None:
    assert started(HTTP)[2] == Finding("callers", "ok", "no token is asked for")
    digest = "0" * 64
    env = policy(
        tmp_path, f'[callers.a]\ntoken_sha256 = "{digest}"\ntools = ["*"]\ntenants = ["*"]\n'
    )
    assert started(env)[2] == Finding("callers", "ok", "can be used: MCP_AUTH_FILE")


CALLERS = {
    "a policy that is not TOML": ("s3cret =", {}, "MCP_AUTH_FILE"),
    "a name that fits nothing": (None, {"MCP_ALLOWED_ORIGINS": "no origin"}, "MCP_ALLOWED_ORIGINS"),
    "open to all": (None, {"MCP_LISTEN_ADDR": ":8081"}, "MCP_LISTEN_ADDR"),
    "no certificate": (
        None,
        {"MCP_TLS_CERT_FILE": "folder/no", "MCP_TLS_KEY_FILE": "folder/no"},
        "MCP_TLS_CERT_FILE",
    ),
}


@pytest.mark.parametrize(("text", "more", "variable"), CALLERS.values(), ids=CALLERS)
def test_callers_that_stop_the_start(
    text: str | None, more: dict[str, str], variable: str, tmp_path: Path
) -> None:
    env = {**(HTTP if text is None else policy(tmp_path, text)), **more}
    findings = started(env)
    assert findings[2].verdict == "fail"
    assert variable in findings[2].evidence
    assert "s3cret" not in findings[2].evidence
    assert exit_code(findings) == 2


def test_a_listener_with_tls(tmp_path: Path) -> None:
    import trustme  # noqa: PLC0415 - only here

    leaf = trustme.CA().issue_cert("localhost")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    leaf.cert_chain_pems[0].write_to_path(cert)
    leaf.private_key_pem.write_to_path(key)
    env = {**HTTP, "MCP_TLS_CERT_FILE": str(cert), "MCP_TLS_KEY_FILE": str(key)}
    finding = started(env)[2]
    assert finding == Finding("callers", "ok", "can be used: MCP_TLS_CERT_FILE, MCP_TLS_KEY_FILE")


def test_generated_data_has_no_database() -> None:
    sheet = Sheet(lambda finding: None, STARTING)
    (database,) = start({"VT_INSTANCE_ENTRYPOINT": "demo"}, sheet)
    assert database.settings is None
    assert [finding.verdict for finding in sheet.findings] == ["ok", "skip", "skip"]


def test_several_databases_have_settings_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "instances.toml").write_text(
        '[[instance]]\nname = "eu"\nentrypoint = "https://eu.example.com"\n'
        'bearer_token = "s3cret-eu"\ntenants = ["7:3"]\n\n'
        '[[instance]]\nname = "toy"\nentrypoint = "demo"\n'
    )
    sheet = Sheet(lambda finding: None, STARTING)
    env = {**DATABASE, "VT_INSTANCES_FILE": str(tmp_path / "instances.toml")}
    usual, europe, toy = start(env, sheet)
    assert [database.name for database in (usual, europe, toy)] == ["default", "eu", "toy"]
    assert toy.settings is None
    assert europe.settings is not None
    assert usual.settings is not None
    assert (europe.settings.entrypoint, str(europe.tenant)) == ("https://eu.example.com", "7:3")
    assert (europe.settings.bearer_token, usual.settings.bearer_token) == ("s3cret-eu", "")
    assert europe.told("set VT_TLS_CA_FILE") == "set tls_ca_file"
    assert "s3cret" not in str(sheet.findings)


def test_what_else_would_stop_the_start_is_found_too(tmp_path: Path) -> None:
    finding = started({**DATABASE, "VT_INSTANCES_FILE": str(tmp_path / "none.toml")})[0]
    assert finding.verdict == "fail"
    assert "VT_INSTANCES_FILE" in finding.evidence
