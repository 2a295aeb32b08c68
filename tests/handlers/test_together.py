"""Several questions at once: the answers in order, the first refusal as it is."""

import anyio
import pytest

from vtmcp.handlers.together import together
from vtmcp.traces.model import SourceError

pytestmark = pytest.mark.anyio


async def test_answers_come_in_the_order_of_the_questions() -> None:
    second_asked = anyio.Event()

    async def first() -> str:
        await second_asked.wait()
        return "first"

    async def second() -> str:
        second_asked.set()
        return "second"

    with anyio.fail_after(5):
        assert await together(first, second) == ["first", "second"]
    assert await together() == []


async def test_a_refusal_ends_the_others_and_is_raised_as_it_is() -> None:
    async def refused() -> str:
        raise SourceError("no")

    async def waits() -> str:
        await anyio.sleep_forever()
        return "never"

    with anyio.fail_after(5), pytest.raises(SourceError, match=r"^no$"):
        await together(waits, refused)
