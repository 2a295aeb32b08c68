"""The configured headers, from settings and from files, as they are now."""

from pathlib import Path
from typing import Any

import pytest

from vtmcp.victoriatraces.credentials import Credentials
from vtmcp.victoriatraces.headers import Header
from vtmcp.victoriatraces.settings import Settings


def credentials(folder: Path, **settings: Any) -> Credentials:
    """Take the settings; what a `..._file` holds stands in the place of its path."""
    for name, text in settings.items():
        if name.endswith("_file"):
            (folder / name).write_bytes(text.encode())
            settings[name] = str(folder / name)
    return Credentials(Settings(entrypoint="http://db", **settings))


BEARER = ("Authorization", "Bearer t0ken")

GIVEN: dict[str, tuple[dict[str, Any], tuple[Header, ...]]] = {
    "none": ({}, ()),
    "a token": ({"bearer_token": "t0ken"}, (BEARER,)),
    "a token in a file": ({"bearer_token_file": "t0ken\n"}, (BEARER,)),
    "a token in a file of another system": ({"bearer_token_file": " t0ken\r\n"}, (BEARER,)),
    "headers": ({"headers": (("X-A", "1"),)}, (("X-A", "1"),)),
    "headers in a file": (
        {"headers_file": "X-A: 1\r\n\n# X-B: 2\nX-C:a:b\nX-D:\n"},
        (("X-A", "1"), ("X-C", "a:b"), ("X-D", "")),
    ),
    "an empty file of headers": ({"headers_file": ""}, ()),
    "all together": (
        {"bearer_token_file": "t0ken", "headers": (("X-A", "1"),), "headers_file": "X-B: 2"},
        (BEARER, ("X-A", "1"), ("X-B", "2")),
    ),
}


@pytest.mark.parametrize(("settings", "headers"), GIVEN.values(), ids=GIVEN)
def test_the_headers_are(
    tmp_path: Path, settings: dict[str, Any], headers: tuple[Header, ...]
) -> None:
    found = credentials(tmp_path, **settings)
    assert found.headers() == headers
    assert found.headers() is found.headers()


TOKEN, TOKEN_FILE = "VT_INSTANCE_BEARER_TOKEN", "VT_INSTANCE_BEARER_TOKEN_FILE"
HEADERS, HEADERS_FILE = "VT_INSTANCE_HEADERS", "VT_INSTANCE_HEADERS_FILE"
NOT_A_TOKEN = "holds a space or a character that no header can carry"

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a token with a line break": ({"bearer_token": "s3c\nret"}, f"^{TOKEN} {NOT_A_TOKEN}"),
    "a token with a word before it": (
        {"bearer_token_file": "Bearer s3cret"},
        f"^{TOKEN_FILE} {NOT_A_TOKEN}",
    ),
    "two tokens in a file": ({"bearer_token_file": "s3cret\ns3cret"}, f"{TOKEN_FILE} holds"),
    "an empty file": ({"bearer_token_file": " \n"}, f"file that {TOKEN_FILE} names is empty"),
    "a token, and a file of one": (
        {"bearer_token": "s3cret", "bearer_token_file": "s3cret"},
        f"^{TOKEN} and {TOKEN_FILE} are both set",
    ),
    "a token, and a header for it": (
        {"bearer_token": "s3cret", "headers": (("authorization", "s3cret"),)},
        f"^{HEADERS} names authorization, which {TOKEN} sets",
    ),
    "a token in a file, and a header for it in another": (
        {"bearer_token_file": "s3cret", "headers_file": "Authorization: Basic s3cret"},
        f"^{HEADERS_FILE} names Authorization, which {TOKEN_FILE} sets",
    ),
    "one header in both places": (
        {"headers": (("X-A", "s3cret"),), "headers_file": "x-a: s3cret"},
        f"^{HEADERS_FILE} names x-a, which {HEADERS} sets",
    ),
    "a header that is refused": ({"headers": (("Host", "s3cret"),)}, f"^{HEADERS} names Host: "),
    "a header with a line break": (
        {"headers": (("X-A", "s3cret\r\nX-B: 1"),)},
        f"^{HEADERS} has a value for X-A with control",
    ),
    "a line without a colon": (
        {"headers_file": "X-A: 1\ns3cret\n"},
        f"line 2 of the file that {HEADERS_FILE} names has no colon",
    ),
    "a line that goes on": (
        {"headers_file": "X-A: 1\n s3cret: 1\n"},
        f"^{HEADERS_FILE} has a name that is not an HTTP header name",
    ),
    "a space before the colon": ({"headers_file": "X-A : s3cret"}, "is not an HTTP header name"),
    "a lone carriage return": ({"headers_file": "X-A: s3c\rret"}, "a value for X-A with control"),
}


@pytest.mark.parametrize(("settings", "fault"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_sent_is_named_and_not_shown(
    tmp_path: Path, settings: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault) as caught:
        credentials(tmp_path, **settings).headers()
    assert "s3c" not in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_rotated_token_is_used_at_once(tmp_path: Path) -> None:
    found = credentials(tmp_path, bearer_token_file="first", headers=(("X-A", "1"),))
    assert found.headers()[0] == ("Authorization", "Bearer first")
    (tmp_path / "bearer_token_file").write_text("second\n")
    assert found.headers() == (("Authorization", "Bearer second"), ("X-A", "1"))


def test_a_withdrawn_token_is_used_no_longer(tmp_path: Path) -> None:
    found = credentials(tmp_path, bearer_token_file="first")
    assert found.headers()
    (tmp_path / "bearer_token_file").unlink()
    with pytest.raises(ValueError, match=f"{TOKEN_FILE} names cannot be read"):
        found.headers()


def test_a_representation_shows_nothing(tmp_path: Path) -> None:
    found = credentials(tmp_path, bearer_token_file="s3cret", headers=(("X-A", "s3cret"),))
    found.headers()
    assert repr(found) == "Credentials()"
