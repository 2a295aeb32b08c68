"""Reports: from verdicts on conversations to verdicts on requirements, in three forms."""

import json
from xml.etree import ElementTree

import pytest

from vtmcp.conformance import report
from vtmcp.conformance.report import Report
from vtmcp.conformance.requirements import Gap, Requirement
from vtmcp.conformance.runner import Verdict
from vtmcp.conformance.vectors import Case, parse


def case(name: str, level: str = "must", rule: str = "ping") -> Case:
    text = f"Title of {name}\nrule: {rule}\nlevel: {level}\n\nquiet\n"
    vector = parse(text, f"stdio/2025-06-18/{name}.txt")
    return Case(vector, "2025-06-18", "stdio")


def requirement(id: str = "ping", **more: object) -> Requirement:
    fields = {
        **{"id": id, "level": "must", "page": "basic", "text": "Pings are answered."},
        **{"revisions": ("2025-06-18",), "transports": ("stdio",), "vectors": (), "untested": ""},
    }
    return Requirement(**{**fields, **more})  # type: ignore[arg-type]


PASSED = Verdict(case("good"), "passed", "", ("> a",))
FAILED = Verdict(case("bad"), "failed", "not\x00 so", ("> a", "< \ud800b"), ("last words",))
ADVISED = Verdict(case("advised", "should"), "failed", "better not")
SKIPPED = Verdict(case("skipped"), "skipped", "the server has no x")

GAPS = {str(FAILED.case): Gap(str(FAILED.case), "known since long")}

ROWS: dict[str, tuple[list[Verdict], dict[str, Gap], str, bool]] = {
    "all pass": ([PASSED], {}, "kept", False),
    "some are skipped": ([PASSED, SKIPPED], {}, "kept", False),
    "all are skipped": ([SKIPPED], {}, "skipped", False),
    "a must fails": ([PASSED, FAILED], {}, "broken", True),
    "what is advised fails": ([PASSED, ADVISED], {}, "advised, not done", False),
    "a known gap": ([PASSED, FAILED], GAPS, "known gap", False),
    "a gap that is none": (
        [PASSED],
        {str(PASSED.case): Gap(str(PASSED.case), "old")},
        "kept",
        True,
    ),
}


@pytest.mark.parametrize(
    ("verdicts", "gaps", "wanted", "is_breach"), ROWS.values(), ids=ROWS.keys()
)
def test_a_requirement_gets_its_verdict(
    verdicts: list[Verdict], gaps: dict[str, Gap], wanted: str, is_breach: bool
) -> None:
    found = Report([requirement()], verdicts, gaps)
    assert [row.verdict for row in found.rows] == [wanted]
    assert found.is_breach == is_breach


def test_only_what_concerns_the_run_is_told() -> None:
    others = [
        requirement("other.revision", revisions=("2026-07-28",)),
        requirement("other.transport", transports=("http",)),
        requirement("no.verdicts"),
        requirement("not.tested", untested="it cannot be seen"),
    ]
    found = Report([requirement(), *others], [PASSED], {})
    assert [row.requirement.id for row in found.rows] == ["ping", "not.tested"]
    assert "it cannot be seen" in report.table(found)


def test_the_table_names_evidence() -> None:
    many = [Verdict(case(f"bad{number}"), "failed", "no") for number in range(5)]
    text = report.table(Report([requirement()], [PASSED, SKIPPED, *many], {}))
    assert "ping         broken" in text
    assert "1 passed, 5 failed, 1 skipped: stdio/2025-06-18/bad0@2025-06-18/stdio, " in text
    assert "and 2 more" in text
    assert "Pings are answered." in text
    assert "1 requirements: 1 broken" in text
    assert "7 conversations: 1 passed, 5 failed, 1 skipped; 5 of the failed are a must" in text


def test_the_table_says_what_is_missing_and_which_gaps_are_closed() -> None:
    gaps = {str(PASSED.case): Gap(str(PASSED.case), "old")}
    text = report.table(Report([requirement()], [SKIPPED], {}))
    assert "1 skipped: the server has no x" in text
    assert "strike it off: stdio/2025-06-18/good" in report.table(
        Report([requirement()], [PASSED], gaps)
    )


def test_everything_is_told_as_json() -> None:
    told = json.loads(report.as_json(Report([requirement()], [PASSED, FAILED], GAPS)))
    assert told["is_breach"] is False
    assert told["requirements"][0]["cases"] == [str(PASSED.case), str(FAILED.case)]
    good, bad = told["verdicts"]
    assert (good["outcome"], good["conversation"], good["known_gap"]) == ("passed", [], None)
    assert bad["known_gap"] == "known since long"
    assert bad["conversation"][0] == "> a"
    assert bad["stderr"] == ["last words"]


def test_build_servers_get_their_report() -> None:
    found = Report([requirement()], [PASSED, FAILED, ADVISED, SKIPPED], {})
    suite = ElementTree.fromstring(report.junit(found))
    assert suite.attrib["tests"] == "4"
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == ("1", "2")
    good, bad, advised, skipped = suite
    assert [len(row) for row in (good, bad, advised, skipped)] == [0, 1, 1, 1]
    assert bad[0].tag == "failure"
    assert bad[0].attrib["message"] == "not\ufffd so"
    assert "< \ufffdb" in (bad[0].text or "")
    assert advised[0].attrib["message"] == "only advised: better not"
    assert skipped[0].attrib["message"] == "the server has no x"


def test_build_servers_take_a_known_gap_for_skipped() -> None:
    suite = ElementTree.fromstring(report.junit(Report([requirement()], [FAILED], GAPS)))
    assert suite[0][0].tag == "skipped"
    assert "known since long" in suite[0][0].attrib["message"]


TOLD = {
    "what passed": (PASSED, ["PASSED", "Title of good"], ["> a"]),
    "what was skipped": (SKIPPED, ["SKIPPED", "the server has no x"], []),
    "what failed": (FAILED, ["FAILED", "must, ping", "> a", "last words"], []),
}


@pytest.mark.parametrize(("verdict", "there", "missing"), TOLD.values(), ids=TOLD.keys())
def test_a_verdict_is_told_with_its_evidence(
    verdict: Verdict, there: list[str], missing: list[str]
) -> None:
    text = report.told(verdict)
    assert all(word in text for word in there)
    assert not any(word in text for word in missing)
