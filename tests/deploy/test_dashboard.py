"""The Grafana dashboard: its shape, and that each panel asks for what we count."""

import json
import re
from itertools import combinations
from typing import Any

import pytest

from tests.deploy.promql import families, faults, names
from tests.deploy.tools import DEPLOY, Json

BOARD: Json = json.loads((DEPLOY / "grafana" / "vtmcp.json").read_text("utf-8"))
PANELS: list[Json] = BOARD["panels"]
SHOWN = {panel["title"]: panel for panel in PANELS if panel["type"] != "row"}
EACH = pytest.mark.parametrize("panel", SHOWN.values(), ids=SHOWN)

COLUMNS = 24
"""The width of a dashboard."""

VARIABLES = {"$__rate_interval": "5m", "$__range": "3h", "$job": ".*", "$instance": ".*"}
"""What Grafana puts in."""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

WANTED = {
    *("vtmcp_call_seconds", "vtmcp_database_seconds", "vtmcp_answer_bytes"),
    *("vtmcp_calls_in_flight", "vtmcp_cancelled_calls_total", "vtmcp_refused_total"),
    *("vtmcp_open_connections", "vtmcp_open_sessions", "vtmcp_open_streams"),
    "vtmcp_build_info",
    *("process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"),
    "process_start_time_seconds",
}
"""What must be seen, beside all with the names of the established server."""


def filled(expression: str) -> str:
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def test_it_says_what_it_is() -> None:
    assert BOARD["uid"] == "vtmcp"
    assert BOARD["title"]
    assert BOARD["schemaVersion"] >= 36
    assert "id" not in BOARD, "an id of one Grafana would collide in another"


def test_each_panel_has_an_id_and_a_title_of_its_own() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)


def test_no_two_panels_overlap_and_none_sticks_out() -> None:
    def cells(panel: Json) -> set[tuple[int, int]]:
        at = panel["gridPos"]
        assert at["x"] >= 0
        assert at["x"] + at["w"] <= COLUMNS, panel["title"]
        rows, columns = range(at["y"], at["y"] + at["h"]), range(at["x"], at["x"] + at["w"])
        return {(x, y) for y in rows for x in columns}

    taken = {panel["title"]: cells(panel) for panel in PANELS}
    for (one, ours), (other, theirs) in combinations(taken.items(), 2):
        assert not ours & theirs, f"{one} and {other}"


@EACH
def test_a_panel_says_what_it_shows_and_in_which_unit(panel: Json) -> None:
    assert panel["description"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"] == DATASOURCE
    references = [target["refId"] for target in panel["targets"]]
    assert references
    assert len(set(references)) == len(references)


@EACH
def test_a_panel_asks_for_what_is_counted(panel: Json) -> None:
    for target in panel["targets"]:
        assert target["datasource"] == DATASOURCE
        assert not faults(filled(target["expr"]))
        assert set(re.findall(r"\$\w+", target["expr"])) <= set(VARIABLES)


@EACH
def test_a_panel_shows_the_chosen_jobs_and_instances_only(panel: Json) -> None:
    for target in panel["targets"]:
        read = re.findall(r"\{([^}]*)\}", target["expr"])
        assert read
        assert all(each.startswith('job=~"$job", instance=~"$instance"') for each in read)


@EACH
def test_what_a_legend_names_is_what_is_grouped_by(panel: Json) -> None:
    for target in panel["targets"]:
        named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        grouped = re.findall(r"(?:by|group_left) \(([^)]*)\)", target["expr"])
        labels = {label for each in grouped for label in re.split(r",\s*", each)}
        assert named <= labels | {"instance"}


def test_counters_are_never_shown_as_they_are() -> None:
    for panel in SHOWN.values():
        for target in panel["targets"]:
            for name in names(filled(target["expr"])):
                if name.endswith(("_total", "_bucket", "_sum", "_count")):
                    assert re.search(rf"(?:rate|increase)\({name}\b", target["expr"]), name


def test_everything_that_should_be_seen_is_shown() -> None:
    ours = families()
    shown = {
        ours[name].name
        for panel in SHOWN.values()
        for target in panel["targets"]
        for name in names(filled(target["expr"]))
        if name in ours
    }
    established = {each.name for each in ours.values() if each.name.startswith("mcp_")}
    assert WANTED | established <= shown


def test_the_variables_are_those_that_panels_use() -> None:
    listed: list[Any] = BOARD["templating"]["list"]
    assert [each["name"] for each in listed] == ["datasource", "job", "instance"]
    assert listed[0]["type"] == "datasource"
    for each in listed[1:]:
        asked = re.fullmatch(r"label_values\((.+), (\w+)\)", each["definition"])
        assert asked
        assert asked[2] == each["name"]
        assert not faults(filled(asked[1]))


WRONG = {
    "a metric that is not there": ("rate(vtmcp_calls_total[5m])", "no metric"),
    "the histogram itself": ("vtmcp_call_seconds", "no metric"),
    "a label that it does not have": ('vtmcp_calls_in_flight{name="trace"}', "no label name"),
    "a value that is never there": ('vtmcp_refused_total{what="token"}', "never token"),
    "grouping by what is not there": ("sum by (tool) (vtmcp_calls_in_flight)", "label tool"),
}


@pytest.mark.parametrize(("expression", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_expression_would_be_found(expression: str, said: str) -> None:
    assert said in "; ".join(faults(expression))


def test_what_is_no_promql_would_be_found() -> None:
    with pytest.raises(ValueError, match=r"\S"):
        faults("sum(rate(vtmcp_call_seconds_count[5m])")
