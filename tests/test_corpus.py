"""The corpus: front matter, headings, links, and that names in it are real ones.

`tests/facts/` lists the flags, endpoints, metrics and variables that exist. A name that is not
there is a mistake in the page, or a new one that someone has to check. The variables of vtmcp
itself are those of `vtmcp.config`.
"""

import re
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from vtmcp.config_variable import Variable
from vtmcp.config_variables import VARIABLES
from vtmcp.search.corpus import load_pages
from vtmcp.search.page import Page
from vtmcp.search.passages import PASSAGE_BYTES_MAX, all_passages, passages_of

FACTS = Path(__file__).with_name("facts")

PAGES = {page.path: page for page in load_pages()}

LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
CODE_BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
FLAG = re.compile(r"(--?[A-Za-z][\w.]*)(\*?)")
FLAG_WITH_VALUE = re.compile(r"(?<!\S)(-[A-Za-z][\w.]+)=")
ENDPOINT = re.compile(
    r"(/(?:select|insert|internal|delete|metrics|flags|health|vmui|debug)\b[^?]*)"
)
METRIC = re.compile(r"\b(?:vt|vtagent|vm)_(?!account_id|project_id)[a-z_]+")
VARIABLE = re.compile(r"\b(?:MCP|VT|OTEL|PKG|ROOT)_[A-Z_]+\b")

OWN_VARIABLES = {variable.name for variable in VARIABLES}

FLAGS_OF_OTHERS = {
    # vmalert
    *("-rule", "-rule.defaultRuleType", "-rule.evalDelay", "-datasource.url", "-notifier.url"),
    *("-remoteRead.url", "-replay.timeFrom", "-replay.timeTo", "-clusterMode"),
    # vtgen, rsync
    *("-addrs", "-authorizations", "-rate", "-worker", "-grpcMode", "--delete"),
}
"""Flags of other programs, described where these are."""

ALSO_DESCRIBED = {
    flag
    for flag in (FACTS / "flags.txt").read_text("utf-8").split()
    if flag.startswith(("-remoteWrite.tls", "-remoteWrite.basicAuth", "-remoteWrite.oauth2"))
    or flag.startswith("-remoteWrite.bearerToken")
} | {"-remoteWrite.format"}
"""Flags of vtagent, another program, that stand together; one is gone."""

NOT_ALONE = {
    *("/select/jaeger", "/select/jaeger/api", "/select/logsql", "/select/tempo", "/vmui"),
    *("/debug/pprof/goroutine", "/debug/pprof/heap", "/debug/pprof/profile"),
    # Of vtmcp, of vminsert, and those of a version that is not released yet.
    *("/health/liveness", "/health/readiness", "/insert/multitenant/prometheus"),
    *("/select/jaeger/api/v3/services", "/select/jaeger/api/v3/operations"),
    *("/select/jaeger/api/v3/traces", "/select/jaeger/api/v3/traces/{trace_id}"),
}
"""Beginnings of addresses, and endpoints that are described with others."""

every_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


def facts(name: str) -> set[str]:
    return set((FACTS / f"{name}.txt").read_text("utf-8").split())


def prose(page: Page) -> str:
    """A page without its code blocks."""
    return CODE_BLOCK.sub("", page.text)


def anchors(page: Page) -> set[str]:
    """What links into a page may name: its headings as GitHub writes them."""
    headings = (text for _, text in HEADING.findall(prose(page)))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def test_there_are_pages() -> None:
    assert len(PAGES) >= 12


@every_page
def test_front_matter_is_complete(page: Page) -> None:
    date.fromisoformat(page.checked)
    assert len(page.title) <= 60
    assert len(page.description) <= 140


def test_titles_are_unique() -> None:
    assert len({page.title for page in PAGES.values()}) == len(PAGES)


@every_page
def test_no_heading_level_is_skipped(page: Page) -> None:
    levels = [1, *(len(marks) for marks, _ in HEADING.findall(prose(page)))]
    assert 1 not in levels[1:], "the title stands in the front matter"
    assert all(after <= before + 1 for before, after in pairwise(levels))


@every_page
def test_no_two_headings_are_the_same(page: Page) -> None:
    headings = [text for _, text in HEADING.findall(prose(page))]
    assert len(headings) == len(set(headings))


@every_page
def test_links_lead_somewhere(page: Page) -> None:
    for link in LINK.findall(prose(page)):
        path, _, anchor = link.partition("#")
        assert path in PAGES, link
        assert not anchor or anchor in anchors(PAGES[path]), link


@every_page
def test_a_page_has_passages_of_a_good_size(page: Page) -> None:
    passages = passages_of(page)
    assert len(passages) >= 2
    assert max(len(passage.text.encode()) for passage in passages) <= PASSAGE_BYTES_MAX


@every_page
def test_flags_are_real(page: Page) -> None:
    found = [match for code in CODE.findall(prose(page)) if (match := FLAG.match(code))]
    named = {match[1] for match in found if not match[2]}
    assert named | set(FLAG_WITH_VALUE.findall(page.text)) <= facts("flags")
    for group in (match[1] for match in found if match[2]):
        assert any(flag.startswith(group) for flag in facts("flags")), group


@every_page
def test_endpoints_are_real(page: Page) -> None:
    named = {match[1] for code in CODE.findall(prose(page)) if (match := ENDPOINT.match(code))}
    assert named <= facts("endpoints")


@every_page
def test_metrics_are_real(page: Page) -> None:
    assert set(METRIC.findall(page.text)) <= facts("metrics")


@every_page
def test_variables_are_real(page: Page) -> None:
    assert set(VARIABLE.findall(page.text)) <= facts("variables") | OWN_VARIABLES


def test_every_flag_endpoint_metric_and_variable_is_described_somewhere() -> None:
    everything = "\n".join(page.text for page in PAGES.values())
    names = facts("flags") | facts("endpoints") | facts("metrics") | facts("variables")
    assert not sorted(name for name in names if name not in everything)


def test_every_variable_of_vtmcp_has_a_passage_of_its_own() -> None:
    headings = {found.headings[-1] for found in passages_of(PAGES["vtmcp/settings.md"])[1:]}
    assert headings == OWN_VARIABLES


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_the_default_of_a_variable_is_named(variable: Variable) -> None:
    passages = passages_of(PAGES["vtmcp/settings.md"])
    text = next(found.text for found in passages if found.headings[-1:] == (variable.name,))
    assert f"`{variable.default}`" in text or not variable.default


def test_every_flag_of_the_database_has_a_passage_of_its_own() -> None:
    pages = (page for path, page in PAGES.items() if path.startswith("flags/"))
    headings = {found.headings[-1] for found in all_passages(pages) if found.headings}
    theirs = {flag for flag in facts("flags") if flag not in FLAGS_OF_OTHERS}
    assert not theirs - headings - ALSO_DESCRIBED
    assert {heading for heading in headings if heading.startswith("-")} <= facts("flags")


def test_every_endpoint_has_a_passage_of_its_own() -> None:
    headings = "\n".join(h for page in PAGES.values() for _, h in HEADING.findall(prose(page)))
    # A wildcard speaks of several endpoints.
    single = {
        name
        for name in facts("endpoints")
        if not name.endswith(("*", "/")) and name not in NOT_ALONE
    }
    assert not sorted(name for name in single if name not in headings)
