"""Who may ask: tokens, challenges, and the metadata of a protected resource."""

import json

import pytest

from vtmcp.transports.access import METADATA_PATH, Caller, OpenAccess, TokenAccess, metadata
from vtmcp.transports.http_values import Headers, Request, Response

pytestmark = pytest.mark.anyio

TOKEN = "t0k=en"
URL = f"http://h{METADATA_PATH}/mcp"
CHALLENGE = f'Bearer resource_metadata="{URL}"'
INVALID = CHALLENGE + ', error="invalid_token"'


def asked(*authorization: str, host: str = "h") -> Request:
    headers: Headers = (("host", host), *(("authorization", value) for value in authorization))
    return Request("POST", "/mcp", "", headers)


def guarded() -> TokenAccess:
    return TokenAccess(
        TOKEN, metadata_url=lambda request: f"http://{request.header('host')}{METADATA_PATH}/mcp"
    )


async def test_anyone_may_ask_where_access_is_open() -> None:
    assert await OpenAccess().caller(asked()) == Caller("")


ACCEPTED = {
    "the token": (f"Bearer {TOKEN}",),
    "the scheme in small letters": (f"bearer {TOKEN}",),
    "more than one blank": (f"Bearer   {TOKEN}",),
}


@pytest.mark.parametrize("values", ACCEPTED.values(), ids=ACCEPTED)
async def test_the_bearer_of_the_token_may_ask(values: tuple[str, ...]) -> None:
    assert await guarded().caller(asked(*values)) == Caller("bearer")


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "nothing is told to be wrong where nothing was said": ((), CHALLENGE),
    "another token": (("Bearer other",), INVALID),
    "the beginning of the token": ((f"Bearer {TOKEN[:-1]}",), INVALID),
    "no token": (("Bearer",), INVALID),
    "another scheme": ((f"Basic {TOKEN}",), INVALID),
    "a token that is not ASCII": (("Bearer t\u00f6ken",), INVALID),
    "two tokens, one of them good": ((f"Bearer {TOKEN}", "Bearer other"), INVALID),
}


@pytest.mark.parametrize(("values", "challenge"), REFUSED.values(), ids=REFUSED)
async def test_anyone_else_is_challenged(values: tuple[str, ...], challenge: str) -> None:
    refused = await guarded().caller(asked(*values))
    assert isinstance(refused, Response)
    assert refused.status == 401
    assert dict(refused.headers)["www-authenticate"] == challenge
    assert TOKEN.encode() not in refused.body
    assert json.loads(refused.body)["error"]["code"] == -32600


async def test_a_name_that_a_client_gave_us_cannot_end_the_quotes() -> None:
    refused = await guarded().caller(asked(host='h", error="x\\'))
    assert isinstance(refused, Response)
    challenge = dict(refused.headers)["www-authenticate"]
    assert challenge.count('"') == 2
    assert "\\" not in challenge


def test_the_metadata_says_who_gives_tokens() -> None:
    status, body, headers = metadata("https://h/mcp", ["https://auth.example.com"])
    assert status == 200
    assert json.loads(body) == {
        "resource": "https://h/mcp",
        "authorization_servers": ["https://auth.example.com"],
        "bearer_methods_supported": ["header"],
    }
    assert dict(headers) == {"content-type": "application/json", "access-control-allow-origin": "*"}
