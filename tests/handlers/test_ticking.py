"""A call that takes long says that it is under way, to a client that asked."""

import anyio
import pytest

from tests.handlers.peer import NotedPeer, a_call, a_context
from vtmcp.handlers import ticking
from vtmcp.handlers.context import Context
from vtmcp.handlers.ticking import told_meanwhile
from vtmcp.protocol.errors import ToolError

pytestmark = pytest.mark.anyio

WITH_TOKEN = {"_meta": {"progressToken": "p"}}


class Listening(NotedPeer):
    """A client that notes progress, and an event once it heard of it three times."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = anyio.Event()

    async def progress(self, *said: object) -> None:
        self.said.append(said[1:])
        if len(self.said) == 3:
            self.heard.set()


def asked(peer: NotedPeer, *, with_token: bool = True) -> Context:
    return a_context(a_call(params=WITH_TOKEN if with_token else {}), peer)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticking, "FIRST_S", 0.001)
    monkeypatch.setattr(ticking, "EVERY_S", 0.002)


async def test_a_slow_call_is_told_of_until_it_ends() -> None:
    peer = Listening()

    async def work() -> str:
        await peer.heard.wait()
        return "answer"

    with anyio.fail_after(5):
        assert await told_meanwhile(asked(peer), "asking", work) == "answer"
    seconds = [said[0] for said in peer.said]
    assert seconds == sorted(set(seconds))
    assert peer.said[0][1:] == (None, "asking, 0 s")
    told = len(peer.said)
    await anyio.wait_all_tasks_blocked()
    assert len(peer.said) == told


async def test_nobody_is_told_who_did_not_ask() -> None:
    peer = Listening()

    async def work() -> str:
        await anyio.wait_all_tasks_blocked()
        return "answer"

    assert await told_meanwhile(asked(peer, with_token=False), "asking", work) == "answer"
    assert peer.said == []


@pytest.mark.parametrize("with_token", [True, False])
async def test_a_failure_comes_through_as_it_is(with_token: bool) -> None:
    async def work() -> str:
        raise ToolError("no such trace")

    with pytest.raises(ToolError, match="no such trace"):
        await told_meanwhile(asked(Listening(), with_token=with_token), "asking", work)
