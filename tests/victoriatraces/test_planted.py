"""A secret planted in every setting is in no error, no representation and no label."""

import errno
from collections.abc import Awaitable, Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.victoriatraces.peer import CLOSE, LISTEN, Step, head, peer, sized
from tests.victoriatraces.resolver import resolving
from vtmcp.traces.model import SourceError, TraceQuery
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces.settings import Settings
from vtmcp.victoriatraces.source import VictoriaTraces

pytestmark = pytest.mark.anyio

PLANTED = "pl4nted"
TENANT = Tenant()
CALLER = (("Cookie", f"{PLANTED}-of-the-caller"),)


def settings(folder: Path, url: str, **more: Any) -> Settings:
    """Secrets in values, in files and in the names of the files' folder."""
    (folder / PLANTED).mkdir(exist_ok=True)
    token, headers = folder / PLANTED / "token", folder / PLANTED / "headers"
    token.write_text(f"{PLANTED}-token")
    headers.write_text(f"X-Second: {PLANTED}-second")
    return Settings(
        **{
            "entrypoint": url,
            "bearer_token_file": str(token),
            "headers": (("X-First", f"{PLANTED}-first"),),
            "headers_file": str(headers),
            "tls_ca_file": str(folder / PLANTED / "token"),
            "total_timeout_s": 0.25,
            "response_bytes_max": 1_000,
            **more,
        }
    )


def texts(error: BaseException) -> str:
    """All that could be printed of an error: its chain and its frames' arguments are not sent."""
    seen: BaseException | None = error
    chain = []
    while seen is not None:
        chain.append(f"{seen!s} {seen!r}")
        if seen.__suppress_context__:
            break
        seen = seen.__context__
    return " ".join(chain)


ECHO = f"{PLANTED}-token {PLANTED}-first {PLANTED}-second {PLANTED}-of-the-caller".encode()

ANSWERS: dict[str, tuple[Step, ...]] = {
    "a page that repeats them": (
        head(500, "Content-Type: text/plain", f"Content-Length: {len(ECHO)}") + ECHO,
    ),
    "JSON that repeats them": (sized(b'{"errors":[{"msg":"' + ECHO + b'"}]}'),),
    "JSON that is none": (sized(b"{" + ECHO),),
    "JSON of another shape": (sized(b'["' + ECHO + b'"]'),),
    "a redirect that repeats one": (
        head(302, f"Location: http://{PLANTED}-token.test/", "Content-Length: 0"),
    ),
    "a head that is none": (b"HTTP/1.1 " + ECHO + b"\r\n\r\n",),
    "a head that has no end": (head(200)[:-2] + b"X: " + ECHO * 2_000,),
    "a large body": (sized(ECHO * 100),),
    "a broken body": (sized(ECHO, "Content-Encoding: gzip"),),
    "nothing": (CLOSE,),
    "silence": (LISTEN,),
}

Question = Callable[[VictoriaTraces], Awaitable[Any]]


@pytest.mark.parametrize("steps", ANSWERS.values(), ids=ANSWERS)
async def test_no_answer_brings_a_secret_out(tmp_path: Path, steps: tuple[Step, ...]) -> None:
    async with peer(steps) as server:
        source = VictoriaTraces(settings(tmp_path, server.url, tls_ca_file=""))
        with anyio.fail_after(5), pytest.raises(SourceError) as caught:
            await source.on_behalf(CALLER).services(TENANT)
        await source.aclose()
    assert PLANTED in repr(server.requests[0].headers)
    assert PLANTED not in texts(caught.value)
    assert PLANTED not in f"{source!r} {source.label} {vars(source)!r} {source.notice}"


@pytest.mark.parametrize("steps", [ANSWERS["JSON that repeats them"], ANSWERS["silence"]])
@pytest.mark.parametrize(
    "question",
    [
        lambda source: source.operations("a", TENANT),
        lambda source: source.trace("a" * 32, TENANT),
        lambda source: source.search(TraceQuery(service="a", start_ns=0, end_ns=1), TENANT),
        lambda source: source.dependencies(end_ms=1, lookback_ms=1, tenant=TENANT),
    ],
    ids=["operations", "trace", "search", "dependencies"],
)
async def test_no_question_brings_a_secret_out(
    tmp_path: Path, question: Question, steps: tuple[Step, ...]
) -> None:
    async with peer(steps) as server:
        source = VictoriaTraces(settings(tmp_path, server.url, tls_ca_file=""))
        with anyio.fail_after(5), pytest.raises(SourceError) as caught:
            await question(source.on_behalf(CALLER))
        await source.aclose()
    assert PLANTED not in texts(caught.value)


async def gone(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / PLANTED / "token").unlink()


async def a_fault_of_the_token(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / PLANTED / "token").write_text(f"{PLANTED} {PLANTED}")


async def a_fault_of_a_header(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / PLANTED / "headers").write_text(f"X-A: {PLANTED}\x00\n")


async def a_line_that_is_none(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / PLANTED / "headers").write_text(f"{PLANTED}\n")


async def authorities_that_are_none(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    resolving(monkeypatch, ["127.0.0.1"])


async def an_address_refused(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    resolving(monkeypatch, ["169.254.169.254"])


FAULTS = [
    *(gone, a_fault_of_the_token, a_fault_of_a_header, a_line_that_is_none),
    *(authorities_that_are_none, an_address_refused),
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_fault_on_our_side_brings_a_secret_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[..., Awaitable[None]]
) -> None:
    source = VictoriaTraces(settings(tmp_path, "https://db.test"))
    await fault(monkeypatch, tmp_path)
    with anyio.fail_after(5), pytest.raises(SourceError) as caught:
        await source.on_behalf(CALLER).services(TENANT)
    assert PLANTED not in texts(caught.value)
    assert str(tmp_path) not in texts(caught.value)


def planted_starts(folder: Path) -> dict[str, dict[str, Any]]:
    """Each setting wrong in a way that has the secret in it."""
    wrong = f"{folder}/{PLANTED}/none"
    return {
        "entrypoint": {"entrypoint": f"https://me:{PLANTED}@db.test"},
        "bearer_token": {"bearer_token_file": "", "bearer_token": f"{PLANTED} {PLANTED}"},
        "headers": {"headers": (("X-A", f"{PLANTED}\n"),)},
        **{
            name: {"tls_cert_file": wrong, name: wrong}
            for name in ("bearer_token_file", "headers_file", "tls_ca_file")
        },
        **{name: {name: wrong} for name in ("tls_cert_file", "tls_key_file")},
    }


@pytest.mark.parametrize("name", planted_starts(Path()))
def test_no_start_that_fails_brings_a_secret_out(tmp_path: Path, name: str) -> None:
    made = settings(tmp_path, "https://db.test", **planted_starts(tmp_path)[name])
    with pytest.raises(ValueError, match="VT_") as caught:
        VictoriaTraces(made)
    assert PLANTED not in texts(caught.value)
    assert str(tmp_path) not in texts(caught.value)
    if name != "entrypoint":
        assert PLANTED not in repr(made)


def test_every_setting_of_text_is_planted(tmp_path: Path) -> None:
    secret = {field.name for field in fields(Settings) if not field.repr} | {"entrypoint"}
    assert set(planted_starts(tmp_path)) == secret


async def test_what_the_system_says_of_a_connection_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def connect(*_: object) -> None:
        raise OSError(errno.EACCES, PLANTED, PLANTED)

    monkeypatch.setattr(anyio, "connect_tcp", connect)
    source = VictoriaTraces(settings(tmp_path, "http://localhost", tls_ca_file=""))
    with anyio.fail_after(5), pytest.raises(SourceError) as caught:
        await source.services(TENANT)
    assert PLANTED not in texts(caught.value)
