"""A server for embedders: handlers and an identity in, conversations out.

    Server("adder", tools=[Add()]).run_stdio()

Must not be here: anything about VictoriaTraces, or the environment.
"""

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING

import anyio

from vtmcp.handlers.base import Prompt, Resource, ResourceTemplate, Tool
from vtmcp.handlers.catalogue import Catalogue
from vtmcp.handlers.context import NO_RULES
from vtmcp.handlers.listing import PAGE_ITEMS
from vtmcp.handlers.rules import Rules
from vtmcp.protocol.answered import Observe, unobserved
from vtmcp.protocol.engine import Engine
from vtmcp.protocol.framing import DOCUMENT_BYTES_MAX
from vtmcp.protocol.messages import Json
from vtmcp.protocol.profile import Profile
from vtmcp.protocol.session import Session
from vtmcp.protocol.subscriptions import Change
from vtmcp.router import Follow, Observed, Router, unfollowed
from vtmcp.serve import Conversation, Limits
from vtmcp.states import RequestStates
from vtmcp.transports.base import Channel

if TYPE_CHECKING:
    from vtmcp.web import WebOptions

Beside = Callable[[], AbstractAsyncContextManager[None]]
"""Makes what runs beside the serving."""

STATE_KEY_BYTES = 32
"""The length of a key made at start: that of the hash it is used with."""


class Server:
    """What is offered, and to whom it is being offered right now.

    `subscribe` declares that single resources can be watched, `logging` that calls may log to
    the client. `state_key` signs `requestState`: give several processes the same one, or leave
    it out and each start makes its own. `observe` is told of each call when it ends, `follow` as
    it begins, `observe_answers` of each answer when it is written, the refusals included.
    """

    def __init__(
        self,
        name: str,
        version: str = "0.0.0",
        *,
        tools: Iterable[Tool] = (),
        prompts: Iterable[Prompt] = (),
        resources: Iterable[Resource] | Callable[[], Iterable[Resource]] = (),
        templates: Iterable[ResourceTemplate] = (),
        instructions: str = "",
        info: Json | None = None,
        logging: bool = True,
        subscribe: bool = False,
        extensions: Json | None = None,
        state_key: bytes | None = None,
        rules: Rules = NO_RULES,
        limits: Limits = Limits(),  # noqa: B008 - immutable
        page_items: int = PAGE_ITEMS,
        observe: Callable[[Observed], None] = lambda observed: None,
        follow: Follow = unfollowed,
        observe_answers: Observe = unobserved,
    ) -> None:
        self.catalogue = Catalogue(
            tools=tools, prompts=prompts, resources=resources, templates=templates
        )
        capabilities = self.catalogue.capabilities()
        if logging:
            capabilities["logging"] = {}
        if subscribe:
            capabilities.setdefault("resources", {})["subscribe"] = True
        if extensions:
            capabilities["extensions"] = extensions
        self.profile = Profile(
            {"name": name, "version": version, **(info or {})},
            capabilities,
            instructions=instructions,
        )
        self._router = Router(
            self.catalogue,
            cursor_key=f"{name} cursors".encode(),
            page_items=page_items,
            observe=observe,
            follow=follow,
        )
        self._states = RequestStates(
            os.urandom(STATE_KEY_BYTES) if state_key is None else state_key
        )
        self._rules = rules
        self._limits = limits
        self._observe_answers = observe_answers
        self._conversations: set[Conversation] = set()

    @property
    def calls_running(self) -> int:
        """Calls under way, of all peers."""
        return self._router.running

    def conversation(
        self, home: Channel | None = None, session: Session | None = None, caller: str = ""
    ) -> Conversation:
        """A conversation with a new peer, or in a session that was opened elsewhere."""
        return Conversation(
            Engine(self.profile, session, self._observe_answers),
            self._router,
            home,
            states=self._states,
            caller=caller,
            rules=self._rules,
            limits=self._limits,
            everyone=self._conversations,
        )

    def parameter_headers(self, tool: str) -> Mapping[tuple[str, ...], str]:
        """The headers that repeat arguments of a tool over HTTP, by the paths of the arguments."""
        found = self.catalogue.tool(tool)
        return {} if found is None else found.headers()

    async def finish(self) -> None:
        """End every conversation in good order."""
        async with anyio.create_task_group() as tasks:
            for conversation in list(self._conversations):
                tasks.start_soon(conversation.finish)

    async def publish(self, change: Change) -> None:
        """Tell every peer that listens of a change."""
        for conversation in list(self._conversations):
            await conversation.tell(change)

    async def serve_stdio(self, *, document_bytes_max: int = DOCUMENT_BYTES_MAX) -> None:
        """Serve one client on this process's standard input and output, until it ends."""
        from vtmcp.transports.stdio import standard_channel  # noqa: PLC0415 - only where used

        async with standard_channel(document_bytes_max=document_bytes_max) as channel:
            await _run_until_signal(self.conversation(channel))

    def run_http(
        self,
        options: "WebOptions",
        *,
        closing: Callable[[], Awaitable[None]] | None = None,
        beside: Beside = nullcontext,
    ) -> None:
        """Serve any number of clients over HTTP, until SIGTERM or SIGINT.

        `closing` and `beside` are as for `run_stdio`. Raises
        `vtmcp.transports.binding.ListenError` when that is impossible.
        """
        from vtmcp.web import Web, serve_until_signal  # noqa: PLC0415 - only where used

        async def main() -> None:
            try:
                async with beside():
                    await serve_until_signal(Web(self, options))
            finally:
                if closing is not None:
                    await closing()

        anyio.run(main)

    def run_stdio(
        self,
        *,
        document_bytes_max: int = DOCUMENT_BYTES_MAX,
        closing: Callable[[], Awaitable[None]] | None = None,
        beside: Beside = nullcontext,
    ) -> None:
        """`serve_stdio` in an event loop of its own; returns at end of input or SIGTERM.

        What `beside` makes is entered before anything is served and left when all of it has
        ended: for what runs meanwhile. `closing` is awaited last, to let go of what the handlers
        hold.
        """

        async def main() -> None:
            async with beside():
                await self.serve_stdio(document_bytes_max=document_bytes_max)
            if closing is not None:
                await closing()

        anyio.run(main)


async def _run_until_signal(conversation: Conversation) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_stop_on_signal, conversation)
        await conversation.run()
        tasks.cancel_scope.cancel()


async def _stop_on_signal(conversation: Conversation) -> None:
    from signal import SIGINT, SIGTERM  # noqa: PLC0415 - an enum already loaded by asyncio

    try:
        with anyio.open_signal_receiver(SIGINT, SIGTERM) as signals:
            async for _ in signals:
                conversation.stop()
                return
    except NotImplementedError:
        # Windows has no such receiver: there the end of input is the only orderly end.
        return
