"""A server over Streamable HTTP: each message a POST, what comes back in one queue.

It is as patient as a good client: any success is an acknowledgement, an answer may be a document
or a stream. What a status must be, vectors say (`http_script`). Must not be here: what the
messages mean.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskGroup

from vtmcp.conformance.endpoint import Endpoint, events_of
from vtmcp.conformance.events import EventTooLongError
from vtmcp.conformance.http_client import Address, Reply
from vtmcp.conformance.http_headers import Standing, headers_for, modern_version, session_headers
from vtmcp.conformance.patterns import Json, same
from vtmcp.conformance.peer import PeerClosedError, Refused
from vtmcp.conformance.posting import Posting, read_json

SETTLE_S = 0.1
"""How long saying waits for the first word of an answer, so that the server has begun with one
message before it is sent the next."""

ACKNOWLEDGE_S = 5.0
"""How long the acknowledgement of a notification or of an answer is waited for."""

LISTEN_S = 1.0
"""How long the head of the stream for what belongs to no request is waited for."""

RESUME_MAX = 10
"""How often one answer is asked for again after the server closed its stream."""

POLLING = "2025-11-25"
"""The revision whose servers may close a stream and be asked for the rest."""

WAITING_MAX = 10_000
"""Messages read ahead of the conversation; a server that floods is read no further."""


class HttpPeer(Endpoint):
    """One conversation at one endpoint. Made by `opened`.

    With `listens` the stream for what belongs to no request is opened after the handshake, where
    the server has one.
    """

    def __init__(
        self,
        address: Address,
        headers: Mapping[str, str],
        tasks: TaskGroup,
        *,
        is_modern: bool,
        listens: bool,
    ) -> None:
        super().__init__(address, headers, tasks, Standing(is_modern))
        self.offers_stream = False
        self.offers_event_ids = False
        self._listens = listens
        self._postings: list[Posting] = []
        self._push, self._pull = anyio.create_memory_object_stream[
            bytes | Refused | PeerClosedError
        ](WAITING_MAX)

    async def send(self, document: bytes) -> None:
        """POST a message; in the modern era, cancel a request by closing its answer."""
        posting = Posting(document.removesuffix(b"\n"))
        if self._closed_by(posting.said):
            return
        self._postings.append(posting)
        self.tasks.start_soon(self._post, posting)
        limit_s = ACKNOWLEDGE_S if posting.needs_no_answer else SETTLE_S
        with anyio.move_on_after(limit_s):
            await posting.settled.wait()
        if posting.method == "notifications/initialized" and self._listens:
            await self._listen()

    async def receive(self) -> bytes | Refused:
        """Return the next thing the server says, on any stream."""
        try:
            received = await self._pull.receive()
        except anyio.EndOfStream as error:
            raise PeerClosedError("the conversation is closed") from error
        if isinstance(received, PeerClosedError):
            raise received
        return received

    async def close_input(self) -> None:
        """Close all streams and end the session."""
        for posting in self._postings:
            posting.scope.cancel()
        standing, self.standing = self.standing, Standing(self.standing.is_modern)
        if standing.session_id is not None:
            with anyio.move_on_after(LISTEN_S):
                await self.end_session(standing)
        self._push.close()

    async def end_session(self, standing: Standing) -> int:
        """Ask for the end of a session; return the status, 0 when there is none."""
        try:
            async with self.exchange("DELETE", "", session_headers(standing), b"") as reply:
                return reply.status
        except PeerClosedError:
            return 0

    def _closed_by(self, said: Json) -> bool:
        """Whether this cancels a request of the modern era that is on its way."""
        if not (isinstance(said, dict) and said.get("method") == "notifications/cancelled"):
            return False
        params = said.get("params")
        wanted = params.get("requestId") if isinstance(params, dict) else None
        for posting in self._postings:
            one = posting.said
            is_modern = isinstance(one, dict) and modern_version(one) is not None
            if is_modern and same(one.get("id"), wanted) and not posting.scope.cancel_called:
                self.note("close the stream of the request")
                posting.scope.cancel()
                return True
        return False

    async def _post(self, posting: Posting) -> None:
        headers = headers_for(posting.said, self.standing)
        with posting.scope:
            try:
                async with self.exchange("POST", "", headers, posting.document) as reply:
                    await self._take(reply, posting)
                await self._resume(posting)
            except (PeerClosedError, EventTooLongError) as error:
                await self._push.send(PeerClosedError(str(error)))
        posting.settled.set()
        self._postings.remove(posting)

    async def _take(self, reply: Reply, posting: Posting) -> None:
        """Read an answer: a stream, a document, an acknowledgement or a refusal."""
        if reply.status >= 300:
            await self._take_refusal(reply, posting)
        elif reply.media_type == "text/event-stream":
            await self._take_stream(reply, posting)
        else:
            body = await reply.body()
            if body.strip() and not (reply.status == 202 and posting.needs_no_answer):
                await self._pass_on(body, posting, reply)
            elif posting.unanswered:
                await self._refuse(reply, "")

    async def _take_stream(self, reply: Reply, posting: Posting) -> None:
        async for event in events_of(reply):
            posting.retry_ms = event.retry_ms or posting.retry_ms
            if event.id is not None:
                posting.last_event_id = event.id
                self.offers_event_ids = True
            if event.data:
                await self._pass_on(event.data, posting, reply)

    async def _pass_on(self, document: bytes, posting: Posting, reply: Reply) -> None:
        answer = read_json(document)
        self.learn(posting.said, answer, reply)
        for one in answer if isinstance(answer, list) else [answer]:
            posting.has_come(one)
        await self._push.send(document)
        posting.settled.set()

    async def _take_refusal(self, reply: Reply, posting: Posting) -> None:
        """An error that names the request is its answer. One without an id answers what has none.

        What is said of a notification or of an answer is no message: they have no answer.
        """
        body = await reply.body()
        error = read_json(body)
        is_error = isinstance(error, dict) and "error" in error
        if is_error and posting.unanswered and same(error.get("id"), posting.unanswered[0]):
            await self._pass_on(body, posting, reply)
        elif posting.needs_no_answer:
            self.note(body.decode("utf-8", "replace")[:300])
        elif is_error and not posting.unanswered and error.get("id") is None:
            await self._pass_on(body, posting, reply)
        else:
            await self._refuse(reply, body.decode("utf-8", "replace"))

    async def _refuse(self, reply: Reply, text: str) -> None:
        await self._push.send(Refused(reply.status, text, self.standing.is_modern))

    async def _resume(self, posting: Posting) -> None:
        """Ask for the rest of an answer whose stream was closed before it came.

        Only 2025-11-25 lets a server do so on purpose.
        """
        for _ in range(RESUME_MAX):
            is_open = posting.unanswered and posting.last_event_id
            if not is_open or self.standing.version != POLLING:
                return
            await anyio.sleep(posting.retry_ms / 1000)
            headers = {
                "Accept": "text/event-stream",
                "Last-Event-ID": posting.last_event_id,
                **session_headers(self.standing),
            }
            async with self.exchange("GET", "", headers, b"") as reply:
                if reply.status != 200:
                    return
                await self._take_stream(reply, posting)

    async def _listen(self) -> None:
        posting = Posting(b"{}")
        self._postings.append(posting)
        self.tasks.start_soon(self._get, posting)
        with anyio.move_on_after(LISTEN_S):
            await posting.settled.wait()

    async def _get(self, posting: Posting) -> None:
        headers = {"Accept": "text/event-stream", **session_headers(self.standing)}
        with posting.scope:
            try:
                async with self.exchange("GET", "", headers, b"") as reply:
                    if reply.status == 200 and reply.media_type == "text/event-stream":
                        self.offers_stream = True
                        posting.settled.set()
                        await self._take_stream(reply, posting)
            except (PeerClosedError, EventTooLongError) as error:
                self.note(str(error))
        posting.settled.set()
        self._postings.remove(posting)


@asynccontextmanager
async def opened(
    address: Address, headers: Mapping[str, str], *, is_modern: bool, listens: bool
) -> AsyncIterator[HttpPeer]:
    """A conversation with a server; at the end all its streams are closed."""
    async with anyio.create_task_group() as tasks:
        peer = HttpPeer(address, headers, tasks, is_modern=is_modern, listens=listens)
        try:
            yield peer
        finally:
            with anyio.CancelScope(shield=True):
                await peer.close_input()
            tasks.cancel_scope.cancel()
            peer._pull.close()
