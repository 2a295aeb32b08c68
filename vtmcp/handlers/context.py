"""What a handler may do besides returning: tell progress, log, ask the client, announce changes.

One face for all revisions: `ask` sends a request in the legacy eras and, in the stateless one,
ends the call with `input_required` and finds the answer when the client calls again. So a
handler that asks is run again from its top, and must do nothing twice before its last answer.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from vtmcp.handlers.rules import NoRules, Rules
from vtmcp.protocol.actions import Call
from vtmcp.protocol.errors import LocalProtocolError, MissingCapability, ToolError
from vtmcp.protocol.messages import Json
from vtmcp.protocol.questions import Question
from vtmcp.protocol.results import InputRequired
from vtmcp.protocol.subscriptions import Change

if TYPE_CHECKING:
    from vtmcp.protocol.trace_context import TraceContext

NO_RULES = NoRules()


class Peer(Protocol):
    """The client's side of a conversation, as a call sees it."""

    async def progress(
        self, call: Call, progress: float, total: float | None, message: str | None
    ) -> None: ...

    async def log(self, call: Call, level: str, data: Any, logger: str | None) -> None: ...

    async def ask(self, call: Call, method: str, params: Json) -> Json: ...

    async def publish(self, change: Change) -> None: ...

    async def release(self, call: Call) -> None: ...


class Context:
    """One call, from its handler's side.

    `answers` are those of earlier rounds, verified; `responses` those that came with this one.
    """

    def __init__(
        self,
        call: Call,
        peer: Peer,
        *,
        answers: Json | None = None,
        responses: Json | None = None,
        caller: str = "",
        rules: Rules = NO_RULES,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.call = call
        self.caller = caller
        """Who calls, by the name that the transport let it in under; empty for anyone."""
        self.rules = rules
        self.resumed = answers is not None
        """Whether the client came back with a state that this server sealed."""
        self._peer = peer
        self._headers = headers
        self._is_traced = False
        self._trace: TraceContext | None = None
        self._answers = answers or {}
        self._responses = responses or {}
        self._asked: dict[str, tuple[str, Json]] = {}

    @property
    def meta(self) -> Json:
        """The request's `_meta`; empty where there is none."""
        meta = self.call.params.get("_meta")
        return meta if isinstance(meta, dict) else {}

    def header_values(self, name: str) -> list[str]:
        """The values of a header of the HTTP request that the call came by, each line one.

        The name is in lower case. Elsewhere than over HTTP there are none.
        """
        return [value for found, value in self._headers if found == name]

    @property
    def trace(self) -> "TraceContext | None":
        """The place in a trace that the client gave the call (W3C trace context), if it did.

        Whoever records a span of its own for the call puts that in its place.
        """
        if not self._is_traced:
            self.trace = self._given_trace()
        return self._trace

    @trace.setter
    def trace(self, trace: "TraceContext | None") -> None:
        self._trace, self._is_traced = trace, True

    async def progress(
        self, progress: float, *, total: float | None = None, message: str | None = None
    ) -> None:
        """Tell how far the call is. Nothing is sent unless the client asked for it."""
        await self._peer.progress(self.call, progress, total, message)

    async def log(self, level: str, data: Any, *, logger: str | None = None) -> None:
        """Log to the client; `level` is an RFC 5424 name, `data` any JSON value."""
        await self._peer.log(self.call, level, data, logger)

    async def publish(self, change: Change) -> None:
        """Announce a changed list or resource to everyone who listens."""
        await self._peer.publish(change)

    async def release(self) -> None:
        """Let go of the connection while the call goes on, where the client can come back for
        what is said meanwhile (2025-11-25, Streamable HTTP with polling); else nothing."""
        await self._peer.release(self.call)

    def can_ask(self, question: Question) -> bool:
        """Whether this client can be asked that."""
        return question.askable(self.call.revision, self.call.client.capabilities)

    async def ask(self, question: Question, *, key: str = "answer") -> Json:
        """Ask the client and return its answer; `key` names the question within the call.

        Raises `MissingCapability` when the client cannot be asked, `ToolError` when it fails.
        """
        return (await self.ask_all({key: question}))[key]

    async def ask_all(self, questions: Mapping[str, Question]) -> dict[str, Json]:
        """Ask several things at once and return the answers by key."""
        for key, question in questions.items():
            self._refuse_twice(key, question)
            if not self.can_ask(question):
                needed = ", ".join(question.needs)
                text = f"This needs a client that declares the capability: {needed}"
                raise MissingCapability(text, question.needs)
        if self.call.revision.modern:
            return self._collect(questions)
        return {key: await self._ask_now(question) for key, question in questions.items()}

    def _given_trace(self) -> "TraceContext | None":
        meta = self.meta
        if not self._headers and "traceparent" not in meta:
            return None
        from vtmcp.protocol.trace_context import from_request  # noqa: PLC0415 - patterns: 1 ms

        return from_request(meta, self.header_values)

    def _refuse_twice(self, key: str, question: Question) -> None:
        # In the stateless era the second question would find the first one's answer.
        asked = (question.method, question.params(self.call.revision))
        if self._asked.setdefault(key, asked) != asked:
            raise LocalProtocolError(f"two questions have the key {key!r}: name each answer apart")

    async def _ask_now(self, question: Question) -> Json:
        params = question.params(self.call.revision)
        answer = await self._peer.ask(self.call, question.method, params)
        try:
            return question.read(answer)
        except ValueError as error:
            text = f"The client's answer to {question.method} cannot be used: {error}"
            raise ToolError(text) from None

    def _collect(self, questions: Mapping[str, Question]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        missing: dict[str, Json] = {}
        for key, question in questions.items():
            answer = self._answers.get(key, self._responses.get(key))
            try:
                found[key] = question.read(answer)
            except ValueError:
                # An answer that is missing or unusable is asked for again (MRTR, 2026-07-28).
                request: Json = {"method": question.method}
                if params := question.params(self.call.revision):
                    request["params"] = params
                missing[key] = request
        self._answers = {**self._answers, **found}
        if missing:
            raise InputRequired(missing, self._answers)
        return found
