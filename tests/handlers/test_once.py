"""The same question at once goes out once, and nobody fails for somebody else."""

import anyio
import pytest

from vtmcp.handlers.once import Once
from vtmcp.traces.model import SourceError

pytestmark = pytest.mark.anyio


class Asked:
    """A question that ends when it is told to."""

    def __init__(self) -> None:
        self.times = 0
        self.may_end = anyio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> str:
        self.times += 1
        await self.may_end.wait()
        if self.error is not None:
            raise self.error
        return "answer"


async def asked_by(count: int, question: Asked, once: Once[str], *, keys: int = 1) -> list[object]:
    """What each of so many gets; the question ends when all of them ask."""
    got: list[object] = []

    async def ask(key: int) -> None:
        try:
            got.append(await once.ask(key, question))
        except SourceError as error:
            got.append(str(error))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for place in range(count):
                tasks.start_soon(ask, place % keys)
            await anyio.wait_all_tasks_blocked()
            question.may_end.set()
    return got


async def test_all_who_ask_at_once_share_one_answer() -> None:
    question, once = Asked(), Once[str]()
    assert await asked_by(5, question, once) == ["answer"] * 5
    assert question.times == 1
    assert await once.ask(0, question) == "answer"
    assert question.times == 2


async def test_other_questions_go_out_of_their_own() -> None:
    question = Asked()
    await asked_by(6, question, Once[str](), keys=3)
    assert question.times == 3


async def test_an_error_of_the_source_is_shared() -> None:
    question = Asked()
    question.error = SourceError("no")
    assert await asked_by(3, question, Once[str]()) == ["no"] * 3
    assert question.times == 1


async def test_a_fault_of_ours_is_not_shared() -> None:
    question = Asked()
    question.error = KeyError("bug")
    question.may_end.set()
    once = Once[str]()
    for _ in range(2):
        with pytest.raises(KeyError):
            await once.ask(0, question)
    assert question.times == 2


async def test_when_the_one_that_asks_is_cancelled_another_asks() -> None:
    question, once, got = Asked(), Once[str](), []
    first = anyio.CancelScope()

    async def ask(scope: anyio.CancelScope) -> None:
        with scope:
            got.append(await once.ask(0, question))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, first)
            await anyio.wait_all_tasks_blocked()
            for _ in range(3):
                tasks.start_soon(ask, anyio.CancelScope())
            await anyio.wait_all_tasks_blocked()
            first.cancel()
            await anyio.wait_all_tasks_blocked()
            question.may_end.set()
    assert got == ["answer"] * 3
    assert question.times == 2
