"""The file of databases: what a table may say, and what is refused with its table and its key."""

import pytest

from vtmcp.config_instances import INSTANCES_MAX, VARIABLES, Instance, in_keys, read_instances
from vtmcp.config_variables import VARIABLES as ALL
from vtmcp.traces.tenant import Tenant

WHOLE = b"""
[[instance]]
name = "eu"
entrypoint = "https://traces.eu.example/vt/"
bearer_token_file = "eu.token"
headers = { X-Team = "shop, eu", X-Key = "k=v" }
headers_file = "eu.headers"
tenants = ["0:0", "7:3", "7:3"]
default_tenant = "7:3"
allowed_hosts = ["traces.eu.example", "10.0.0.0/8"]
allow_insecure = true
tls_ca_file = "ca.pem"
tls_cert_file = "cert.pem"
tls_key_file = "key.pem"

[[instance]]
name = "us-1.a_b"
entrypoint = "demo"
bearer_token = "s3cret"
tenants = ["*"]
"""

EU = Instance(
    name="eu",
    entrypoint="https://traces.eu.example/vt",
    bearer_token_file="eu.token",
    headers=(("X-Team", "shop, eu"), ("X-Key", "k=v")),
    headers_file="eu.headers",
    tenants=(Tenant(0, 0), Tenant(7, 3)),
    default_tenant=Tenant(7, 3),
    allowed_hosts=("traces.eu.example", "10.0.0.0/8"),
    allow_insecure=True,
    tls_ca_file="ca.pem",
    tls_cert_file="cert.pem",
    tls_key_file="key.pem",
)
US = Instance(name="us-1.a_b", entrypoint="demo", bearer_token="s3cret")


def test_a_file_that_says_everything() -> None:
    assert read_instances(WHOLE) == (EU, US)
    assert "s3cret" not in repr(US)
    assert "k=v" not in repr(EU)


def one(more: str) -> str:
    return f'[[instance]]\nname = "eu"\nentrypoint = "http://s3cret"\n{more}'


REFUSED: dict[str, tuple[str, str]] = {
    "nothing": ("", "must hold tables [[instance]] and nothing else"),
    "another table": ("[eu]\na = 1", "must hold tables [[instance]] and nothing else"),
    "one table that is no list": ('[instance]\nname = "eu"', "must hold tables [[instance]] and"),
    "no tables": ("instance = []", "must hold tables [[instance]] and nothing else"),
    "what is no table": ("instance = [1]", "[[instance]] 1: is not a table; accepted: "),
    "more beside them": (f"a = 1\n{one('')}", "must hold tables [[instance]] and nothing else"),
    "too many": (
        "[[instance]]\n" * (INSTANCES_MAX + 1),
        "has 101 tables; accepted: up to 100",
    ),
    "no TOML": ("[[instance]]\nname = s3cret", "is not TOML at line 2, column 8"),
    "an end too early": ('a = """s3cret', "is not TOML at "),
    "no name": ("[[instance]]", "[[instance]] 1: name is none or not one; accepted: 1 to 40 of"),
    "a name of another type": ("[[instance]]\nname = 1", "[[instance]] 1: name is none or not one"),
    "a name with blanks": ('[[instance]]\nname = "s3 cret"', "[[instance]] 1: name is none or"),
    "the name of the usual one": ('[[instance]]\nname = "Default"', "1: name is none or not one"),
    "a name twice": (
        f"{one('')}\n{one('').replace('eu', 'EU')}",
        "2: name is there already; accep",
    ),
    "no entrypoint": ('[[instance]]\nname = "eu"', "[[instance]] eu: entrypoint is missing; accep"),
    "an entrypoint that is none": (
        '[[instance]]\nname = "eu"\nentrypoint = "s3cret"',
        "[[instance]] eu: entrypoint cannot be used; accepted: an http or https URL",
    ),
    "a password in it": (
        '[[instance]]\nname = "eu"\nentrypoint = "http://a:s3cret@b"',
        "[[instance]] eu: entrypoint cannot be used",
    ),
    "an unknown key": (
        one('tokn = "s3cret"'),
        "[[instance]] eu: has an unknown key (not shown); acc",
    ),
    "a token with blanks": (one('bearer_token = "s3cret x"'), "eu: bearer_token cannot be used"),
    "a token of another type": (one("bearer_token = 1"), "eu: bearer_token cannot be used"),
    "two tokens": (
        one('bearer_token = "s3cret"\nbearer_token_file = "a"'),
        "eu: bearer_token and bearer_token_file are both set; accepted: one",
    ),
    "a file that is none": (
        one("headers_file = 1"),
        "eu: headers_file is no text; accepted: a tex",
    ),
    "headers as a text": (
        one('headers = "X=s3cret"'),
        "eu: headers is no table; accepted: a table",
    ),
    "no headers": (one("headers = {}"), "eu: headers is no table; accepted: a table"),
    "a header of another type": (one("headers = {X = 1}"), "eu: headers holds what is no header"),
    "a name with a comma": (one('headers = {"X,Y" = "a"}'), "eu: headers holds what is no header"),
    "a header of the tenant": (
        one('headers = {AccountID = "s3cret"}'),
        "eu: headers holds a header that names AccountID: set",
    ),
    "a header with a line break": (
        one('headers = {X = "s3cret\\nY"}'),
        "eu: headers holds a header that has a value with control",
    ),
    "tenants as a text": (one('tenants = "0:0"'), "eu: tenants is no list of texts; accepted: "),
    "no tenants": (one("tenants = []"), "eu: tenants is no list of texts; accepted: "),
    "a tenant of another type": (one("tenants = [7]"), "eu: tenants is no list of texts"),
    "a tenant that is none": (
        one('tenants = ["s3cret"]'),
        "eu: tenants cannot be used; accepted: ",
    ),
    "a usual tenant that is none": (one('default_tenant = "s3cret"'), "default_tenant cannot be"),
    "a usual tenant that is not read": (
        one('tenants = ["1:0"]\ndefault_tenant = "2:0"'),
        "eu: default_tenant is not one of tenants; accepted: one of them",
    ),
    "a flag that is none": (one('allow_insecure = "1"'), "eu: allow_insecure is neither true nor"),
}


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED)
def test_a_file_is_refused_with(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_instances(text.encode())
    fault = str(caught.value)
    assert told in fault
    assert "s3cret" not in fault
    assert "\n" not in fault


def test_bytes_that_are_no_text_and_a_text_without_end() -> None:
    with pytest.raises(ValueError, match="the file is not UTF-8"):
        read_instances(b"\xff")
    with pytest.raises(ValueError, match="the file is nested too deeply"):
        read_instances(b"a = " + b"[" * 10_000)


def test_an_error_about_a_database_names_keys_in_place_of_variables() -> None:
    names = {variable.name for variable in ALL}
    assert {name.partition("=")[0] for name in VARIABLES} <= names
    for variable, key in VARIABLES.items():
        assert in_keys(f"{variable} is wrong") == f"{key} is wrong"
    assert in_keys("nothing of that") == "nothing of that"
