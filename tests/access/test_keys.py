"""What opens the door, and what the policy says, as the files are now."""

from hashlib import sha256
from pathlib import Path

import pytest

from vtmcp.access.gate import CallLimits
from vtmcp.access.keys import Keys
from vtmcp.access.permissions import EVERYTHING, NOTHING
from vtmcp.access.policy import read_policy
from vtmcp.access.tokens import BEARER, hash_token, read_token_file
from vtmcp.access.watched_file import WatchedFile

POLICY = """
[callers.agent]
token_sha256 = "{token}"
tools = ["trace"]
tenants = ["7:0"]
calls_per_minute = {rate}
"""

USUAL = CallLimits(100, 9)


def policy_text(token: str = "abc", rate: int = 5) -> str:
    return POLICY.format(token=sha256(token.encode()).hexdigest(), rate=rate)


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(policy_text())
    return path


def keys(policy: Path, token_file: Path | None = None) -> Keys:
    return Keys(
        token=hash_token("own"),
        token_file=WatchedFile("T", str(token_file), read_token_file) if token_file else None,
        policy_file=WatchedFile(
            "P", str(policy), lambda data: read_policy(data, read_tenant=lambda text: text)
        ),
    )


def test_all_ways_in_are_open_at_once(policy: Path, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("filed")
    expected = [hash_token("own"), hash_token("filed"), hash_token("abc", "agent")]
    assert keys(policy, file).hashes() == expected
    assert Keys().hashes() == []


def test_a_token_is_changed_without_a_restart(policy: Path, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    found = keys(policy, file)
    file.write_text("new")
    policy.write_text(policy_text("xyz"))
    expected = [hash_token("own"), hash_token("new"), hash_token("xyz", "agent")]
    assert found.hashes() == expected


def test_a_caller_may_do_what_the_policy_says_now(policy: Path) -> None:
    found = keys(policy)
    assert found.permissions("agent").allows_tool("trace")
    assert not found.permissions("agent").allows_tool("traces")
    policy.write_text(policy_text().replace('"trace"', '"traces"'))
    assert not found.permissions("agent").allows_tool("trace")
    assert found.permissions("agent").allows_tool("traces")


def test_a_caller_that_the_policy_does_not_name_may_do_nothing(policy: Path) -> None:
    for caller in ("eve", "user:agent", ""):
        assert keys(policy).permissions(caller) == NOTHING


def test_the_owner_of_the_one_token_may_do_all(policy: Path) -> None:
    assert keys(policy).permissions(BEARER) == EVERYTHING


def test_without_a_policy_everyone_may_do_all() -> None:
    assert Keys().permissions("user:bob") == EVERYTHING


LIMITS = {
    "what the policy says, else the usual": ("agent", CallLimits(5, 9)),
    "the usual for the one token": (BEARER, USUAL),
    "the usual for whom it does not name": ("eve", USUAL),
}


@pytest.mark.parametrize(("caller", "limits"), LIMITS.values(), ids=LIMITS)
def test_limits_are(policy: Path, caller: str, limits: CallLimits) -> None:
    assert keys(policy).limits(caller, USUAL) == limits
