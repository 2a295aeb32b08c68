"""Hold many open streams under a steady load, and say whether memory stays and nothing fails.

Usage: python benchmarks/soak.py [--streams N] [--rate R] [--seconds S]. Measured against itself:
what the server holds once all streams are open and a first load has run, and what it holds at the
end. Nobody ends the sessions, so the server remembers them for a while; the streams it forgets.
Half of the streams are a legacy session's GET, half a modern `subscriptions/listen`; all stay
open throughout. Requests come at a fixed rate on sixteen connections, and are late when the
server is: how late is told. Defaults are short; the long run is
`--streams 1000 --rate 200 --seconds 300`.
"""

import argparse
import asyncio
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks._clients import (
    CONNECTIONS,
    HOST,
    answer_bytes,
    get,
    is_good,
    legacy,
    modern,
    numbered,
    open_session,
)
from benchmarks._processes import Serving, ours, serving

STREAMS = 200
RATE = 200
SECONDS = 8.0

WARM_S = 2.0
"""The load before the first look at the memory: what is made once is made by then."""

SETTLE_S = 1.0
"""After the streams were closed: the server has to notice each."""

OPENING = 50
"""Streams that are opened at once; more would measure the listener's queue."""

ADD = {"name": "add", "arguments": {"a": 2, "b": 40}}


class Trouble(Exception):
    """What a client had to say that cannot go on."""


class Load(NamedTuple):
    """What a load came to: the milliseconds that each answer took, and what went wrong."""

    took_ms: list[float]
    errors: list[str]


class Stream:
    """One open stream: its head was good, and since then it only may say that it is alive."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.ended = ""

    @classmethod
    async def open(cls, port: int, request: bytes) -> "Stream":
        """Ask for a stream; `Trouble` when what comes is none."""
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200") or b"text/event-stream" not in head.lower():
            raise Trouble(f"no stream: {head[:100]!r}")
        return cls(reader, writer)

    async def read(self) -> None:
        """Read for as long as the server keeps it open."""
        try:
            while await self._reader.read(65_536):
                pass
            self.ended = "the server ended a stream"
        except ConnectionError as error:
            self.ended = f"a stream broke: {error}"

    def close(self) -> None:
        """End it from this side."""
        self._writer.close()


def main() -> None:
    """Run it, print what came of it; exit code 1 if anything failed."""
    parser = argparse.ArgumentParser(description="Hold open streams under a steady load.")
    parser.add_argument("--streams", type=int, default=STREAMS)
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    _allow_files(options.streams + 200)
    with serving(ours("adder")) as server:
        errors = asyncio.run(soak(server, options.streams, options.rate, options.seconds))
    for error in errors[:10]:
        print(f"  {error}")
    sys.exit(1 if errors else 0)


async def soak(server: Serving, streams: int, rate: int, seconds: float) -> list[str]:
    """Open the streams, load the server, look at its memory; all that went wrong."""
    print(f"{streams} streams, {rate} requests/s for {seconds:.0f} s")
    began_mb = server.resident_mb()
    session = await open_session(server.port)
    opened = await open_streams(server.port, streams)
    reading = [asyncio.create_task(stream.read()) for stream in opened]
    requests = _requests(server.port, session)
    warmed = await load(server.port, requests, rate, WARM_S)
    warm_mb, cpu_s = server.resident_mb(), server.cpu_s()
    begun = time.perf_counter()
    loaded = await load(server.port, requests, rate, seconds)
    passed_s = time.perf_counter() - begun
    end_mb, cpu_s = server.resident_mb(), server.cpu_s() - cpu_s
    ended = [stream.ended for stream in opened if stream.ended]
    for stream in opened:
        stream.close()
    await asyncio.gather(*reading)
    await asyncio.sleep(SETTLE_S)
    errors = warmed.errors + loaded.errors + ended
    took = statistics.quantiles(loaded.took_ms, n=100)
    each_us = cpu_s / len(loaded.took_ms) * 1e6
    print(f"  answered  {len(loaded.took_ms) / passed_s:8.1f} /s, {len(errors)} errors")
    print(f"  took      {took[49]:8.2f} ms in the middle, {took[98]:.2f} ms at the 99th percentile")
    print(f"  processor {cpu_s / passed_s:8.1%} of one, {each_us:.0f} us a request")
    print(f"  memory    {began_mb:8.1f} MB at start, {warm_mb:.1f} warm, {end_mb:.1f} at the end")
    print(f"            {server.resident_mb():8.1f} MB once the streams are closed")
    return errors


async def open_streams(port: int, count: int) -> list[Stream]:
    """Half of them each way; each legacy one in a session of its own, which has one GET."""
    found: list[Stream] = []
    for first in range(0, count, OPENING):
        numbers = range(first, min(first + OPENING, count))
        found += await asyncio.gather(*(_open_stream(port, number) for number in numbers))
    return found


async def load(port: int, requests: Sequence[bytes], rate: int, seconds: float) -> Load:
    """Ask at a fixed rate, spread over the connections, in turns of the requests."""
    found = Load([], [])
    per_connection = max(1, round(rate * seconds / CONNECTIONS))
    begun = time.perf_counter()
    callers = []
    for i in range(CONNECTIONS):
        due = [begun + (n * CONNECTIONS + i) / rate for n in range(per_connection)]
        callers.append(_call(port, [numbered(request, i) for request in requests], due))
    for part in await asyncio.gather(*callers):
        found.took_ms.extend(part.took_ms)
        found.errors.extend(part.errors)
    return found


async def _call(port: int, requests: Sequence[bytes], due: Sequence[float]) -> Load:
    """One connection: a request at each time that is due, timed from when it was due."""
    found = Load([], [])
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
        for number, at in enumerate(due):
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            writer.write(requests[number % len(requests)])
            answer = await _answer(reader)
            found.took_ms.append((time.perf_counter() - at) * 1e3)
            if not is_good(answer):
                found.errors.append(f"no result: {answer[:200]!r}")
        writer.close()
    except (OSError, Trouble) as error:
        found.errors.append(f"a connection broke: {error}")
    return found


async def _answer(reader: asyncio.StreamReader) -> bytes:
    received = b""
    while (length := answer_bytes(received)) is None:
        chunk = await reader.read(65_536)
        if not chunk:
            raise Trouble("it ended before its answer")
        received += chunk
    return received[:length]


async def _open_stream(port: int, number: int) -> Stream:
    if number % 2:
        notices = {"notifications": {"toolsListChanged": True}}
        return await Stream.open(port, modern(port, "subscriptions/listen", notices))
    return await Stream.open(port, get(port, await open_session(port)))


def _requests(port: int, session: str) -> list[bytes]:
    return [
        legacy(port, session, "ping"),
        legacy(port, session, "tools/call", ADD),
        modern(port, "tools/call", ADD, "add"),
        legacy(port, session, "tools/list"),
    ]


def _allow_files(count: int) -> None:
    """Let this process and the server it starts have so many connections, if that is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        most = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


if __name__ == "__main__":
    main()
