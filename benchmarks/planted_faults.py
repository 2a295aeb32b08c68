"""Score what the tools say of planted faults in a real database: is the cause in the first lines?

Usage: VT_TEST_ENTRYPOINT=http://127.0.0.1:10428 python benchmarks/planted_faults.py [--only WORDS]
[--healthy N] [--reuse SECONDS] [--show]. A database that may be written to is needed, such as one
that was started for this; without the variable nothing is measured. Each fault has a tenant of its
own (9,001:T, 9,002:T ...), T being the end of the window in Unix seconds, so that `--reuse T` asks
again of what was loaded before. A fault is told by three hours: the last one, in which it begins,
the one before, and that hour of yesterday. `vtmcp` itself is asked, over HTTP.

A hit: all words of the cause stand in the first 2,000 bytes of the right tool's answer. Healthy
systems are asked too, each from a seed of its own, and so are single healthy traces: what names a
cause there is a false finding.
"""

import argparse
import asyncio
import json
import os
import random
import re
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

from benchmarks._clients import ask, modern
from benchmarks._planted_faults import HarmlessRelease, Healthy, Huge
from benchmarks._planted_scenarios import FALSE_FINDINGS, FAULTS, HEALTHY, Ask, Scenario
from benchmarks._planted_steps import MINUTE, Fault, S
from benchmarks._planted_stories import Story, stories, story_of
from benchmarks._processes import serving
from tests.integration.otlp import export_request

VARIABLE = "VT_TEST_ENTRYPOINT"

FIRST_BYTES = 2_000
"""What of an answer is read for sure."""

HITS_MIN = 0.9
"""What the project wants of itself: 18 of 20."""

TENANTS_FROM = 9_001
HEALTHY_FROM = 9_201
HEALTHY_SEEDS = 3
HEALTHY_TRACES = 15

HOUR = 60 * MINUTE
DAY = 24 * HOUR
A_MINUTE = 12
YESTERDAY_TIMES = 0.85

BATCH = 100
"""Traces sent together."""

SETTLE_S = 180
"""The window ends so long ago: a trace takes its time, and the last minute is not searched."""

ANSWER_S = 60.0


class Loaded(NamedTuple):
    """What was sent of a scenario: traces that the fault touched, and others, by their id."""

    spans: int
    touched: list[str]
    others: list[str]


class Score(NamedTuple):
    """One call and what was found in its answer."""

    scenario: str
    place: int
    """0 for the call that counts."""
    call: str
    missing: list[str]
    at_bytes: int
    """Where in the answer the last of its words ends."""
    size_bytes: int
    seconds: float
    text: str


def main() -> None:
    """Load what is to be loaded, ask, print the table; the exit code says whether it is enough."""
    parser = argparse.ArgumentParser(description="Score the answers on planted faults.")
    parser.add_argument("--only", default="", help="faults with these words in their name")
    parser.add_argument("--healthy", type=int, default=HEALTHY_SEEDS, help="seeds without a fault")
    parser.add_argument("--reuse", type=int, default=0, help="end of a window that was loaded")
    parser.add_argument("--show", action="store_true", help="print the beginning of each miss")
    options = parser.parse_args()
    entrypoint = os.environ.get(VARIABLE, "").rstrip("/")
    if not entrypoint:
        print(f"planted faults: not measured; {VARIABLE} names no VictoriaTraces to be filled")
        return
    end_s = options.reuse or int(time.time()) - SETTLE_S
    chosen = [one for one in FAULTS if options.only in one.name]
    work = [(entrypoint, end_s, tenant_of(one), one.name) for one in chosen]
    healthy = [HEALTHY_FROM + seed for seed in range(options.healthy)]
    work += [(entrypoint, end_s, tenant, "") for tenant in healthy]
    begun = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        loaded = list(pool.map(_load, work, [bool(options.reuse)] * len(work)))
    spans = sum(each.spans for each in loaded)
    print(f"{spans:,} spans of {len(work)} tenants until {end_s} ({_since(begun)} s)", flush=True)
    if not options.reuse:
        time.sleep(3)  # The database shows what it was sent after a second.
    env = {
        "VT_INSTANCE_ENTRYPOINT": entrypoint,
        "MCP_SERVER_MODE": "http",
        "MCP_LISTEN_ADDR": "127.0.0.1:0",
    }
    with serving([sys.executable, "-m", "vtmcp"], env, told_on="stderr") as server:
        client = _Client(server.port, end_s)
        scores = [
            score
            for one, each in zip(chosen, loaded, strict=False)
            for score in client.scores(one, each)
        ]
        false = [
            words
            for tenant, each in zip(healthy, loaded[len(chosen) :], strict=True)
            for words in client.false_findings(tenant, each)
        ]
    _print_scores(scores, show=options.show)
    for words in false:
        print(f"  FALSE {words}")
    hits = sum(not score.missing for score in scores if not score.place)
    print(f"{hits} of {len(chosen)} causes in the first {FIRST_BYTES:,} bytes of the right answer")
    print(f"{len(false)} false findings on {len(healthy)} healthy systems")
    sys.exit(bool(false) or hits < HITS_MIN * len(chosen))


def tenant_of(scenario: Scenario) -> int:
    """The account of a fault."""
    return TENANTS_FROM + FAULTS.index(scenario)


def tell(
    fault: Fault, seed: int, end_s: int, since_minutes: int, *, last_only: bool = False
) -> Iterator[Story]:
    """The three hours of a fault, or only the last one."""
    end_us = end_s * S
    fault.since_us = end_us - since_minutes * MINUTE
    hours = ((DAY, YESTERDAY_TIMES), (HOUR, 1.0), (0, 1.0))
    for back, times in hours[-1:] if last_only else hours:
        start_us = end_us - back - HOUR
        rate = A_MINUTE * times
        yield from stories(fault, seed, start_us, start_us + HOUR, a_minute=rate)
    if isinstance(fault, Huge):
        job = fault.job(random.Random(seed))
        yield story_of(job, seed, end_us - 10 * MINUTE)._replace(is_touched=True)


def _load(work: tuple[str, int, int, str], is_there: bool) -> Loaded:
    """Send the spans of one tenant, unless they are there: then only their ids are told."""
    entrypoint, end_s, tenant, name = work
    scenario = next((one for one in FAULTS if one.name == name), None)
    fault: Fault = Healthy() if tenant % 2 else HarmlessRelease()
    seed, since_minutes = tenant, 30
    if scenario is not None:
        fault, seed, since_minutes = scenario.fault, scenario.seed, scenario.since_minutes
    loaded, batch = Loaded(0, [], []), []
    for story in tell(fault, seed, end_s, since_minutes, last_only=is_there):
        ids = loaded.touched if story.is_touched else loaded.others
        ids.append(story.trace["traceID"])
        loaded = loaded._replace(spans=loaded.spans + len(story.trace["spans"]))
        if not is_there:
            batch.append(export_request(story.trace))
        if len(batch) >= BATCH:
            _send(entrypoint, (tenant, end_s), batch)
            batch = []
    if batch:
        _send(entrypoint, (tenant, end_s), batch)
    return loaded


def _send(entrypoint: str, tenant: tuple[int, int], batch: list[bytes]) -> None:
    headers = {"AccountID": str(tenant[0]), "ProjectID": str(tenant[1])}
    request = urllib.request.Request(
        f"{entrypoint}/insert/opentelemetry/v1/traces",
        data=b"".join(batch),
        headers={**headers, "Content-Type": "application/x-protobuf"},
    )
    with urllib.request.urlopen(request, timeout=ANSWER_S) as response:
        response.read()


class _Client:
    """Asks the server, one call after the other."""

    def __init__(self, port: int, end_s: int) -> None:
        self.port, self.end_s = port, end_s

    def scores(self, scenario: Scenario, loaded: Loaded) -> Iterator[Score]:
        """What is found of a fault by each call."""
        trace = loaded.touched[-1] if loaded.touched else ""
        for place, one in enumerate(scenario.asks):
            text, seconds = self.called(one, tenant_of(scenario), trace)
            first = text.encode()[:FIRST_BYTES].decode(errors="ignore")
            missing = [words for words in one.words if not re.search(words, first)]
            missing += [f"(not) {words}" for words in one.never if re.search(words, text)]
            ends = [found.end() for words in one.words if (found := re.search(words, text))]
            at_bytes = len(text[: max(ends, default=0)].encode())
            more = {k: v for k, v in one.arguments.items() if k not in ("start", "end", "trace_id")}
            call = f"{one.tool}{more or ''}"
            size = len(text.encode())
            yield Score(scenario.name, place, call, missing, at_bytes, size, seconds, text)

    def false_findings(self, tenant: int, loaded: Loaded) -> Iterator[str]:
        """Causes that are named although there is none."""
        newest = loaded.others[-HEALTHY_TRACES:]
        asks: Iterable[tuple[Ask, str]] = [
            *((one, "") for one in HEALTHY),
            *((Ask("trace", (), {"trace_id": "{trace}"}), trace) for trace in newest),
        ]
        for one, trace in asks:
            text, _ = self.called(one, tenant, trace)
            said = [words for words in FALSE_FINDINGS[one.tool] if words in text]
            said += [f"no {words}" for words in one.words if not re.search(words, text)]
            lines = [line for line in text.split("\n") if any(words in line for words in said)]
            if said:
                yield f"{tenant} {one.tool} {one.arguments}: {lines or text[:200]}"

    def called(self, one: Ask, tenant: int, trace: str) -> tuple[str, float]:
        """The text of an answer, and how long it took."""
        places = {"{start}": self.end_s - 3_600, "{end}": self.end_s, "{trace}": trace}
        arguments = {
            name: places.get(value, value) if isinstance(value, str) else value
            for name, value in one.arguments.items()
        }
        arguments["tenant"] = f"{tenant}:{self.end_s}"
        begun = time.perf_counter()
        text = asyncio.run(_answer(self.port, one.tool, arguments))
        return text, time.perf_counter() - begun


async def _answer(port: int, tool: str, arguments: dict[str, Any]) -> str:
    params = {"name": tool, "arguments": arguments}
    async with asyncio.timeout(ANSWER_S):
        answer = await ask(port, modern(port, "tools/call", params, tool))
    message = json.loads(answer.partition(b"\r\n\r\n")[2])
    if "error" in message:
        return f"ERROR {message['error']}"
    return "\n".join(item.get("text", "") for item in message["result"]["content"])


def _print_scores(scores: list[Score], *, show: bool) -> None:
    print(f"  {'':4} {'fault':38} {'call':60} {'at':>6} {'of':>6} {'ms':>6}")
    for score in scores:
        verdict = "miss" if score.missing else "hit"
        name = score.scenario if not score.place else "  or"
        at = f"{score.at_bytes:6,} {score.size_bytes:6,} {1e3 * score.seconds:6,.0f}"
        print(f"  {verdict:4} {name:38} {score.call[:60]:60} {at}  {score.missing or ''}")
        if score.missing and show:
            print("\n".join(f"      | {line[:400]}" for line in score.text.split("\n")[:14]))


def _since(begun: float) -> str:
    return f"{time.perf_counter() - begun:.0f}"


if __name__ == "__main__":
    main()
