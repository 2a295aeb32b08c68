"""Method to handler. The one place that catches everything a handler may raise.

Must not be here: what a method does (`handlers/core`, `handlers/listing`) or how its outcome is
written (`protocol/engine`).
"""

import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from vtmcp.handlers import core
from vtmcp.handlers.catalogue import Catalogue
from vtmcp.handlers.context import Context
from vtmcp.handlers.listing import PAGE_ITEMS, list_page
from vtmcp.protocol.errors import InternalError, MissingCapability, RpcError, ToolError
from vtmcp.protocol.messages import Json
from vtmcp.protocol.results import InputRequired, ToolResult, text
from vtmcp.protocol.versions import METHODS

Outcome = Json | RpcError | InputRequired
Handler = Callable[[Catalogue, Json, Context], Awaitable[Json]]

HANDLERS: dict[str, Handler] = {
    "tools/call": core.call_tool,
    "prompts/get": core.get_prompt,
    "resources/read": core.read_resource,
    "completion/complete": core.complete,
}


CANCELLED = "cancelled"
"""The outcome of a call that its client, or the end of the conversation, cut short."""


class Observed(NamedTuple):
    """What is known of a call when it ends; no argument and no text of it."""

    method: str
    name: str
    seconds: float
    outcome: str
    """`ok`, `input_required`, `tool_error`, `cancelled`, a JSON-RPC code, or the name of an
    exception."""
    caller: str = ""
    """Who called, by the name that the transport let it in under."""


Ended = Callable[[Observed], None]
Follow = Callable[[Context], Ended]
"""Told of each call as it begins; what it returns is told how the call ended."""


def unfollowed(context: Context) -> Ended:
    """Nobody follows calls."""
    return _unheard


class Router:
    """Runs calls on a catalogue; never raises but for cancellation."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        cursor_key: bytes,
        page_items: int = PAGE_ITEMS,
        observe: Ended = lambda observed: None,
        follow: Follow = unfollowed,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalogue = catalogue
        self._cursor_key = cursor_key
        self._page_items = page_items
        self._observe = observe
        self._follow = follow
        self._clock = clock
        self.running = 0
        """Calls whose handlers run now."""

    async def handle(self, context: Context) -> Outcome:
        """Run the call's handler and return what became of it."""
        started, label = self._clock(), CANCELLED
        ended = self._follow(context)
        self.running += 1
        try:
            outcome, label = await self._run(context)
        finally:
            self.running -= 1
            call = context.call
            name = call.params.get("name", call.params.get("uri", ""))
            name = name if isinstance(name, str) else ""
            seconds = self._clock() - started
            observed = Observed(call.method, name, seconds, label, context.caller)
            self._observe(observed)
            ended(observed)
        return outcome

    async def _run(self, context: Context) -> tuple[Outcome, str]:
        method = context.call.method
        try:
            result = await self._dispatch(method, context)
        except InputRequired as pause:
            if not METHODS[method].resumable:
                return InternalError(f"{method} may not ask its client here"), "-32603"
            return pause, "input_required"
        except ToolError as error:
            return _told(method, str(error)), "tool_error"
        except MissingCapability as error:
            if context.call.revision.modern:
                return error, str(error.code)
            # The older revisions have no code for this; the model can read it at least.
            return _told(method, error.message), "tool_error"
        except RpcError as error:
            return error, str(error.code)
        except Exception as error:
            return _told(method, "This failed unexpectedly on the server's side"), _kind(error)
        return result, "tool_error" if result.get("isError") else "ok"

    async def _dispatch(self, method: str, context: Context) -> Json:
        handler = HANDLERS.get(method)
        if handler is not None:
            try:
                return await handler(self._catalogue, context.call.params, context)
            except BaseExceptionGroup as group:
                # A handler's task group wraps what one of its tasks raised.
                raise _sole(group) from None
        return list_page(
            self._catalogue,
            method,
            context,
            key=self._cursor_key,
            page_items=self._page_items,
        )


def _unheard(observed: Observed) -> None:
    pass


def _told(method: str, message: str) -> Outcome:
    if method == "tools/call":
        return ToolResult([text(message)], is_error=True).wire()
    return InternalError(message)


def _sole(error: BaseException) -> BaseException:
    """What a group was raised for, if it is one thing; else the group."""
    inner = error
    while isinstance(inner, BaseExceptionGroup) and len(inner.exceptions) == 1:
        inner = inner.exceptions[0]
    return error if isinstance(inner, BaseExceptionGroup) else inner


def _kind(error: Exception) -> str:
    # The name and the line are enough to find it; the text may hold what must not be told.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    line = "" if trace is None else f":{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
    return type(error).__name__ + line
