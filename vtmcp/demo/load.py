"""`vtmcp demo load URL`: sends the generated traces to a real VictoriaTraces, as OTLP/JSON.

First the traces of the last hour, then each minute those that have ended since. The rollout that
goes wrong is the one under way at the start: a database keeps what it was told. Must not be here:
what the traces are, or how spans are written.
"""

import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice

import anyio

from vtmcp.demo.generate import generate
from vtmcp.demo.timetable import KEPT_US, RECIPES, Entry, entries, rollout_us
from vtmcp.posting import Answer, ExchangeError, Poster, read_target
from vtmcp.telemetry.otlp import CONTENT_TYPE, PATH, export_request
from vtmcp.traces.model import Span
from vtmcp.traces.tenant import Tenant

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2

INSERT_PATH = "/insert/opentelemetry"
"""Where VictoriaTraces takes OTLP."""

USAGE = (
    "usage: vtmcp demo load URL [--once]\n"
    "URL is that of a VictoriaTraces (v0.3.0 or later), such as http://localhost:10428"
)

TURN_S = 60.0
"""How often what is new is sent."""

BATCH_SPANS = 5_000
"""One request: some MB, a tenth of what the database takes."""

TRIES = 30
TRY_AGAIN_S = 2.0
"""A database that is just starting is waited for, a minute long."""

TOTAL_S = 30.0
"""One request: a large one, to a database that may be busy."""

BATCH_TRACES = 200
"""Generated and held at once."""

REASON_CHARS_MAX = 200
"""What is shown of the database's own words."""

Post = Callable[[bytes, Tenant], Awaitable[Answer]]


class RefusedError(Exception):
    """The database does not take them. The text says why."""


def run(words: Sequence[str]) -> int:
    """Send until Ctrl-C, or once; return the exit code."""
    once = "--once" in words
    urls = [word for word in words if word != "--once"]
    if len(urls) != 1 or urls[0].startswith("-"):
        print(USAGE, file=sys.stderr)
        return EXIT_OK if urls in (["--help"], ["-h"]) else EXIT_USAGE
    try:
        poster = Poster(read_target(export_url(urls[0])), total_s=TOTAL_S)
    except ValueError as error:
        print(f"vtmcp demo load: the URL {error}", file=sys.stderr)
        return EXIT_USAGE

    async def post(body: bytes, tenant: Tenant) -> Answer:
        account, project = str(tenant.account_id), str(tenant.project_id)
        headers = (CONTENT_TYPE, ("accountid", account), ("projectid", project))
        return await poster.post(body, headers)

    try:
        anyio.run(partial(load, post, once=once))
    except RefusedError as error:
        print(f"vtmcp demo load: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("stopped")
    return EXIT_OK


def export_url(url: str) -> str:
    """Where to send to: the URL of a database, or the whole of it."""
    base = url.rstrip("/")
    if base.endswith(PATH):
        return base
    return base + (PATH if base.endswith(INSERT_PATH) else INSERT_PATH + PATH)


async def load(
    post: Post,
    *,
    once: bool,
    now_ns: Callable[[], int] = time.time_ns,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> None:
    """Send the last hour, and what is new from then on. Raises `RefusedError`."""
    now_us = now_ns() // 1_000
    rollout, sent_us = rollout_us(now_us), now_us - KEPT_US
    while True:
        spans = traces = 0
        for tenant, batch in _batches(ended(sent_us, now_us)):
            found = [generate(one, rolled_out=one.start_us >= rollout) for one in batch]
            count = await _send(post, tenant, [s for t in found for s in t.spans], sleep)
            spans, traces = spans + count, traces + len(found)
        print(f"sent {spans} spans in {traces} traces", flush=True)
        if once:
            return
        sent_us = now_us
        await sleep(TURN_S)
        now_us = now_ns() // 1_000


def ended(after_us: int, until_us: int) -> Iterator[Entry]:
    """Yield the traces whose last span arrives in a window, by tenant."""
    for recipe in sorted(RECIPES, key=lambda recipe: recipe.tenant):
        longest_us = recipe.longest_us
        yield from (
            entry
            for entry in entries(recipe, after_us - longest_us, until_us - longest_us)
            if after_us < entry.start_us + longest_us <= until_us
        )


def _batches(found: Iterable[Entry]) -> Iterator[tuple[Tenant, list[Entry]]]:
    """Traces of one tenant each, few enough to be generated and held at once."""
    for tenant, of_tenant in groupby(found, lambda entry: entry.recipe.tenant):
        while batch := list(islice(of_tenant, BATCH_TRACES)):
            yield tenant, batch


async def _send(
    post: Post, tenant: Tenant, spans: list[Span], sleep: Callable[[float], Awaitable[None]]
) -> int:
    for at in range(0, len(spans), BATCH_SPANS):
        body = export_request(spans[at : at + BATCH_SPANS])
        tries = 0
        while reason := await _try(post, body, tenant):
            tries += 1
            if tries == TRIES:
                raise RefusedError(reason)
            if tries == 1:
                print(f"waiting for the database: {reason}", flush=True)
            await sleep(TRY_AGAIN_S)
    return len(spans)


async def _try(post: Post, body: bytes, tenant: Tenant) -> str:
    """Why they were not taken this time; nothing if they were. Raises `RefusedError`."""
    try:
        answer = await post(body, tenant)
    except ExchangeError as error:
        return str(error)
    if 200 <= answer.status < 300:
        return ""
    text = answer.body.decode("utf-8", "replace").strip()[:REASON_CHARS_MAX]
    reason = f"the answer is {answer.status}: {text!r}"
    if answer.status in (429, 502, 503, 504):
        return reason
    raise RefusedError(reason)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
