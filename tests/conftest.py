"""What all tests share: the event loop of async tests, and the line that names the database."""

import os

import pytest
from hypothesis import settings

from tests.integration.upstream import mode

settings.register_profile("quick", max_examples=40)
settings.register_profile("long", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Said here and not in the header, which a quiet run does not show."""
    terminalreporter.write_line(mode())
