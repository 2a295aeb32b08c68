"""A worker as its supervisor sees it: a process that is started, asked for its counts, and ended.

It is a new interpreter and no fork: a fork would carry over the supervisor's event loop, its
threads and its half of each control socket, which then would not tell of the supervisor's death.
Must not be here: when a worker is started or ended.
"""

import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import NamedTuple

import anyio
from anyio.abc import Process

from vtmcp.workers.control import Control
from vtmcp.workers.frames import BEGIN, COUNT


class Launch(NamedTuple):
    """How to start a worker."""

    command: Sequence[str]
    """The number of the control socket is put behind it."""

    env: Mapping[str, str]

    sockets: Sequence[int]
    """Descriptors that are listened on."""

    key: str
    """What signs sessions. It is told over the control socket: command lines are public."""


class Worker:
    """One process, from its start to its end."""

    def __init__(self, process: Process, control: Control) -> None:
        self.pid = process.pid
        self.control = control
        self.is_ready = False
        self._process = process
        self._counted: anyio.Event | None = None
        """There while its counts are waited for."""

    async def count(self) -> None:
        """Ask for its counts, and wait until they are there or it is gone."""
        counted = self._counted
        if counted is None:
            counted = self._counted = anyio.Event()
            await self.control.send(COUNT)
        await counted.wait()

    def counted(self) -> None:
        """Its counts are there, or will never be."""
        counted, self._counted = self._counted, None
        if counted is not None:
            counted.set()

    def kill(self) -> None:
        """End it at once."""
        if self._process.returncode is None:
            self._process.kill()

    async def ended(self, within_s: float) -> int:
        """How it ended, as `subprocess` says it; after that time it is killed."""
        self.counted()
        await self.control.aclose()
        with anyio.move_on_after(within_s):
            await self._process.wait()
        self.kill()
        code = await self._process.wait()
        await self._process.aclose()
        return code


async def start_worker(launch: Launch, number: int) -> Worker:
    """Start a worker and tell it who it is. Raises `OSError`."""
    ours, theirs = socket.socketpair()
    with theirs, ExitStack() as closing:
        closing.enter_context(ours)
        process = await anyio.open_process(
            [*launch.command, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=None,
            stderr=None,
            env=launch.env,
            pass_fds=(theirs.fileno(), *launch.sockets),
            # Ctrl-C is for the supervisor, which tells the workers in good order.
            start_new_session=True,
        )
        closing.pop_all()
    control = await Control.over(ours)
    await control.send(BEGIN, number=number, sockets=list(launch.sockets), key=launch.key)
    return Worker(process, control)
