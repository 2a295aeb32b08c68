"""A sign of life on a terminal, and none elsewhere."""

import io

import anyio
import pytest

from vtmcp.shell import spinner as tested
from vtmcp.shell.spinner import Spinner

pytestmark = pytest.mark.anyio


class Screen(io.StringIO):
    """A terminal that tells when something was written for the third time."""

    def __init__(self) -> None:
        super().__init__()
        self.turned = anyio.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.getvalue().count("\r") == 3:
            self.turned.set()
        return written


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tested, "SHOWS_AFTER_S", 0)
    monkeypatch.setattr(tested, "TURNS_S", 0.001)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")


async def test_it_turns_says_how_far_and_takes_itself_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    spinner = Spinner("traces", is_verbose=True)
    spinner.progress("3/10 reading\x1b[2J\n" + "x" * 100)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(spinner.run)
            await screen.turned.wait()
            spinner.log("info", "found\nit")
            tasks.cancel_scope.cancel()
    said = screen.getvalue()
    assert r"traces 0 s 3/10 reading\u001b[2J" in said
    assert "\r\033[Kinfo: found it\n" in said
    assert max(map(len, said.replace("\033[K", "").split("\r"))) < 40
    assert said.endswith(("\r\033[K", "it\n"))


async def test_a_pipe_is_told_nothing_but_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    spinner = Spinner("traces", is_verbose=True)
    with anyio.fail_after(5):
        await spinner.run()
    spinner.log("info", "found")
    assert capsys.readouterr().err == "info: found\n"
    Spinner("traces").log("info", "found")
    assert capsys.readouterr().err == ""
