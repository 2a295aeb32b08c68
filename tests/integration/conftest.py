"""The database of these tests, opened once."""

from collections.abc import Iterator

import pytest

from tests.integration.upstream import Upstream, upstream


@pytest.fixture(scope="session")
def database() -> Iterator[Upstream]:
    with upstream() as opened:
        yield opened
