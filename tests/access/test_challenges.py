"""Each refusal: its status and what it tells a client to do."""

import orjson
import pytest

from tests.access.requests import challenge
from vtmcp.access.challenges import UNAVAILABLE_S, Challenges
from vtmcp.transports.http_values import Response

URL = "https://mcp.example/.well-known/oauth-protected-resource/mcp"
PLAIN = Challenges()
OAUTH = Challenges(URL, ("traces:read", "docs:read"))
ABOUT = f'scope="traces:read docs:read", resource_metadata="{URL}"'

REFUSALS: dict[str, tuple[Response, int, str]] = {
    "no token": (PLAIN.no_token(), 401, 'Bearer realm="vtmcp"'),
    "no token, with OAuth": (OAUTH.no_token(), 401, f"Bearer {ABOUT}"),
    "no token, without scopes": (
        *(Challenges(URL).no_token(), 401),
        f'Bearer resource_metadata="{URL}"',
    ),
    "a bad token": (PLAIN.bad_token(), 401, 'Bearer error="invalid_token", realm="vtmcp"'),
    "a bad token, with OAuth": (
        *(OAUTH.bad_token(), 401),
        f'Bearer error="invalid_token", {ABOUT}',
    ),
    "a malformed header": (
        *(OAUTH.malformed(), 400),
        f'Bearer error="invalid_request", {ABOUT}',
    ),
    "a missing scope": (
        *(OAUTH.insufficient_scope(), 403),
        f'Bearer error="insufficient_scope", {ABOUT}',
    ),
    "a caller that is in no policy": (OAUTH.unknown_caller(), 403, ""),
    "an issuer that does not answer": (OAUTH.unavailable(), 503, str(UNAVAILABLE_S)),
    "too many calls": (OAUTH.too_many(2.1), 429, "3"),
    "too many calls by a little": (OAUTH.too_many(0.001), 429, "1"),
}


@pytest.mark.parametrize(("response", "status", "told"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_says_what_to_do(response: Response, status: int, told: str) -> None:
    assert challenge(response) == (status, told)
    body = orjson.loads(response.body)
    assert body["error"]["code"] == -32600
    assert body["error"]["message"]
    assert "id" not in body
    assert ("cache-control", "no-store") in response.headers
