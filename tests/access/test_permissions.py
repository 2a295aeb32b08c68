"""What is listed is allowed, and nothing else."""

import pytest

from vtmcp.access.permissions import EVERYTHING, NOTHING, Permissions

SOME = Permissions(frozenset({"trace"}), frozenset({"7:0"}), frozenset({"eu"}))

QUESTIONS = {
    "a listed name": (SOME, ("trace", "7:0", "eu"), True),
    "another name": (SOME, ("traces", "7:1", "us"), False),
    "part of a name": (SOME, ("trac", "7", "e"), False),
    "a name in another case": (SOME, ("Trace", "7:0 ", "EU"), False),
    "anything, where all is allowed": (EVERYTHING, ("trace", "7:0", "eu"), True),
    "the mark for all, where only some is": (SOME, ("*", "*", "*"), False),
    "anything, where nothing is": (NOTHING, ("trace", "7:0", "eu"), False),
    "no tool and no tenant": (SOME, ("", "", "us"), False),
}


@pytest.mark.parametrize(("permissions", "names", "allowed"), QUESTIONS.values(), ids=QUESTIONS)
def test_a_name_is_allowed_when_it_is_listed(
    permissions: Permissions, names: tuple[str, str, str], allowed: bool
) -> None:
    tool, tenant, deployment = names
    assert permissions.allows_tool(tool) is allowed
    assert permissions.allows_tenant(tenant) is allowed
    assert permissions.allows_deployment(deployment) is allowed


def test_the_usual_deployment_needs_no_listing() -> None:
    assert NOTHING.allows_deployment("")
