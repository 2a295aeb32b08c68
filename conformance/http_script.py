"""The steps of a conversation that speak of HTTP itself: requests, answers, open streams.

Must not be here: messages that any transport carries (`conversation`), and how an exchange runs
(`http_exchange`).
"""

import json
from collections.abc import Callable
from typing import assert_never

import anyio

from vtmcp.conformance.http_exchange import TEXT_MAX, Request, Stream
from vtmcp.conformance.http_headers import headers_for
from vtmcp.conformance.http_peer import HttpPeer
from vtmcp.conformance.notation import read_bytes
from vtmcp.conformance.patterns import Json, fill, mismatch, shown
from vtmcp.conformance.sse_peer import SsePeer
from vtmcp.conformance.steps import Answer, Ask, Counted, Drop, Ends, Event, HttpStep, Silent

COPY_S = 0.2
"""How long a message that must come once is given to come a second time."""

AGAIN_S = 0.1
"""The pause before a request is made again, `until` its answer fits."""


class ConversationError(Exception):
    """The conversation did not go as it must; the text says where."""


class HttpScript:
    """Carries out the steps of HTTP for one conversation.

    `complete` adds what each message of the case's era needs; `forbid` looks at each message.
    """

    def __init__(
        self,
        peer: HttpPeer | SsePeer,
        captured: dict[str, Json],
        *,
        step_s: float,
        complete: Callable[[Json, str], Json],
        forbid: Callable[[Json], None],
    ) -> None:
        self._peer = peer
        self._captured = captured
        self._step_s = step_s
        self._complete = complete
        self._forbid = forbid
        self._last = Stream()
        self._streams: dict[str, Stream] = {}
        self._unseen: list[Stream] = []
        captured |= {"origin": peer.address.origin, "endpoint": peer.address.path}
        captured["token"] = peer.authorization().partition(" ")[2].strip()

    async def carry_out(self, step: HttpStep) -> None:
        """Do one step.

        Raises:
            ConversationError: when it does not go as it must.
        """
        match step:
            case Ask():
                await self._ask(step)
            case Answer():
                self._look_at_answer(step.patterns)
            case Event():
                await self._event(step)
            case Drop():
                self._peer.note(f"close {step.name}")
                self._stream(step.name).scope.cancel()
                await self._ended(step.name)
            case Ends():
                await self._ended(step.name)
            case Silent():
                self._silent(step)
            case Counted():
                await self._counted(step)
            case _:
                assert_never(step)
        self.look()

    def look(self) -> None:
        """Hold the messages that have come on open streams against what must never be said.

        Raises:
            ConversationError: when one of them must not have come.
        """
        for stream in self._unseen:
            unseen, stream.unseen = stream.unseen, []
            for message in unseen:
                self._forbid(message)

    async def _ask(self, step: Ask) -> None:
        """Ask once, or again and again until the answer fits."""
        if self._peer.standing.session_id is not None:
            self._captured["session"] = self._peer.standing.session_id
        until = step.request.get("until")
        with anyio.move_on_after(self._step_s):
            while True:
                await self._ask_once(step)
                if until is None or not mismatch(until, self._last.head, dict(self._captured)):
                    return
                await anyio.sleep(AGAIN_S)
        if until is None:
            raise ConversationError(f"waited {self._step_s:g} s for the answer")

    async def _ask_once(self, step: Ask) -> None:
        stream = self._last = Stream()
        self._unseen.append(stream)
        request = self._request(step)
        self._peer.tasks.start_soon(stream.run, self._peer, request)
        if step.name:
            self._streams[step.name] = stream
        if not step.request.get("wait", True):
            return
        await (stream.has_head if step.name else stream.has_ended).wait()
        if stream.problem:
            raise ConversationError(f"{stream.problem}, while waiting for the answer")

    def _request(self, step: Ask) -> Request:
        written = step.request
        method = written.get("method", "POST")
        message = written.get("message")
        said = None if message is None else self._complete(message, written.get("era", ""))
        paths = fill(written.get("path", ""), self._captured)
        request = Request(
            method=method,
            paths=tuple(paths) if isinstance(paths, list) else (paths,),
            headers=self._headers(written.get("headers", {}), said, method),
            body=self._body(written, said),
            said=said,
            stays_open=bool(step.name),
        )
        self._tell(request, written.get("headers", {}))
        return request

    def _body(self, written: dict[str, Json], said: Json) -> bytes:
        if "text" in written:
            return read_bytes(str(fill(written["text"], self._captured)))
        return b"" if said is None else json.dumps(said, ensure_ascii=False).encode()

    def _headers(self, written: dict[str, Json], said: Json, method: str) -> dict[str, str]:
        """Those of the message, but for those that the vector writes itself or leaves out."""
        if isinstance(self._peer, SsePeer):
            usual = {"Content-Type": "application/json"}
        else:
            usual = headers_for(said, self._peer.standing)
        if method != "POST":
            usual.pop("Content-Type", None)
            usual["Accept"] = "text/event-stream" if method == "GET" else "*/*"
        # What is left out must not come back by the user's own headers.
        names = {name.lower() for name in written}
        kept = self._peer.with_extra(usual)
        kept = {name: value for name, value in kept.items() if name.lower() not in names}
        return {**kept, **fill(written, self._captured)}

    def _tell(self, request: Request, written: dict[str, Json]) -> None:
        paths = " or ".join(path or self._peer.address.path for path in request.paths)
        words = [f"> {request.method} {paths}"]
        words += [f"{name}: {value}" for name, value in written.items()]
        body = request.body.decode("utf-8", "replace")[:TEXT_MAX]
        self._peer.transcript.append("; ".join([*words, body]))

    def _look_at_answer(self, patterns: tuple[Json, ...]) -> None:
        head = self._last.head
        problems = [mismatch(pattern, head, self._captured) for pattern in patterns]
        if "" not in problems:
            raise ConversationError(
                f"{'; nor: '.join(problems)}\n  wanted {shown(list(patterns))}\n"
                f"  got    {shown(head, 1200)}"
            )

    async def _event(self, step: Event) -> None:
        """Pass over notifications and events without data until one fits."""
        stream = self._stream(step.name)
        skipped = ""
        with anyio.move_on_after(self._step_s):
            while True:
                event = await self._next(stream, step, skipped)
                problem = mismatch(step.pattern, event, self._captured)
                if not problem:
                    return
                if _is_of_account(event.get("message")):
                    raise ConversationError(f"{problem}\n  got {shown(event)}")
                skipped = f"; passed over: {shown(event)} ({problem})"
        wanted = f"{shown(step.pattern)} on {step.name}"
        raise ConversationError(f"waited {self._step_s:g} s for {wanted}{skipped}")

    async def _next(self, stream: Stream, step: Event, skipped: str) -> Json:
        while not stream.events:
            if stream.has_ended.is_set():
                text = f"{step.name} has ended, while waiting for {shown(step.pattern)}{skipped}"
                raise ConversationError(f"{text}; {stream.problem}" if stream.problem else text)
            await stream.has_more.wait()
        return stream.events.pop(0)

    def _silent(self, step: Silent) -> None:
        said = [event for event in self._stream(step.name).events if "message" in event]
        if said:
            raise ConversationError(f"nothing may come on {step.name}, there is {shown(said)}")

    async def _counted(self, step: Counted) -> None:
        """Wait for the message, then a little for one too many."""
        streams = [self._stream(name) for name in step.names]

        def count() -> int:
            events = [event for stream in streams for event in stream.events]
            messages = [event.get("message") for event in events]
            return sum(not mismatch(step.message, one, self._captured) for one in messages)

        with anyio.move_on_after(self._step_s):
            while count() < step.times:
                await anyio.sleep(AGAIN_S)
        await anyio.sleep(COPY_S)
        if count() != step.times:
            where = ", ".join(step.names)
            raise ConversationError(
                f"{count()} messages, not {step.times}, on {where}: {shown(step.message)}"
            )

    async def _ended(self, name: str) -> None:
        with anyio.move_on_after(self._step_s):
            await self._stream(name).has_ended.wait()
            return
        raise ConversationError(f"waited {self._step_s:g} s for the end of {name}")

    def _stream(self, name: str) -> Stream:
        if name not in self._streams:
            raise ConversationError(f"the vector has no stream {name!r}")
        return self._streams[name]


def _is_of_account(message: Json) -> bool:
    """Whether it is an answer or a question: those are not passed over."""
    return isinstance(message, dict) and ("id" in message or "method" not in message)
