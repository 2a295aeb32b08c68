"""What operators ask an HTTP server: is it alive, is it ready, what has it counted.

Must not be here: MCP, or how anything is counted.
"""

from collections.abc import Awaitable, Callable

from vtmcp.transports.http import Exchange
from vtmcp.transports.http_values import Request, Response, text_response

LIVENESS_PATH = "/health/liveness"
READINESS_PATH = "/health/readiness"
METRICS_PATH = "/metrics"

METRICS_TYPE = ("content-type", "text/plain; version=0.0.4; charset=utf-8")

Handler = Callable[[Exchange], Awaitable[None]]


def liveness() -> Handler:
    """`OK`, for as long as requests are answered at all."""

    async def answer(request: Request) -> Response:
        return text_response(200, "OK")

    return _read_only(answer)


def readiness(is_ready: Callable[[Request], Awaitable[str]]) -> Handler:
    """`Ready`, or 503 with the reason that `is_ready` gives."""

    async def answer(request: Request) -> Response:
        reason = await is_ready(request)
        return text_response(503, reason) if reason else text_response(200, "Ready")

    return _read_only(answer)


def metrics(render: Callable[[], Awaitable[str]]) -> Handler:
    """The counts, as Prometheus reads them, or 503 where there are none at the moment."""

    async def answer(request: Request) -> Response:
        text = await render()
        if not text:
            return text_response(503, "The counts did not come together in time")
        return Response(200, text.encode(), (METRICS_TYPE,))

    return _read_only(answer)


def _read_only(answer: Callable[[Request], Awaitable[Response]]) -> Handler:
    async def handle(exchange: Exchange) -> None:
        if exchange.request.method in ("GET", "HEAD"):
            await exchange.respond(await answer(exchange.request))
        else:
            allowed = (("allow", "GET, HEAD"),)
            await exchange.respond(text_response(405, "Method not allowed", allowed))

    return handle
