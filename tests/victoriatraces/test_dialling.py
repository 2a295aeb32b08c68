"""From a name to a connection: each address is checked, and the checked one is connected to."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from tests.victoriatraces.peer import LISTEN, Peer, peer
from tests.victoriatraces.resolver import resolving
from vtmcp.victoriatraces import dialling
from vtmcp.victoriatraces.dialling import ADDRESSES_MAX, RefusedError, choose, connect, look_up
from vtmcp.victoriatraces.hosts import LINK_LOCAL, NOT_LISTED, Hosts

pytestmark = pytest.mark.anyio

ANY = Hosts((), host="db", loopback_only=False)
Dialled = Callable[[str, int], Awaitable[Any]]


async def test_a_name_gives_its_addresses_once_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolving(monkeypatch, ["fd12::1", "10.0.0.1", "10.0.0.1"])
    assert await look_up("db.test", 80) == ["fd12::1", "10.0.0.1"]
    assert asked == [b"db.test"]


async def test_a_name_with_many_addresses_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, [f"10.0.0.{number}" for number in range(200)])
    assert len(await look_up("db.test", 80)) == ADDRESSES_MAX


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_an_address_is_its_own(address: str) -> None:
    assert await look_up(address, 80) == [address]


@pytest.mark.parametrize(
    ("number", "address"), [("2852039166", "169.254.169.254"), ("0xa9fea9fe", "169.254.169.254")]
)
async def test_an_address_in_disguise_is_known(number: str, address: str) -> None:
    assert await look_up(number, 80) == [address]


def test_only_allowed_addresses_are_chosen_and_others_are_told() -> None:
    told: list[tuple[str, str]] = []
    found = choose(
        ["169.254.169.254", "10.0.0.1", "fe80::1", "10.0.0.2"],
        ANY,
        lambda address, reason: told.append((address, reason)),
    )
    assert found == ["10.0.0.1", "10.0.0.2"]
    assert told == [("169.254.169.254", LINK_LOCAL), ("fe80::1", LINK_LOCAL)]


CHOICES: dict[str, tuple[list[str], Hosts, str]] = {
    "the first reason counts": (["169.254.169.254", "224.0.0.1"], ANY, LINK_LOCAL),
    "a list that lists others": (
        ["10.0.0.1"],
        Hosts(["10.0.0.2"], host="db", loopback_only=False),
        NOT_LISTED,
    ),
}


@pytest.mark.parametrize(("addresses", "hosts", "reason"), CHOICES.values(), ids=CHOICES)
def test_nothing_to_choose(addresses: list[str], hosts: Hosts, reason: str) -> None:
    with pytest.raises(RefusedError) as caught:
        choose(addresses, hosts, None)
    assert caught.value.reason == reason


class Attempts:
    """Stands for `anyio.connect_tcp`: some addresses refuse, some never answer."""

    def __init__(self, real: Dialled, bad: dict[str, str]) -> None:
        self._real, self._bad = real, bad
        self.tried: list[str] = []

    async def connect_tcp(self, address: str, port: int) -> Any:
        self.tried.append(address)
        if self._bad.get(address) == "refuses":
            raise ConnectionRefusedError(111, "refused")
        if self._bad.get(address) == "is silent":
            await anyio.sleep_forever()
        return await self._real("127.0.0.1", port)


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> Attempts:
    made = Attempts(anyio.connect_tcp, {"10.0.0.1": "refuses", "10.0.0.2": "is silent"})
    monkeypatch.setattr(anyio, "connect_tcp", made.connect_tcp)
    monkeypatch.setattr(dialling, "HEAD_START_S", 0.01)
    return made


ORDERS: dict[str, tuple[list[str], list[str]]] = {
    "the only one": (["10.0.0.3"], ["10.0.0.3"]),
    "the first that accepts": (["10.0.0.3", "10.0.0.4"], ["10.0.0.3"]),
    "the next after a refusal": (["10.0.0.1", "10.0.0.3"], ["10.0.0.1", "10.0.0.3"]),
    "the next beside a silent one": (["10.0.0.2", "10.0.0.3"], ["10.0.0.2", "10.0.0.3"]),
    "the last of all": (
        ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
        ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
    ),
}


@pytest.mark.parametrize(("addresses", "tried"), ORDERS.values(), ids=ORDERS)
async def test_addresses_are_tried_in_order(
    attempts: Attempts, addresses: list[str], tried: list[str]
) -> None:
    async with peer((LISTEN,)) as server:
        with anyio.fail_after(5):
            stream = await connect(addresses, server.port)
            await stream.aclose()
    assert attempts.tried == tried


async def test_when_all_refuse_all_errors_are_known(attempts: Attempts) -> None:
    with anyio.fail_after(5), pytest.raises(OSError, match="no address accepted") as caught:
        await connect(["10.0.0.1", "10.0.0.1"], 1)
    assert isinstance(caught.value.__cause__, ExceptionGroup)
    assert len(caught.value.__cause__.exceptions) == 2
    assert attempts.tried == ["10.0.0.1", "10.0.0.1"]


@pytest.mark.usefixtures("attempts")
async def test_a_caller_that_waits_no_longer_ends_all_attempts() -> None:
    with anyio.fail_after(5), anyio.move_on_after(0.05) as caller:
        await connect(["10.0.0.2", "10.0.0.2"], 1)
    assert caller.cancelled_caught


async def test_of_two_connections_one_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both attempts have a connection before either can be stopped."""
    real, both = anyio.connect_tcp, anyio.Event()
    opened = []

    async def late(_: str, port: int) -> Any:
        with anyio.CancelScope(shield=True):
            stream = await real("127.0.0.1", port)
            opened.append(stream)
            if len(opened) == 2:
                both.set()
            await both.wait()
        return stream

    monkeypatch.setattr(anyio, "connect_tcp", late)
    monkeypatch.setattr(dialling, "HEAD_START_S", 0.01)
    async with peer((LISTEN,)) as server:
        with anyio.fail_after(5):
            stream = await connect(["10.0.0.3", "10.0.0.4"], server.port)
            await until(server, opened=2)
            await stream.aclose()
            await until(server, open_now=0)


async def test_a_connection_that_nobody_waits_for_any_more_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = anyio.connect_tcp

    async with peer((LISTEN,)) as server:
        with anyio.fail_after(5), anyio.CancelScope() as caller:

            async def won_too_late(_: str, port: int) -> Any:
                with anyio.CancelScope(shield=True):
                    stream = await real("127.0.0.1", port)
                    caller.cancel()
                return stream

            monkeypatch.setattr(anyio, "connect_tcp", won_too_late)
            await connect(["10.0.0.3", "10.0.0.4"], server.port)
        assert caller.cancelled_caught
        with anyio.fail_after(5):
            await until(server, opened=1, open_now=0)


async def until(server: Peer, **counts: int) -> None:
    while {name: getattr(server, name) for name in counts} != counts:
        await anyio.wait_all_tasks_blocked()
