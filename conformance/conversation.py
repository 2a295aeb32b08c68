"""Play one conversation with one server: say the client's lines, hold the answers against it.

Must not be here: how the lines are written down (`vectors`), which conversations are played and
how they are reported (`runner`).
"""

import json
from collections import deque
from typing import Any, NamedTuple, Protocol, assert_never

import anyio

from vtmcp.conformance.completing import CLIENT, completed
from vtmcp.conformance.http_peer import HttpPeer
from vtmcp.conformance.http_script import ConversationError, HttpScript
from vtmcp.conformance.patterns import (
    ABSENT,
    ABSENT_OR_NULL,
    Json,
    PatternError,
    is_of_array,
    mismatch,
    shown,
)
from vtmcp.conformance.peer import Peer, PeerClosedError, Refused
from vtmcp.conformance.sse_peer import SsePeer
from vtmcp.conformance.stdio_peer import StdioPeer
from vtmcp.conformance.steps import (
    Answer,
    Ask,
    Close,
    Counted,
    Drop,
    Ends,
    Event,
    Exits,
    Expect,
    Never,
    Open,
    Quiet,
    Say,
    SayRaw,
    Silent,
    Step,
    Terminate,
)
from vtmcp.conformance.vectors import LEGACY, MODERN, Case
from vtmcp.conformance.wire import Asked, BrokenRuleError, Wire, messages_of, subscription_of


class SchemaCheck(Protocol):
    """What holds a message of the server against the official schema of a revision."""

    def problem(self, revision: str, message: Json, asked: Asked | None) -> str: ...


class Limits(NamedTuple):
    """How long a server may take, in seconds."""

    step_s: float = 10.0
    exit_s: float = 5.0


class Conversation:
    """One case, played on one fresh server."""

    def __init__(self, case: Case, peer: Peer, limits: Limits, schemas: SchemaCheck | None) -> None:
        self._peer = peer
        self._limits = limits
        self._schemas = schemas
        self._revision = case.revision
        self._agreed = LEGACY[-1] if case.revision == MODERN else case.revision
        self._steps = case.vector.steps
        self._capabilities: dict[str, Json] = {}
        self._captured: dict[str, Json] = {"revision": case.revision}
        self._wire = Wire()
        self._waiting: deque[Json | Refused] = deque()
        self._nevers: list[Json] = []
        self._tolerated: list[Json] = []
        self._questions = 0
        self._script = self._new_script()

    @property
    def transcript(self) -> list[str]:
        """What both sides have said."""
        return self._peer.transcript

    async def play(self) -> None:
        """Carry out all steps, then close the server's input and look at what else it says.

        Raises:
            ConversationError: with the reason.
        """
        try:
            for step in self._steps:
                with anyio.fail_after(self._limits.step_s + self._limits.exit_s):
                    await self._carry_out(step)
            await self._peer.close_input()
            with anyio.move_on_after(self._limits.exit_s):
                await self._read_to_the_end()
            if self._script is not None:
                self._script.look()
        except (BrokenRuleError, PeerClosedError, PatternError) as error:
            raise ConversationError(str(error)) from error
        except TimeoutError as error:
            raise ConversationError(
                f"no end of the step after {self._limits.step_s:g} s"
            ) from error

    async def _carry_out(self, step: Step) -> None:
        match step:
            case Open():
                await self._open(step.capabilities)
            case Say():
                await self._say(self._completed(step.message, step.era))
            case SayRaw():
                await self._send(step.document)
            case Expect():
                await self._expect(step)
            case Never():
                self._nevers.append(step.pattern)
            case Quiet():
                await self._quiet()
            case Close():
                self._note("close", "")
                await self._peer.close_input()
            case Terminate():
                self._note("terminate", "")
                self._process().terminate()
            case Exits():
                await self._exits()
            case Ask() | Answer() | Event() | Drop() | Ends() | Silent() | Counted():
                assert self._script is not None
                await self._script.carry_out(step)
            case _:
                assert_never(step)

    def _new_script(self) -> HttpScript | None:
        if not isinstance(self._peer, HttpPeer | SsePeer):
            return None
        return HttpScript(
            self._peer,
            self._captured,
            step_s=self._limits.step_s,
            complete=self._completed,
            forbid=self._forbid,
        )

    def _process(self) -> StdioPeer:
        """The server as a process; only vectors for standard input and output ask for it."""
        assert isinstance(self._peer, StdioPeer)
        return self._peer

    async def _open(self, capabilities: dict[str, Json]) -> None:
        self._capabilities = capabilities
        if self._revision == MODERN:
            return
        params = {
            "protocolVersion": self._revision,
            "capabilities": capabilities,
            "clientInfo": CLIENT,
        }
        await self._say({"jsonrpc": "2.0", "id": "open", "method": "initialize", "params": params})
        answer = {"id": "open", "result": {"protocolVersion": self._revision}}
        await self._expect(Expect((answer,), "next"))
        await self._say({"jsonrpc": "2.0", "method": "notifications/initialized"})

    async def _quiet(self) -> None:
        """What came before must have been answered by now, or will never be."""
        self._questions += 1
        request_id = f"quiet-{self._questions}"
        method = "server/discover" if self._revision == MODERN else "ping"
        await self._say(self._completed({"id": request_id, "method": method}, ""))
        await self._expect(Expect(({"id": request_id, "result": {}},), "next"))

    def _completed(self, message: Json, era: str) -> Json:
        is_modern = (era or ("modern" if self._revision == MODERN else "legacy")) == "modern"
        return completed(
            message, self._captured, capabilities=self._capabilities, is_modern=is_modern
        )

    async def _say(self, message: Json) -> None:
        await self._send(json.dumps(message, ensure_ascii=False).encode() + b"\n")

    async def _send(self, document: bytes) -> None:
        self._note(">", document.decode("utf-8", "replace").rstrip("\n"))
        self._wire.sent(document)
        await self._peer.send(document)

    async def _expect(self, step: Expect) -> None:
        if step.how == "maybe":
            self._tolerated.extend(step.patterns)
            return
        open_patterns = list(step.patterns)
        skipped = ""
        while open_patterns:
            message = await self._receive(open_patterns, skipped)
            if isinstance(message, Refused):
                at = self._refused(message, open_patterns)
                if at < 0:
                    continue
                del open_patterns[at]
                if step.how == "either":
                    return
                continue
            problems = [mismatch(wish, message, self._captured) for wish in open_patterns]
            if "" in problems:
                del open_patterns[problems.index("")]
                if step.how == "either":
                    return
            elif _is_notification(message):
                skipped = f"; passed over: {shown(message)} ({problems[0]})"
            elif not self._is_tolerated(message):
                nearest = _nearest(message, open_patterns, problems)
                raise ConversationError(
                    f"{nearest}\n  wanted {shown(open_patterns)}\n  got    {shown(message)}"
                )

    async def _receive(self, wanted: list[Json], skipped: str) -> Json | Refused:
        """Return the next message; it is named in the failure when it does not come."""
        try:
            with anyio.fail_after(self._limits.step_s):
                return await self._next(wanted)
        except TimeoutError as error:
            text = f"waited {self._limits.step_s:g} s for {shown(wanted)}{skipped}"
            raise ConversationError(text) from error
        except PeerClosedError as error:
            raise ConversationError(
                f"{error}, while waiting for {shown(wanted)}{skipped}"
            ) from error

    async def _next(self, wanted: list[Json]) -> Json | Refused:
        """Read lines until there is a message to look at; a batch stays whole if wanted."""
        while True:
            if self._waiting:
                return self._waiting.popleft()
            line = await self._peer.receive()
            if isinstance(line, Refused):
                self._note("<", str(line))
                return line
            self._note("<", line.decode("utf-8", "replace"))
            value = self._wire.read(line)
            for message in messages_of(value):
                await self._check(message)
            if isinstance(value, list):
                if self._revision != "2025-03-26":
                    raise ConversationError(
                        f"{self._revision} has no batches, the server sent {shown(value)}"
                    )
                whole = any(map(is_of_array, wanted))
                self._waiting.extend([value] if whole else value)
            elif value.get("method") != "ping":
                self._waiting.append(value)

    async def _check(self, message: Any) -> None:
        asked = self._wire.received(message)
        if message.get("method") == "ping" and "id" in message:
            await self._say({"jsonrpc": "2.0", "id": message["id"], "result": {}})
        self._forbid(message)
        if self._schemas is not None:
            revision = self._revision_of(message, asked)
            if problem := self._schemas.problem(revision, message, asked):
                text = f"against the schema of {revision}: {problem}\n  {shown(message)}"
                raise ConversationError(text)

    def _forbid(self, message: Json) -> None:
        for pattern in self._nevers:
            if not mismatch(pattern, message, dict(self._captured)):
                raise ConversationError(
                    f"the server must never say {shown(pattern)}, it said {shown(message)}"
                )

    def _revision_of(self, message: Json, asked: Asked | None) -> str:
        """A session has the revision that was agreed; requests of 2026-07-28 have their own."""
        if (asked is not None and asked.is_modern) or subscription_of(message) is not None:
            return MODERN
        if asked is not None and asked.method == "initialize" and "result" in message:
            self._agreed = str(message["result"].get("protocolVersion"))
        if asked is None and not self._wire.has_session:
            return self._revision
        return self._agreed

    def _refused(self, refusal: Refused, wanted: list[Json]) -> int:
        """Which wanted pattern a bare status of HTTP stands for; -1 for one that is let pass.

        Raises:
            ConversationError: when it stands for none.
        """
        for at, pattern in enumerate(wanted):
            if _stands_for_error(refusal, pattern):
                return at
        for pattern in self._tolerated:
            if _stands_for_error(refusal, pattern):
                self._tolerated.remove(pattern)
                return -1
        raise ConversationError(f"{refusal}\n  wanted {shown(wanted)}")

    def _is_tolerated(self, message: Json) -> bool:
        for pattern in self._tolerated:
            if not mismatch(pattern, message, self._captured):
                self._tolerated.remove(pattern)
                return True
        return False

    async def _exits(self) -> None:
        with anyio.move_on_after(self._limits.exit_s):
            await self._read_to_the_end()
            code = await self._process().wait()
            self._note("exit", str(code))
            return
        raise ConversationError(f"the server has not ended after {self._limits.exit_s:g} s")

    async def _read_to_the_end(self) -> None:
        """What is still to come must keep the rules, too."""
        while True:
            try:
                await self._next([])
            except PeerClosedError:
                return

    def _note(self, mark: str, text: str) -> None:
        self.transcript.append(f"{mark} {text if len(text) <= 2000 else text[:2000] + ' ...'}")


def _is_notification(message: Json) -> bool:
    return isinstance(message, dict) and "method" in message and "id" not in message


def _stands_for_error(refusal: Refused, pattern: Json) -> bool:
    """A session's revision leaves the body of a refusal open; 2026-07-28 does so only where there
    is no request to name.
    """
    if not isinstance(pattern, dict) or "error" not in pattern:
        return False
    wanted_id = pattern.get("id", ABSENT_OR_NULL)
    return not refusal.is_modern or wanted_id in (ABSENT, ABSENT_OR_NULL)


def _nearest(message: Json, wanted: list[Json], problems: list[str]) -> str:
    """The problem of the pattern that the message was most likely meant for."""
    for pattern, problem in zip(wanted, problems, strict=True):
        both = isinstance(pattern, dict) and isinstance(message, dict)
        if both and "id" in pattern and pattern["id"] == message.get("id"):
            return problem
    return problems[0]
