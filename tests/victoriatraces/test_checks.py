"""What is wrong with the settings is said at the start, by the name of its variable."""

from pathlib import Path
from typing import Any

import pytest

from vtmcp.victoriatraces.checks import check
from vtmcp.victoriatraces.credentials import Credentials
from vtmcp.victoriatraces.settings import Settings


def checked(**settings: Any) -> str:
    made = Settings(**{"entrypoint": "https://db", **settings})
    return check(made, Credentials(made)).url


def test_good_settings_give_the_address(tmp_path: Path) -> None:
    for name in ("token", "headers", "ca", "cert", "key"):
        (tmp_path / name).write_text("X-A: 1" if name == "headers" else "x")
    url = checked(
        entrypoint="https://db:8/p/",
        allowed_hosts=("db", "10.0.0.0/8"),
        hidden_fields=("span_attr:*",),
        bearer_token_file=str(tmp_path / "token"),
        headers_file=str(tmp_path / "headers"),
        tls_ca_file=str(tmp_path / "ca"),
        tls_cert_file=str(tmp_path / "cert"),
        tls_key_file=str(tmp_path / "key"),
    )
    assert url == "https://db:8/p"


def test_plain_http_that_is_allowed() -> None:
    assert checked(entrypoint="http://db", allow_insecure=True) == "http://db"
    assert checked(entrypoint="http://localhost:10428") == "http://localhost:10428"


GONE = "/s3cret/file"

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no address": ({"entrypoint": "s3cret"}, "^VT_INSTANCE_ENTRYPOINT is not an http"),
    "plain http": ({"entrypoint": "http://db"}, "^VT_INSTANCE_ENTRYPOINT is plain .*INSECURE"),
    "a token": ({"bearer_token": "s3cret s3cret"}, "^VT_INSTANCE_BEARER_TOKEN holds"),
    "a file of a token": ({"bearer_token_file": GONE}, "VT_INSTANCE_BEARER_TOKEN_FILE names cann"),
    "a header": ({"headers": (("Host", "s3cret"),)}, "^VT_INSTANCE_HEADERS names Host"),
    "a file of headers": ({"headers_file": GONE}, "VT_INSTANCE_HEADERS_FILE names cannot be read"),
    "an allowed host": ({"allowed_hosts": ("db:1",)}, "^VT_ALLOWED_HOSTS holds 'db:1'"),
    "a hidden field": ({"hidden_fields": ("spann:x",)}, "^VT_HIDDEN_FIELDS holds 'spann:x'"),
    "authorities": ({"tls_ca_file": GONE}, "VT_TLS_CA_FILE names cannot be read: No such file"),
    "our certificate": ({"tls_cert_file": GONE}, "VT_TLS_CERT_FILE names cannot be read"),
    "our key alone": ({"tls_key_file": GONE}, "^VT_TLS_KEY_FILE is set without VT_TLS_CERT_FILE"),
}


@pytest.mark.parametrize(("settings", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_and_no_value_shown(settings: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault) as caught:
        checked(**settings)
    assert "s3cret" not in str(caught.value)
