"""Keeps as many workers as there shall be: starts them, starts them again, ends them.

Each place in the row of workers has a task. Must not be here: what a worker serves, and settings.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from signal import SIGINT, SIGTERM, Signals
from typing import NamedTuple, Protocol

import anyio
from anyio.abc import TaskGroup, TaskStatus

from vtmcp.logs import Log
from vtmcp.metrics import Registry
from vtmcp.workers import frames
from vtmcp.workers.counts import Counts
from vtmcp.workers.frames import KIND, Frame
from vtmcp.workers.restarts import Restarts
from vtmcp.workers.worker import Launch, Worker, start_worker

EXIT_SETTINGS = 2
"""A worker that ends with it found the settings wrong, and has said so."""

GATHER_S = 1.0
"""How long the counts of a worker are waited for; of one that hangs, the last ones are taken."""

MARGIN_S = 4.0
"""What a worker gets beyond the time of its own stop before it is killed: to send its last spans,
to let go of the database, and to leave the interpreter."""

NOT_STARTED = 1
"""Stands for the exit code of a worker that the system did not start."""


class Closing(Protocol):
    """What is listened on."""

    async def __call__(self) -> None: ...


class Plan(NamedTuple):
    """How many workers, and how they end."""

    launch: Launch
    workers: int

    stop_s: float
    """How long a worker may take for a stop in good order, by its settings."""


class Supervisor:
    """`run` lasts until a signal, or until it is clear that no worker can be started."""

    def __init__(self, plan: Plan, log: Log) -> None:
        self._plan = plan
        self._log = log
        self._places = [_Place(number) for number in range(plan.workers)]
        self._counts = Counts()
        self._stopping = anyio.Event()
        self._starting = anyio.Lock()
        """Held while a worker is started: what is listened on stays open meanwhile."""
        self._is_killing = False
        self._code = 0
        self.registry = Registry()
        """What the supervisor itself counts."""
        self._restarts = self.registry.counter(
            "vtmcp_worker_restarts_total",
            "Workers that were started in the place of one that died.",
        )
        serving = self.registry.gauge("vtmcp_workers", "Processes that serve clients.")
        self.registry.before_snapshot(lambda: serving.set(sum(map(_is_serving, self._places))))

    async def run(self, serving: Callable[[], None], closing: Closing) -> int:
        """Keep workers, and return the exit code.

        `serving` is told when all of them serve for the first time; `closing` is to close what is
        listened on: otherwise clients would queue there while the workers end.
        """
        async with anyio.create_task_group() as tasks:
            await tasks.start(self._obey_signals)
            tasks.start_soon(self._end_in_order, closing)
            async with anyio.create_task_group() as keeping:
                await self._begin(keeping)
                if not self._stopping.is_set():
                    serving()
            tasks.cancel_scope.cancel()
        return self._code

    async def _begin(self, keeping: TaskGroup) -> None:
        """Start one worker and, when it serves, the others: what is wrong with the settings is
        said by the first, and once."""
        first, *others = self._places
        for places in ([first], others):
            for place in places:
                if not self._stopping.is_set():
                    keeping.start_soon(self._keep, place)
            for place in places:
                if not self._stopping.is_set():
                    await place.begun.wait()

    async def _keep(self, place: "_Place") -> None:
        """Have a worker at this place until all are to stop."""
        restarts = Restarts()
        while not self._stopping.is_set():
            since_s = time.monotonic()
            code, pid = await self._serve(place)
            if self._stopping.is_set():
                break
            others_serve = any(map(_is_serving, self._places))
            if code == EXIT_SETTINGS and not others_serve:
                self._code = code
                self._stopping.set()
                break
            pause_s = restarts.pause_s(time.monotonic() - since_s, others_serve=others_serve)
            self._restarts.add()
            self._log.warn(
                "worker ended", worker=place.number, pid=pid, **_how(code), restart_s=pause_s
            )
            with anyio.move_on_after(pause_s):
                await self._stopping.wait()
        place.begun.set()

    async def _serve(self, place: "_Place") -> tuple[int, int]:
        """Start a worker, and attend to it until it ends; its exit code and process id."""
        try:
            async with self._starting:
                if self._stopping.is_set():
                    return 0, 0
                worker = await start_worker(self._plan.launch, place.number)
        except OSError as error:
            self._log.error("worker cannot be started", reason=error.strerror or "OSError")
            return NOT_STARTED, 0
        place.worker = worker
        self._log.info("worker started", worker=place.number, pid=worker.pid)
        if self._is_killing:
            worker.kill()
        elif self._stopping.is_set():
            await worker.control.send(frames.STOP)
        async with anyio.create_task_group() as tasks:
            async for frame in worker.control.frames():
                self._heed(frame, place, worker, tasks)
            tasks.cancel_scope.cancel()
        code = await worker.ended(self._plan.stop_s + MARGIN_S)
        place.worker = None
        self._counts.lose(place.number)
        return code, worker.pid

    def _heed(self, frame: Frame, place: "_Place", worker: Worker, tasks: TaskGroup) -> None:
        match frame[KIND]:
            case frames.READY:
                worker.is_ready = True
                place.begun.set()
            case frames.COUNTS:
                self._counts.take(place.number, frame["counts"])
                if frame.get("asked"):
                    worker.counted()
            case frames.ASK:
                # What a client is shown is kept, so that no counter ever falls.
                self._counts.take(place.number, frame["counts"])
                tasks.start_soon(self._tell_total, frame["number"], worker)

            case frames.NOTE:
                for other in self._others(worker):
                    if not other.control.is_behind:
                        tasks.start_soon(
                            partial(other.control.send, frames.NOTE, note=frame["note"])
                        )

    async def _tell_total(self, number: int, worker: Worker) -> None:
        with anyio.move_on_after(GATHER_S):
            async with anyio.create_task_group() as tasks:
                for other in self._others(worker):
                    tasks.start_soon(other.count)
        total = self._counts.total(self.registry.snapshot())
        await worker.control.send(frames.TOTAL, number=number, counts=total)

    def _others(self, worker: Worker) -> list[Worker]:
        """The workers that serve beside this one."""
        found = (place.worker for place in self._places if _is_serving(place))
        return [other for other in found if other is not None and other is not worker]

    async def _end_in_order(self, closing: Closing) -> None:
        """End all workers once they are to stop, by force where they do not."""
        await self._stopping.wait()
        async with self._starting:
            await closing()
        if not self._code:
            self._log.info("stopping")
        with anyio.move_on_after(self._plan.stop_s + MARGIN_S):
            async with anyio.create_task_group() as tasks:
                for place in self._places:
                    if place.worker is not None:
                        tasks.start_soon(place.worker.control.send, frames.STOP)
            await anyio.sleep_forever()
        self._kill()

    def _kill(self) -> None:
        self._is_killing = True
        for place in self._places:
            if place.worker is not None:
                place.worker.kill()

    async def _obey_signals(
        self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED
    ) -> None:
        with anyio.open_signal_receiver(SIGINT, SIGTERM) as signals:
            task_status.started()
            async for _ in signals:
                if self._stopping.is_set():
                    self._kill()
                self._stopping.set()


class _Place:
    """One of the row of workers."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.worker: Worker | None = None
        self.begun = anyio.Event()
        """The first worker here serves, or there is none any more."""


def _is_serving(place: _Place) -> bool:
    return place.worker is not None and place.worker.is_ready


def _how(code: int) -> dict[str, str | int]:
    """How a process ended, in words for a log."""
    if code >= 0:
        return {"code": code}
    name = f"signal {-code}"
    with suppress(ValueError):
        name = Signals(-code).name
    return {"signal": name}
