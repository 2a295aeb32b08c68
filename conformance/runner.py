"""Play conformance vectors against any MCP server and return verdicts.

Must not be here: how one conversation is played (`conversation`), the command line (`command`),
and how verdicts are told (`report`).
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple

import anyio

from vtmcp.conformance.conversation import Conversation, Limits, SchemaCheck
from vtmcp.conformance.http_script import ConversationError
from vtmcp.conformance.offer import Offer, needs_of, offered
from vtmcp.conformance.targets import Target
from vtmcp.conformance.vectors import Case

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"

_ELSEWHERE = re.compile(r"(?:revision|.+ at) (\d{4}-\d\d-\d\d)")
"""A need at another revision than the case's own: `revision 2025-11-25`, or something `at` it."""


class Verdict(NamedTuple):
    """How a case went. `problem` says why it failed or was skipped."""

    case: Case
    outcome: str
    problem: str = ""
    transcript: tuple[str, ...] = ()
    stderr: tuple[str, ...] = ()

    @property
    def is_breach(self) -> bool:
        """Whether a must has failed."""
        return self.outcome == FAILED and self.case.vector.level == "must"


class Server:
    """A server under test, and what it is known to offer."""

    def __init__(
        self, target: Target, *, limits: Limits | None = None, schemas: SchemaCheck | None = None
    ) -> None:
        self.target = target
        self._limits = limits or Limits()
        self._schemas = schemas
        self._offers: dict[str, Offer] = {}
        self._changing = anyio.Lock()

    async def learn(self, revisions: Iterable[str]) -> None:
        """Ask what the server offers at each revision, before cases of that revision are played."""
        for revision in revisions:
            if revision not in self._offers:
                step_s = self._limits.step_s
                self._offers[revision] = await offered(self.target, revision, step_s=step_s)

    async def play(self, case: Case) -> Verdict:
        """Play one case, on a server of its own where a command starts one.

        Raises:
            OSError: when the server cannot be started.
        """
        await self.learn([case.revision, *_revisions_needed(case)])
        if lacking := self._lacking(case):
            return Verdict(case, SKIPPED, f"the server has no {lacking}")
        if any(map(_is_of_change, needs_of(case.vector))):
            # A server with an URL is shared: what changes in it reaches all who listen.
            async with self._changing:
                return await self._play(case)
        return await self._play(case)

    async def _play(self, case: Case) -> Verdict:
        listens = not case.vector.is_of_http
        async with self.target.opened(case.revision, listens=listens) as peer:
            conversation = Conversation(case, peer, self._limits, self._schemas)
            try:
                await conversation.play()
            except ConversationError as failed:
                said = tuple(conversation.transcript)
                return Verdict(case, FAILED, str(failed), said, tuple(peer.last_words()))
            return Verdict(case, PASSED, "", tuple(conversation.transcript))

    def _lacking(self, case: Case) -> str:
        offer = self._offers[case.revision]
        if offer.has is None:
            why = f" ({offer.why_not})" if offer.why_not else ""
            return f"revision {case.revision}{why}"
        elsewhere = {
            need
            for revision, found in self._offers.items()
            if found.has is not None
            for need in (f"revision {revision}", *(f"{one} at {revision}" for one in found.has))
        }
        return ", ".join(sorted(needs_of(case.vector) - offer.has - elsewhere))


async def play_all(
    server: Server,
    cases: Sequence[Case],
    *,
    jobs: int,
    report: Callable[[Verdict], Awaitable[None]],
) -> list[Verdict]:
    """Play cases, several at once, and return the verdicts in the order of the cases.

    Raises:
        OSError: when the server cannot be started.
    """
    await server.learn(sorted({case.revision for case in cases}))
    verdicts: dict[int, Verdict] = {}
    limiter = anyio.CapacityLimiter(jobs)

    async def play(index: int) -> None:
        async with limiter:
            verdicts[index] = await server.play(cases[index])
        await report(verdicts[index])

    async with anyio.create_task_group() as tasks:
        for index in range(len(cases)):
            tasks.start_soon(play, index)
    return [verdicts[index] for index in range(len(cases))]


def _is_of_change(need: str) -> bool:
    return need.endswith(" changes") or need == "subscribe" or "_trigger_" in need


def _revisions_needed(case: Case) -> list[str]:
    found = map(_ELSEWHERE.fullmatch, case.vector.needs)
    return [match[1] for match in found if match is not None]
