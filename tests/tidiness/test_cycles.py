"""No module imports itself by way of others, at its top, in functions, or for types alone."""

from graphlib import CycleError, TopologicalSorter

import pytest

from tests.tidiness.source import imports, is_ours, modules


def graph() -> dict[str, set[str]]:
    """Each module and the modules of ours that it names."""
    return {
        name: {found.name for found in imports(module) if is_ours(found.name)} - {name}
        for name, module in modules().items()
    }


def test_there_are_no_import_cycles() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_each_import_of_ours_is_there() -> None:
    imported = {f"{name} imports {other}" for name, others in graph().items() for other in others}
    missing = [text for text in sorted(imported) if text.split()[-1] not in modules()]
    assert not missing
