"""The alert rules: their shape, that they ask for what we count, and that each is told of."""

import re
import subprocess

import promql_parser
import pytest
import yaml

from tests.deploy.promql import faults
from tests.deploy.tools import DEPLOY, PROMTOOL, SECONDS_MAX, Json

FILE = DEPLOY / "vmalert" / "vtmcp.yaml"
CASES = DEPLOY / "vmalert" / "vtmcp.test.yaml"
[GROUP] = yaml.safe_load(FILE.read_text("utf-8"))["groups"]
RULES: dict[str, Json] = {rule["alert"]: rule for rule in GROUP["rules"]}
EACH = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)

WANTED = {
    *("VtmcpDown", "VtmcpToolErrors", "VtmcpSlowCalls", "VtmcpDatabaseUnreachable"),
    *("VtmcpRefusedCallers", "VtmcpManyCancelled", "VtmcpRestarts"),
}

DURATION = re.compile(r"[0-9]+[smh]")


def test_each_has_a_name_of_its_own_and_none_that_is_wanted_is_missing() -> None:
    assert len(RULES) == len(GROUP["rules"])
    assert set(RULES) >= WANTED
    assert DURATION.fullmatch(GROUP["interval"])


@EACH
def test_a_rule_says_how_bad_it_is_and_what_to_do(rule: Json) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert DURATION.fullmatch(rule["for"])
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description"}
    assert rule["annotations"]["description"].endswith(".")


@EACH
def test_a_rule_asks_for_what_is_counted(rule: Json) -> None:
    assert not faults(rule["expr"])


@EACH
def test_a_rule_compares_with_a_threshold(rule: Json) -> None:
    expression = promql_parser.parse(rule["expr"])
    assert isinstance(expression, promql_parser.BinaryExpr)
    assert re.search(r"(?:>|==) [0-9.]+(?:$|\s)", rule["expr"])


@EACH
def test_labels_that_a_text_names_are_left_by_the_expression(rule: Json) -> None:
    texts = " ".join(rule["annotations"].values())
    grouped = re.findall(r"by \(([^)]*)\)", rule["expr"])
    left = {label.strip() for each in grouped for label in each.split(",")} or {"job", "instance"}
    assert set(re.findall(r"\$labels\.(\w+)", texts)) <= left


@EACH
def test_the_reason_of_a_threshold_stands_above_it(rule: Json) -> None:
    lines = FILE.read_text("utf-8").splitlines()
    at = lines.index(f"      - alert: {rule['alert']}")
    assert lines[at - 1].startswith("      # ")


def test_each_alert_has_a_case_in_which_it_fires() -> None:
    cases = yaml.safe_load(CASES.read_text("utf-8"))["tests"]
    fired = {
        each["alertname"]
        for case in cases
        for each in case["alert_rule_test"]
        if each["exp_alerts"]
    }
    assert fired == set(RULES)


@pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool")
@pytest.mark.parametrize("words", [("check", FILE), ("test", CASES)], ids=["check", "test"])
def test_promtool_agrees(words: tuple[str, object]) -> None:
    assert PROMTOOL is not None
    done = subprocess.run(
        [PROMTOOL, words[0], "rules", str(words[1])],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
