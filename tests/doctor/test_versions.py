"""Which version it is, and what it lacks."""

import pytest

from tests.victoriatraces.recordings import recorded
from vtmcp.doctor.versions import judge_version, number_of, read_version
from vtmcp.victoriatraces.response import HttpResponse

SOURCES: dict[str, tuple[HttpResponse | None, str, str, str]] = {
    "the page for it": (recorded("009-buildinfo"), "v9.9.9", "", "v0.9.0"),
    "an old version has no such page": (HttpResponse(400, (), b"{}"), "v0.3.0", "b", "v0.3.0"),
    "another JSON": (HttpResponse(200, (), b'{"data":{}}'), "", "build-1", "build-1"),
    "no JSON": (HttpResponse(200, (), b"<html>"), "", "build-1", "build-1"),
    "nothing tells": (None, "", "", ""),
}


@pytest.mark.parametrize(
    ("buildinfo", "release", "build", "version"), SOURCES.values(), ids=SOURCES
)
def test_the_version_is_found(
    buildinfo: HttpResponse | None, release: str, build: str, version: str
) -> None:
    assert read_version(buildinfo, release, build) == version


VERDICTS = {
    "all there": ("v0.9.0", "ok", "v0.9.0: all that vtmcp asks for", ""),
    "later": ("v0.12.0", "ok", "all that vtmcp asks for", ""),
    "in the name of a build": (
        "victoria-traces-20260529-000000-tags-v0.9.0-0-g895a56bb",
        "ok",
        "all that vtmcp",
        "",
    ),
    "no hidden fields": ("v0.8.2", "warn", "v0.8.2: hidden fields are hidden by vtmcp", "upgrade"),
    "no regular expressions": ("v0.8.0", "warn", "no regular expressions in tags", "v0.9.0 or"),
    "no service graph": ("v0.3.0", "warn", "no service graph (dependencies); ", "upgrade"),
    "a build of nobody": ("victoria-traces-abc", "warn", "has no release number", "v0.9.0 or"),
    "not told": ("", "warn", "it is not told, so what it supports is not known", "release"),
    "hostile": ("\x1b[31mred\n", "warn", "the build red\\n has no", "release"),
}


@pytest.mark.parametrize(
    ("version", "verdict", "evidence", "remedy"), VERDICTS.values(), ids=VERDICTS
)
def test_what_a_version_lacks(version: str, verdict: str, evidence: str, remedy: str) -> None:
    finding = judge_version(version)
    assert finding.verdict == verdict
    assert evidence in finding.evidence
    assert remedy in finding.remedy
    assert bool(remedy) == bool(finding.remedy)


def test_numbers_are_compared_as_numbers() -> None:
    assert number_of("v0.10.0") == (0, 10, 0)
    assert number_of("devil1.2.3") is None
