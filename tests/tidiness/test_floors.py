"""Imports go down only: who may know whom, and what the engine may never reach."""

import sys
import tomllib
from collections.abc import Iterable

import pytest

from tests.tidiness.source import ROOT, Import, Module, imports, is_ours, modules

ENGINE = ("", "protocol", "transports", "handlers", "router", "states", "serve", "web", "server")
"""The rooms that `vtmcp` itself, the public API of the engine, is made of."""

GROUND = (
    *("durations", "logs", "metrics", "metrics_file", "process_figures", "protocol", "search"),
    "traces",
)

FLOORS: dict[str, tuple[str, ...]] = {
    # The ground knows nobody, but for the vocabulary of traces and of durations.
    "durations": (),
    "logs": (),
    "metrics": (),
    "metrics_file": (),
    "posting": (),
    "process_figures": (),
    "protocol": (),
    "search": (),
    "toml_text": (),
    "traces": ("durations",),
    "config_values": ("durations", "traces"),
    "config_variable": (),
    "config_callers": ("config_values", "config_variable"),
    "config_telemetry": ("config_values", "config_variable"),
    "config_variables": ("config_values", "config_variable", "config_callers", "config_telemetry"),
    "config": ("config_values", "config_variable", "config_variables", "traces"),
    # The sources of traces.
    "victoriatraces": ("durations", "traces"),
    "demo": ("durations", "traces", "telemetry", "posting"),
    # Spans of our own, and how any span travels.
    "telemetry": ("protocol", "traces", "posting"),
    # Floor 1: neighbours do not see each other.
    "transports": ("protocol",),
    "handlers": ("protocol", "traces", "search", "durations"),
    # Who may call: it knows requests and tokens, and nothing of tools.
    "access": ("protocol", "transports", "posting", "toml_text"),
    # Floor 2: the router, the one loop that awaits, and the engine put together.
    "router": ("protocol", "handlers"),
    "states": ("protocol",),
    "serve": ("protocol", "handlers", "transports", "router", "states"),
    # Floor 3: put together for embedders: over HTTP, and as a whole.
    "web": ("protocol", "transports"),
    "server": ("protocol", "handlers", "transports", "router", "states", "serve", "web"),
    "": ("protocol", "handlers", "transports", "router", "serve", "server"),
    # Embedders of the engine: our own know no more of it than anyone else may.
    "conformance": ENGINE,
    # A client of any server over stdio, for the demonstration.
    "stdio_client": ("", "protocol"),
    # Floor 3 and 4: what puts the product together, and the command line.
    "callers": (*ENGINE, "traces"),
    "app_callers": (*ENGINE, *GROUND, "access", "callers", "config"),
    "app_metrics": (*ENGINE, *GROUND, "victoriatraces"),
    "app_calls": (*ENGINE, "logs", "app_metrics"),
    # One process that supervises others; it knows nothing of what they serve.
    "workers": ("protocol", "logs", "metrics"),
    "app_workers": (*ENGINE, "logs", "config", "app_web", "workers"),
    "app_telemetry": (
        *(*ENGINE, *GROUND, "app_calls", "config", "posting", "telemetry", "victoriatraces"),
    ),
    "app_web": (*ENGINE, *GROUND, "app_callers", "app_metrics", "config", "workers"),
    "config_instances": ("config_values", "toml_text", "traces"),
    "app_instances": ("handlers", "config", "config_instances"),
    "app_desk": (
        *("handlers", "traces", "logs", "config", "callers", "app_instances", "victoriatraces"),
    ),
    "app": (
        *(*ENGINE, *GROUND, "config", "config_values", "callers", "app_callers", "app_web"),
        "app_desk",
        *("app_metrics", "app_calls", "app_telemetry", "app_workers", "victoriatraces", "demo"),
        "workers",
    ),
    # The files of other programs: their shapes, and how they are edited.
    "clients": (
        *("config_callers", "config_values", "config_variable", "config_variables", "protocol"),
    ),
    "config_command": ("clients",),
    "docs_command": ("search",),
    "demo_session": ("protocol", "stdio_client"),
    # A person in a shell: a client of the product, and of any server.
    "shell": (*ENGINE, "app", "conformance", "config", "logs", "durations", "search"),
    # What is wrong between the product and its database, met as the product would meet it.
    "doctor": (
        *(*ENGINE, *GROUND, "app", "app_callers", "app_instances", "app_web", "victoriatraces"),
        *("config", "config_values", "config_variable", "config_variables"),
    ),
    "cli": (
        *("", "config_variables", "app", "conformance", "demo_session", "docs_command"),
        *("config_command", "demo", "doctor", "shell"),
    ),
    "__main__": ("cli",),
}
"""Each room, and the rooms that it may import besides itself."""

PRODUCT = ("traces", "search", "victoriatraces", "demo", "config", "app", "app_web", "cli")
"""The server's side: an embedder of the engine must never load it."""

NOT_IN_THE_ENGINE = {"anyio", "asyncio", "datetime", "logging", "os", "random", "select"} | {
    *("selectors", "signal", "socket", "ssl", "subprocess", "sys", "threading", "time")
}
"""No waiting, no clock, no socket, no environment: documents in, actions out."""

IMPORT_NAMES = {"rank-bm25": "rank_bm25"}
"""The module of a dependency, where it has another name."""


def named(imported: Iterable[Import]) -> list[str]:
    return [str(found) for found in imported]


@pytest.mark.parametrize("module", modules().values(), ids=modules())
def test_a_module_imports_downwards_only(module: Module) -> None:
    assert module.room in FLOORS, "a new room: give it its place in FLOORS and in ARCHITECTURE.md"
    allowed = {module.room, *FLOORS[module.room]}
    above = [found for found in imports(module) if is_ours(found.name)]
    too_high = named(found for found in above if found.room not in allowed)
    assert not too_high


def test_a_floor_never_stands_on_itself() -> None:
    def below(room: str) -> set[str]:
        return {deeper for under in FLOORS[room] for deeper in (under, *below(under))}

    assert all(under in FLOORS for allowed in FLOORS.values() for under in allowed)
    assert not [room for room in FLOORS if room in below(room)]


def test_the_engine_never_reaches_the_server() -> None:
    reached, waiting = set(), ["vtmcp", "vtmcp.server"]
    while waiting:
        name = waiting.pop()
        if name in modules() and name not in reached:
            reached.add(name)
            waiting.append(name.rpartition(".")[0])
            waiting.extend(found.name for found in imports(modules()[name]))
    assert not sorted(name for name in reached if modules()[name].room in PRODUCT)


def test_the_protocol_needs_two_libraries_and_never_the_world() -> None:
    allowed = (sys.stdlib_module_names | {"orjson", "jsonschema"}) - NOT_IN_THE_ENGINE
    foreign = named(
        found
        for module in modules().values()
        if module.room == "protocol"
        for found in imports(module)
        if not is_ours(found.name) and found.name.partition(".")[0] not in allowed
    )
    assert not foreign


def test_the_dependencies_are_those_that_are_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {text.partition(">=")[0] for text in project["dependencies"]}
    used = {
        found.name.partition(".")[0] for module in modules().values() for found in imports(module)
    }
    third_party = {name for name in used if name not in sys.stdlib_module_names} - {"vtmcp"}
    assert {IMPORT_NAMES.get(name, name) for name in declared} == third_party
