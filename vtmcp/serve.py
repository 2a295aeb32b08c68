"""One conversation: carry out the engine's actions on its channels. The one place that awaits.

    run        a channel that lasts (stdio, memory, legacy SSE): documents until its end
    exchange   one document that came in by a channel of its own (a POST), and all that follows

What is said of a request goes out on the channel that the request came in by; what belongs to no
request goes to `home`. Must not be here: a rule of the protocol (`protocol/engine`) or of a
method (`router`). Order is kept by three facts: actions are carried out in the order in which
they came, a call runs on its own, and only the engine decides whether what it says is still sent.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, assert_never

import anyio

from vtmcp.handlers.context import NO_RULES, Context
from vtmcp.handlers.rules import Rules
from vtmcp.protocol.actions import Action, Call, Cancel, Hold, Reply, Send
from vtmcp.protocol.engine import Engine
from vtmcp.protocol.errors import InternalError, RpcError, ToolError
from vtmcp.protocol.messages import Json, RequestId
from vtmcp.protocol.requests import read_object
from vtmcp.protocol.results import InputRequired
from vtmcp.protocol.session import Session
from vtmcp.protocol.subscriptions import Change
from vtmcp.protocol.versions import METHODS
from vtmcp.router import Outcome, Router
from vtmcp.states import RequestStates
from vtmcp.transports.base import Channel

if TYPE_CHECKING:
    from vtmcp.transports.http_values import Headers


class Limits(NamedTuple):
    """The bounds of one conversation."""

    calls_max: int = 256
    """Calls under way at once; each may hold an answer in memory."""
    room_wait_s: float = 0.25
    """How long a call beyond `calls_max` waits for a place before it is refused."""
    ask_timeout_s: float = 300.0
    """How long a client, or the person before it, may take to answer."""
    shutdown_s: float = 1.0
    """How long running calls may go on when the conversation ends."""


class Conversation:
    """One peer. `home` is the channel for what belongs to no request, while there is one."""

    def __init__(
        self,
        engine: Engine,
        router: Router,
        home: Channel | None = None,
        *,
        states: RequestStates,
        caller: str = "",
        rules: Rules = NO_RULES,
        limits: Limits = Limits(),  # noqa: B008 - immutable
        everyone: "set[Conversation] | None" = None,
    ) -> None:
        self.engine = engine
        self.home = home
        self._router = router
        self._states = states
        self._caller = caller
        self._rules = rules
        self._limits = limits
        self._everyone = {self} if everyone is None else everyone
        self._places: dict[RequestId, _Place] = {}
        self._running = 0
        self._waiting: dict[RequestId, _Waiter] = {}
        self._news: _Outbox | None = None
        self._receiving = anyio.CancelScope()
        self._freed = anyio.Event()
        self._full = False

    @property
    def session(self) -> Session:
        """The legacy session, as far as it is open."""
        return self.engine.session

    async def run(self) -> None:
        """Serve the peer at `home` until that channel ends; then end in good order."""
        home = self.home
        if home is None:
            return
        self.join()
        try:
            async with anyio.create_task_group() as tasks:
                self._news = _Outbox()
                tasks.start_soon(self._news.pump, home)
                with self._receiving:
                    while (document := await home.receive()) is not None:
                        for action in self.engine.receive(document):
                            await self._take(action, home, tasks)
                await self.finish()
                tasks.cancel_scope.cancel()
        finally:
            self.leave()

    async def exchange(self, value: Any, channel: Channel) -> None:
        """Take one decoded document; return when all that it began has ended."""
        begun: list[Call | Hold] = []
        for action in self.engine.receive_value(value):
            if isinstance(action, Call | Hold):
                begun.append(action)
            else:
                await self._carry_out(action, channel)
        if len(begun) == 1:
            await self._begin(begun[0], channel)
        elif begun:
            async with anyio.create_task_group() as tasks:
                for action in begun:
                    tasks.start_soon(self._begin, action, channel)

    def stop(self) -> None:
        """Take no more documents; `run` ends within `shutdown_s`."""
        self._receiving.cancel()

    def join(self) -> None:
        """Be told of changes from now on."""
        self._everyone.add(self)

    def leave(self) -> None:
        """Be told of changes no longer."""
        self._everyone.discard(self)

    async def finish(self) -> None:
        """End in good order: running calls get `shutdown_s`, subscriptions their result."""
        for waiter in self._waiting.values():
            waiter.settle(None)
        with anyio.move_on_after(self._limits.shutdown_s):
            while self._running:
                await self._next_end()
        with anyio.move_on_after(self._limits.shutdown_s):
            for action in self.engine.close():
                await self._carry_out(action, self.home)
            while self._places:
                await self._next_end()

    # ---- what a call may say on the way (handlers.context.Peer) ---------------------------

    async def progress(
        self, call: Call, progress: float, total: float | None, message: str | None
    ) -> None:
        await self._send_all(self.engine.progress(call.id, progress, total, message))

    async def log(self, call: Call, level: str, data: Any, logger: str | None) -> None:
        await self._send_all(self.engine.log(call.id, level, data, logger))

    async def publish(self, change: Change) -> None:
        for conversation in list(self._everyone):
            await conversation.tell(change)
        # Whoever reads hears of it before the answer of the call that it came from.
        await anyio.lowlevel.checkpoint()

    async def tell(self, change: Change) -> None:
        """Tell this peer of a change, if it listens. Never waits for one that does not read."""
        for action in self.engine.publish(change):
            if not isinstance(action, Send):
                continue
            if action.about is None and self._news is not None:
                self._news.put(action)
            else:
                await self._send(action, self.home)

    async def release(self, call: Call) -> None:
        if (place := self._places.get(call.id)) is not None:
            await place.channel.release()

    async def ask(self, call: Call, method: str, params: Json) -> Json:
        ask_id, document = self.engine.ask(call.id, method, params)
        waiter = self._waiting[ask_id] = _Waiter()
        try:
            await self._send_all([document])
            with anyio.move_on_after(self._limits.ask_timeout_s):
                await waiter.event.wait()
                return waiter.result(method)
        finally:
            del self._waiting[ask_id]
        reason = f"no answer within {self._limits.ask_timeout_s:g} s"
        await self._send_all(self.engine.withdraw(ask_id, call.id, reason))
        raise ToolError(f"The client gave {reason} to {method}")

    # ---- actions ------------------------------------------------------------------------

    async def _take(self, action: Action, channel: Channel, tasks: anyio.abc.TaskGroup) -> None:
        match action:
            case Call():
                if await self._has_room(action):
                    tasks.start_soon(self._run, action, channel, self._place(action, channel))
            case Hold():
                tasks.start_soon(self._hold, action, channel, self._place(action, channel))
            case _:
                await self._carry_out(action, channel)

    async def _begin(self, action: Call | Hold, channel: Channel) -> None:
        if isinstance(action, Hold):
            await self._hold(action, channel, self._place(action, channel))
        elif await self._has_room(action):
            await self._run(action, channel, self._place(action, channel))

    async def _carry_out(
        self, action: Send | Cancel | Reply | Call | Hold, channel: Channel | None
    ) -> None:
        match action:
            case Send():
                await self._send(action, channel)
            case Cancel():
                if (place := self._places.get(action.id)) is not None:
                    place.scope.cancel()
                    if place.outbox is not None:
                        # Its id may be in use again before its task has ended.
                        del self._places[action.id]
            case Reply():
                if (waiter := self._waiting.get(action.id)) is not None:
                    waiter.settle(action)
            case Call() | Hold():
                raise AssertionError(action)
            case _:
                assert_never(action)

    def _place(self, action: Call | Hold, channel: Channel) -> "_Place":
        outbox = _Outbox() if isinstance(action, Hold) else None
        place = self._places[action.id] = _Place(
            anyio.CancelScope(), channel, outbox, channel.request_headers
        )
        self._running += isinstance(action, Call)
        return place

    async def _has_room(self, call: Call) -> bool:
        if self._running < self._limits.calls_max or await self._room():
            return True
        text = f"Busy: {self._limits.calls_max} calls are under way; wait for one and try again"
        await self._send_all(self.engine.fail(call.id, InternalError(text)))
        return False

    async def _room(self) -> bool:
        # Quick calls free a place in no time; slow ones must not hold up pings and cancellations,
        # so the wait is short and, once it was in vain, not repeated until a call has ended.
        if self._full:
            return False
        with anyio.move_on_after(self._limits.room_wait_s):
            await self._next_end()
        self._full = self._running >= self._limits.calls_max
        return not self._full

    async def _run(self, call: Call, channel: Channel, place: "_Place") -> None:
        outcome: Outcome | None = None
        try:
            with place.scope:
                outcome = await self._outcome(call, place)
            if outcome is not None:
                # Not within the scope: an answer that is being sent cannot be cancelled any more.
                await self._send_all(self._conclude(call, outcome), channel)
        finally:
            # The call keeps its place until its answer is sent, so that answers that nobody reads
            # are bounded too. The id of an answered call may already be in use again.
            if self._places.get(call.id) is place:
                del self._places[call.id]
            self._running -= 1
            self._full = False
            self._freed.set()

    async def _hold(self, held: Hold, channel: Channel, place: "_Place") -> None:
        known = self in self._everyone
        self.join()
        try:
            with place.scope:
                if place.outbox is not None:
                    await place.outbox.pump(channel)
        finally:
            if not known:
                self.leave()
            if self._places.get(held.id) is place:
                del self._places[held.id]
            self._freed.set()

    async def _outcome(self, call: Call, place: "_Place") -> Outcome:
        try:
            context = self._context(call, place)
        except RpcError as error:
            return error
        return await self._router.handle(context)

    def _context(self, call: Call, place: "_Place") -> Context:
        answers = responses = None
        if call.revision.modern and METHODS[call.method].resumable:
            responses = read_object(call.params, "inputResponses")
            if "requestState" in call.params:
                answers = self._states.unseal(call, call.params["requestState"], self._caller)
        return Context(
            call,
            self,
            answers=answers,
            responses=responses,
            caller=self._caller,
            rules=self._rules,
            headers=place.headers,
        )

    def _conclude(self, call: Call, outcome: Outcome) -> Sequence[Action]:
        if isinstance(outcome, InputRequired):
            try:
                state = self._states.seal(call, outcome.answers, self._caller)
            except RpcError as error:
                return self.engine.fail(call.id, error)
            return self.engine.pause(call.id, outcome, state)
        if isinstance(outcome, RpcError):
            return self.engine.fail(call.id, outcome)
        return self.engine.answer(call.id, outcome)

    async def _next_end(self) -> None:
        if self._freed.is_set():
            self._freed = anyio.Event()
        await self._freed.wait()

    async def _send_all(self, actions: Iterable[Action], channel: Channel | None = None) -> None:
        for action in actions:
            if isinstance(action, Send):
                await self._send(action, channel or self.home)

    async def _send(self, send: Send, channel: Channel | None) -> None:
        place = None if send.about is None else self._places.get(send.about)
        if place is not None and place.outbox is not None:
            place.outbox.put(send)
            return
        if place is not None:
            channel = place.channel
        if channel is not None:
            await channel.send(send.document, send.about, send.reply)


class _Outbox:
    """What is to be told to a peer that listens, for a task of its own to send.

    Whoever publishes a change does not wait for peers that do not read, and what was not sent yet
    is not said twice: so no more waits than there are things to hear of.
    """

    def __init__(self) -> None:
        self._waiting: dict[bytes, Send] = {}
        self._filled = anyio.Event()

    def put(self, send: Send) -> None:
        self._waiting[send.document] = send
        self._filled.set()

    async def pump(self, channel: Channel) -> None:
        """Send what is put in, up to the answer that ends the request, if one comes."""
        while True:
            await self._filled.wait()
            self._filled = anyio.Event()
            while self._waiting:
                send = self._waiting.pop(next(iter(self._waiting)))
                await channel.send(send.document, send.about, send.reply)
                if send.reply is not None:
                    return


class _Place(NamedTuple):
    """Where a request under way is: what cancels it, and where it came in."""

    scope: anyio.CancelScope
    channel: Channel
    outbox: "_Outbox | None"
    """Of a subscription; what a call says on the way is sent at once, and the call waits for it."""
    headers: "Headers"
    """Those that the request came with: the channel of a session brings others later."""


class _Waiter:
    """Somebody who waits for the client's answer."""

    def __init__(self) -> None:
        self.event = anyio.Event()
        self._reply: Reply | None = None

    def settle(self, reply: Reply | None) -> None:
        self._reply = reply
        self.event.set()

    def result(self, method: str) -> Json:
        if self._reply is None:
            raise ToolError(f"The client went away before it answered {method}")
        if self._reply.result is None:
            raise ToolError(f"The client refused {method}: {_error_text(self._reply.error)}")
        return self._reply.result


def _error_text(error: Json | None) -> str:
    message = (error or {}).get("message")
    return message[:500] if isinstance(message, str) else "no reason given"
