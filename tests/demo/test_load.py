"""Generated traces for a real database: the last hour, then what is new, each trace once."""

import sys
from collections import Counter
from typing import Any

import anyio
import orjson
import pytest

from tests.telemetry.collector import site
from tests.telemetry.protobuf import to_protobuf
from vtmcp.cli import main
from vtmcp.demo import load as load_module
from vtmcp.demo.load import TRIES, RefusedError, ended, export_url, load, run
from vtmcp.demo.timetable import KEPT_US, RECIPES, entry_of
from vtmcp.posting import Answer, ExchangeError, Poster
from vtmcp.traces.tenant import Tenant

pytestmark = pytest.mark.anyio

NOW_US = 1_795_343_613_000_000
TURN_US = 60_000_000
OK = Answer(200, b"")


class StopError(Exception):
    """Ends a run that has no end of its own."""


class Database:
    """Answers what it is told to, then OK, and keeps what it took; its clock is the test's."""

    def __init__(self, *answers: Answer | ExchangeError, turns: int = 0) -> None:
        self.now_us = NOW_US
        self.taken: Counter[tuple[str, str]] = Counter()
        self.slept: list[float] = []
        self.sizes: list[int] = []
        self._answers = list(answers)
        self._turns = turns

    async def post(self, body: bytes, tenant: Tenant) -> Answer:
        answer = self._answers.pop(0) if self._answers else OK
        if isinstance(answer, ExchangeError):
            raise answer
        if answer.status == 200:
            if not self.sizes:
                to_protobuf(body)  # Fails where there is a member that OTLP does not have.
            spans = list(spans_of(orjson.loads(body)))
            self.sizes.append(len(spans))
            self.taken.update((str(tenant), one["traceId"]) for one in spans)
        return answer

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if seconds == load_module.TURN_S:
            if not self._turns:
                raise StopError
            self._turns -= 1
            self.now_us += TURN_US

    async def load(self, *, once: bool) -> None:
        await load(self.post, once=once, now_ns=lambda: self.now_us * 1_000, sleep=self.sleep)


def spans_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [s for r in body["resourceSpans"] for scope in r["scopeSpans"] for s in scope["spans"]]


def expected(after_us: int, until_us: int) -> set[tuple[str, str]]:
    return {(str(one.recipe.tenant), one.trace_id) for one in ended(after_us, until_us)}


async def test_the_last_hour_is_sent_once_to_its_tenants(
    capsys: pytest.CaptureFixture[str],
) -> None:
    database = Database()
    await database.load(once=True)
    assert set(database.taken) == expected(NOW_US - KEPT_US, NOW_US)
    assert {tenant for tenant, _ in database.taken} == {str(one.tenant) for one in RECIPES}
    assert max(database.sizes) <= load_module.BATCH_SPANS
    assert database.slept == []
    spans, traces = database.taken.total(), len(database.taken)
    assert capsys.readouterr().out == f"sent {spans} spans in {traces} traces\n"


async def test_then_each_minute_what_is_new_is_sent_and_nothing_twice() -> None:
    once, database = Database(), Database(turns=3)
    await once.load(once=True)
    with pytest.raises(StopError):
        await database.load(once=False)
    assert set(database.taken) == expected(NOW_US - KEPT_US, NOW_US + 3 * TURN_US)
    assert once.taken.items() < database.taken.items()


def test_windows_that_meet_hold_each_trace_once_and_only_what_has_ended() -> None:
    windows = [
        [one.trace_id for one in ended(NOW_US + turn * TURN_US, NOW_US + (turn + 1) * TURN_US)]
        for turn in range(10)
    ]
    found = [trace_id for window in windows for trace_id in window]
    assert sorted(found) == sorted(set(found))
    assert set(found) == {one.trace_id for one in ended(NOW_US, NOW_US + 10 * TURN_US)}
    for number, window in enumerate(windows):
        for trace_id in window:
            entry = entry_of(trace_id)
            assert entry is not None
            over_us = entry.start_us + entry.recipe.longest_us - NOW_US
            assert number * TURN_US < over_us <= (number + 1) * TURN_US


async def test_a_database_that_is_starting_is_waited_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    database = Database(ExchangeError("it cannot be connected to"), Answer(503, b"soon"))
    await database.load(once=True)
    assert set(database.taken) == expected(NOW_US - KEPT_US, NOW_US)
    assert database.slept == [load_module.TRY_AGAIN_S] * 2
    assert capsys.readouterr().out.startswith(
        "waiting for the database: it cannot be connected to\nsent "
    )


async def test_it_is_not_waited_for_without_end() -> None:
    database = Database(*(Answer(429, b"busy") for _ in range(TRIES)))
    with pytest.raises(RefusedError, match=r"^the answer is 429: 'busy'$"):
        await database.load(once=True)
    assert len(database.slept) == TRIES - 1


async def test_what_a_database_refuses_ends_it_with_its_words() -> None:
    database = Database(Answer(400, b"json encoding isn't supported\n"))
    with pytest.raises(RefusedError, match=r"the answer is 400: .json encoding isn't supported"):
        await database.load(once=True)
    assert database.slept == []


URLS = {
    "a database": ("http://db:10428", "http://db:10428/insert/opentelemetry/v1/traces"),
    "with a slash": ("http://db:10428/", "http://db:10428/insert/opentelemetry/v1/traces"),
    "with a prefix": ("http://db/vt", "http://db/vt/insert/opentelemetry/v1/traces"),
    "an endpoint for exporters": (
        "http://db/insert/opentelemetry",
        "http://db/insert/opentelemetry/v1/traces",
    ),
    "the whole of it": ("http://otel:4318/v1/traces", "http://otel:4318/v1/traces"),
}


@pytest.mark.parametrize(("url", "expected"), URLS.values(), ids=URLS)
def test_where_it_is_sent(url: str, expected: str) -> None:
    assert export_url(url) == expected


WRONG: dict[str, tuple[list[str], int, str]] = {
    "no URL": ([], 2, "usage: vtmcp demo load URL"),
    "two": (["http://a", "http://b"], 2, "usage: "),
    "an option that is none": (["--twice"], 2, "usage: "),
    "a question": (["--help"], 0, "usage: "),
    "what is no URL": (["db:10428"], 2, "vtmcp demo load: the URL is not an http"),
}


@pytest.mark.parametrize(("words", "code", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_command_line(
    words: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "load", *words]) == code
    assert capsys.readouterr().err.startswith(told)


def test_a_stop_by_hand_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(anyio, "run", interrupted)
    assert run(["http://localhost:1"]) == 0
    assert capsys.readouterr().out == "stopped\n"


@pytest.mark.parametrize("status", [200, 400])
async def test_a_process_of_its_own(status: int) -> None:
    async with site(b"{}", status) as database:
        with anyio.fail_after(20):
            ran = await anyio.run_process(
                [sys.executable, "-m", "vtmcp.demo.load", database.url, "--once"], check=False
            )
    assert {sent.path for sent in database.asked} == {"/insert/opentelemetry/v1/traces"}
    assert {sent.header("content-type") for sent in database.asked} == {"application/json"}
    if status == 200:
        tenants = {(sent.header("accountid"), sent.header("projectid")) for sent in database.asked}
        assert tenants == {("0", "0"), ("7", "3")}
        assert b" spans in " in ran.stdout
        assert ran.returncode == 0
    else:
        assert ran.stderr.startswith(b"vtmcp demo load: the answer is 400")
        assert ran.returncode == 1


def test_a_database_that_refuses_ends_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def post(self: Poster, body: bytes, headers: object) -> Answer:
        return Answer(403, b"no")

    monkeypatch.setattr(Poster, "post", post)
    assert run(["http://localhost:1", "--once"]) == 1
    assert capsys.readouterr().err == "vtmcp demo load: the answer is 403: 'no'\n"
