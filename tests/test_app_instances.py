"""Several databases: what each is opened with, and that no credential goes to another."""

from pathlib import Path
from typing import Any

import pytest

from tests.handlers.tools.source import ScriptedSource
from vtmcp.app_instances import open_instances, together
from vtmcp.config import Config, ConfigError
from vtmcp.config_instances import FILE_BYTES_MAX
from vtmcp.handlers.deployment import Deployment
from vtmcp.handlers.source import TraceSource
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

FILE = """
[[instance]]
name = "eu"
entrypoint = "https://traces.eu.example:8443/vt"
bearer_token_file = "eu.token"
headers = { X-Team = "shop" }
tenants = ["7:3", "0:0"]
allowed_hosts = ["10.0.0.0/8"]
tls_ca_file = "/own/ca.pem"

[[instance]]
name = "us"
entrypoint = "http://us.example"
default_tenant = "5:0"
bearer_token = "for-us"
"""


class Opened:
    """Notes what each database is opened with."""

    def __init__(self) -> None:
        self.configs: list[Config] = []
        self.sources: list[ScriptedSource] = []

    def __call__(self, config: Config) -> TraceSource:
        self.configs.append(config)
        self.sources.append(ScriptedSource(services=(config.entrypoint,)))
        return self.sources[-1]


def opened(folder: Path, text: str = FILE, **env: str) -> tuple[list[Deployment], Opened]:
    file = folder / "instances.toml"
    file.write_text(text)
    calls = Opened()
    found = open_instances(Config.from_env({"VT_INSTANCES_FILE": str(file), **env}), calls)
    return found, calls


def test_each_table_is_a_database_with_its_own_credentials(tmp_path: Path) -> None:
    found, calls = opened(
        tmp_path,
        VT_INSTANCE_ENTRYPOINT="http://localhost:10428/x",
        VT_INSTANCE_BEARER_TOKEN="for-here",
        VT_INSTANCE_HEADERS="X-Key=here",
        VT_TLS_CERT_FILE="here.pem",
        VT_TLS_KEY_FILE="here.key",
        VT_TLS_CA_FILE="ca.pem",
        VT_ALLOWED_HOSTS="example.com",
        VT_DEFAULT_TENANT_ID="9:9",
        VT_HIDDEN_FIELDS="user.*",
        VT_TOTAL_TIMEOUT="7s",
    )
    assert [(one.name, one.place, one.default_tenant, one.tenants) for one in found] == [
        ("default", "localhost:10428", Tenant(9, 9), None),
        ("eu", "traces.eu.example:8443", Tenant(7, 3), frozenset({Tenant(7, 3), Tenant(0, 0)})),
        ("us", "us.example", Tenant(5, 0), None),
    ]
    eu, us, here = calls.configs
    assert (here.bearer_token, here.headers) == ("for-here", (("X-Key", "here"),))
    assert (eu.bearer_token, eu.headers) == ("", (("X-Team", "shop"),))
    assert (us.bearer_token, us.headers) == ("for-us", ())
    assert eu.bearer_token_file == str(tmp_path / "eu.token")
    assert (us.bearer_token_file, us.headers_file) == ("", "")
    assert {(one.vt_tls_cert_file, one.vt_tls_key_file) for one in (eu, us)} == {("", "")}
    assert (eu.vt_tls_ca_file, us.vt_tls_ca_file) == ("/own/ca.pem", "ca.pem")
    assert (eu.vt_allowed_hosts, us.vt_allowed_hosts) == (("10.0.0.0/8",), ("example.com",))
    assert {one.hidden_fields for one in calls.configs} == {("user.*",)}
    assert {one.total_timeout_s for one in calls.configs} == {7.0}


def test_without_an_entrypoint_the_first_is_the_usual_one(tmp_path: Path) -> None:
    found, _ = opened(tmp_path)
    assert [one.name for one in found] == ["eu", "us"]
    assert found[0].told("check VT_INSTANCE_BEARER_TOKEN") == "check bearer_token"


def test_generated_data_has_no_host(tmp_path: Path) -> None:
    found, _ = opened(tmp_path, '[[instance]]\nname = "a"\nentrypoint = "demo"')
    assert [one.place for one in found] == ["demo"]


UNUSED = {
    "VT_INSTANCE_BEARER_TOKEN": "s3cret",
    "VT_INSTANCE_BEARER_TOKEN_FILE": "s3cret",
    "VT_INSTANCE_HEADERS": "X=s3cret",
    "VT_INSTANCE_HEADERS_FILE": "s3cret",
    "VT_TLS_CERT_FILE": "s3cret",
}


@pytest.mark.parametrize("variable", UNUSED)
def test_a_credential_for_no_database_stops_the_start(tmp_path: Path, variable: str) -> None:
    with pytest.raises(ConfigError, match=f"^{variable}: is for VT_INSTANCE_ENTRYPOINT") as caught:
        opened(tmp_path, **{variable: UNUSED[variable]})
    assert "s3cret" not in str(caught.value)


FAULTS: dict[str, tuple[bytes | None, str]] = {
    "is not there": (None, "VT_INSTANCES_FILE: the file cannot be read: No such file"),
    "is too large": (b" " * (FILE_BYTES_MAX + 1), "VT_INSTANCES_FILE: the file is larger than"),
    "is no TOML": (b"[", "VT_INSTANCES_FILE: the file is not TOML at "),
    "names no entrypoint": (
        b'[[instance]]\nname = "eu"',
        "VT_INSTANCES_FILE: [[instance]] eu: entrypoint is missing; accepted: ",
    ),
}


@pytest.mark.parametrize(("data", "told"), FAULTS.values(), ids=FAULTS)
def test_a_file_stops_the_start_that(tmp_path: Path, data: bytes | None, told: str) -> None:
    file = tmp_path / "instances.toml"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        open_instances(Config.from_env({"VT_INSTANCES_FILE": str(file)}), Opened())
    assert str(caught.value).startswith(told)
    assert str(tmp_path) not in str(caught.value)


def test_what_a_database_cannot_be_opened_with_is_told_by_table_and_key(tmp_path: Path) -> None:
    def refuse(config: Config) -> TraceSource:
        raise ConfigError(
            "VT_INSTANCE_ENTRYPOINT is plain http; set VT_ALLOW_INSECURE_ENTRYPOINT=1"
        )

    file = tmp_path / "instances.toml"
    file.write_text(FILE)
    with pytest.raises(ConfigError) as caught:
        open_instances(Config.from_env({"VT_INSTANCES_FILE": str(file)}), refuse)
    assert str(caught.value) == (
        "VT_INSTANCES_FILE: [[instance]] eu: entrypoint is plain http; set allow_insecure = true"
    )


async def test_together_they_are_asked_as_the_first_and_closed_as_one() -> None:
    sources = [ScriptedSource(services=(name,)) for name in ("a", "b")]
    places: list[Any] = [
        Deployment(name, "", one, Tenant()) for name, one in zip("ab", sources, strict=True)
    ]
    whole = together(places)
    assert whole.label == "2 deployments: a, b"
    assert await whole.services(Tenant()) == ["a"]
    await whole.aclose()
    assert [one.asked[-1] for one in sources] == [("aclose",)] * 2
