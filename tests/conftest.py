"""What all tests share: the event loop of async tests, and the line that names the database."""

import pytest

from tests.integration.upstream import mode


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Said here and not in the header, which a quiet run does not show."""
    terminalreporter.write_line(mode())
