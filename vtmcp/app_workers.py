"""Several processes for one server (`MCP_WORKERS`): from settings to a supervisor, and to a worker.

Must not be here: how workers are kept (`workers`), or what one serves (`app`).
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import anyio
from anyio.abc import SocketAttribute, SocketListener

from vtmcp import __version__
from vtmcp.app_web import CLOSING_S, KEY_BYTES, say_listening
from vtmcp.config import Config, ConfigError
from vtmcp.logs import Log
from vtmcp.transports.binding import ListenError, address_of, bind, close_all
from vtmcp.web import ENDPOINT_PATH
from vtmcp.workers.link import Link, LinkError, begin
from vtmcp.workers.supervisor import Plan, Supervisor
from vtmcp.workers.worker import Launch

COMMAND = "__worker"
"""The word of the command line by which a worker is started."""


def supervise(config: Config, env: Mapping[str, str], log: Log) -> int:
    """Keep as many workers as the settings say; the exit code. Raises `ConfigError`."""
    if os.name != "posix":
        raise ConfigError(
            "MCP_WORKERS: this system cannot hand a socket to other processes; accepted: 1"
        )
    log.info("serving", version=__version__, mode=config.mode, workers=config.workers)
    try:
        return anyio.run(_supervise, config, env, log)
    except ListenError as error:
        raise ConfigError(f"MCP_LISTEN_ADDR: {error}") from None


def begin_work(env: Mapping[str, str], descriptor: int) -> tuple[Config, Link]:
    """The settings of this worker, and its supervisor. Raises `ConfigError`."""
    config = Config.from_env(env)
    try:
        link = begin(descriptor)
    except LinkError as error:
        raise ConfigError(f"{COMMAND}: {error}") from None
    return share_of(config, link.number, link.key), link


def share_of(config: Config, number: int, key: str) -> Config:
    """The settings of one worker: the key of all, and its part of what holds for all together.

    What is kept by caller is not divided: it holds in each worker.
    """
    part = partial(_part, workers=config.workers, number=number)
    return replace(
        config,
        session_key=key,
        total_rate_limit=part(config.total_rate_limit),
        total_calls=part(config.total_calls),
        queue_calls=part(config.queue_calls),
    )


async def _supervise(config: Config, env: Mapping[str, str], log: Log) -> int:
    listeners = await bind(*config.listen)
    try:
        launch = Launch(
            # Without -P the folder that we stand in would come before all others; with it, and
            # this path, a worker imports from where we do.
            [sys.executable, "-P", "-m", "vtmcp", COMMAND],
            {**env, "PYTHONPATH": os.pathsep.join(sys.path)},
            [_descriptor(listener) for listener in listeners],
            config.session_key or os.urandom(KEY_BYTES).hex(),
        )
        plan = Plan(launch, config.workers, config.shutdown_timeout_s + CLOSING_S)
        addresses = [address_of(listener) for listener in listeners]
        return await Supervisor(plan, log).run(
            partial(say_listening, config, log, addresses, ENDPOINT_PATH),
            partial(close_all, listeners),
        )
    finally:
        await close_all(listeners)


def _descriptor(listener: SocketListener) -> int:
    return listener.extra(SocketAttribute.raw_socket).fileno()


def _part(whole: int, *, workers: int, number: int) -> int:
    """One of so many parts that are the whole together; who comes first has what is left over."""
    return whole // workers + (number < whole % workers)
