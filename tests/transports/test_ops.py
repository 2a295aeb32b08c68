"""What operators ask: health and metrics, by GET and HEAD alone."""

import anyio
import pytest

from tests.transports.scripted import Script, converse
from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import Request
from vtmcp.transports.ops import Handler, liveness, metrics, readiness

pytestmark = pytest.mark.anyio

COUNTS = "calls_total 3\n"


async def ready(request: Request) -> str:
    await anyio.lowlevel.checkpoint()
    return ""


async def not_ready(request: Request) -> str:
    return f"the database does not answer to {request.path}"


async def counted() -> str:
    return COUNTS


async def uncounted() -> str:
    return ""


ANSWERS: dict[str, tuple[Handler, int, str, str]] = {
    "alive": (liveness(), 200, "text/plain; charset=utf-8", "OK\n"),
    "ready": (readiness(ready), 200, "text/plain; charset=utf-8", "Ready\n"),
    "not ready": (
        *(readiness(not_ready), 503, "text/plain; charset=utf-8"),
        "the database does not answer to /x\n",
    ),
    "counts": (metrics(counted), 200, "text/plain; version=0.0.4; charset=utf-8", COUNTS),
    "no counts": (
        *(metrics(uncounted), 503, "text/plain; charset=utf-8"),
        "The counts did not come together in time\n",
    ),
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("handler", "status", "kind", "text"), ANSWERS.values(), ids=ANSWERS)
async def test_it_is_told(handler: Handler, status: int, kind: str, text: str, method: str) -> None:
    head, body = await told(handler, method)
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert f"content-type: {kind}\r\n" in head
    # HEAD says how long the body would be, and no more.
    assert f"content-length: {len(text)}\r\n" in head
    assert body == (text if method == "GET" else "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get"])
async def test_it_is_only_read(method: str) -> None:
    head, _ = await told(liveness(), method)
    assert head.startswith("HTTP/1.1 405 ")
    assert "allow: GET, HEAD\r\n" in head


async def told(handler: Handler, method: str) -> tuple[str, str]:
    async def handle(exchange: Exchange) -> None:
        await handler(exchange)

    script = Script(f"{method} /x HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    assert not await converse(script, handle)
    head, _, body = script.sent.decode().partition("\r\n\r\n")
    return head + "\r\n", body
