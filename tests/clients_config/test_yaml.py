"""The YAML of settings: read as PyYAML reads it, edited by lines, and refused where it is more."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clients_config.setting import sample
from vtmcp.clients import yaml_edit, yaml_scan
from vtmcp.clients.faults import BrokenFile, CannotEdit
from vtmcp.clients.formats import merge
from vtmcp.clients.merging import merged

READ = {
    "mappings in mappings": "a:\n  b:\n    c: 1\n  d: x\ne: ~\n",
    "a list in the column of its key": "a:\n- 1\n- x y\nb: 2\n",
    "a list further in": "a:\n    - 1\n    - 'it''s'\n",
    "mappings in a list": "a:\n- k: 1\n  l: [a, 'b']\n-   k: 2\n    l: {}\n",
    "a list in a list": "a:\n-\n  - 1\n  - 2\n",
    "values in quotes with signs": 'a: "x: y # z"\nb: \'- c\' # d\n"e f": "\\u00e9"\n',
    "flow values": "a: []\nb: {}\nc: [1, two, 'th, ree',]\nd: {k: v, \"l\": 2}\n",
    "comments everywhere": "# x\na: 1 # y\n  # z\nb:\n  # w\n  c: 2\n# end\n",
    "words and numbers": "a: true\nb: False\nc: null\nd: -1.5\ne: 12\nf:\ng: tru\nh: 1e3x\n",
    "a start of a document": "---\na: 1\n",
    "values that look like keys": "a: b:c\nhttp://x: y\n-k: 1\n",
    "ends of lines as Windows has them": "a:\r\n  b: 1\r\n",
    "no value at the end": "a: 1\n\nc:\n",
    "an empty value in a list": "a:\n-\n- 2\n",
}


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_it_reads_as_others_do(text: str) -> None:
    assert yaml_scan.parse(text) == yaml.safe_load(text)


def test_a_text_of_several_lines_is_kept_as_it_stands() -> None:
    text = "a: |-\n  x: y\n\n   - z\nb: >\n c\nd: 1\n"
    assert yaml_scan.parse("a: |\n  b\n") == {"a": "|\n  b"}
    assert yaml_scan.parse(text) == {"a": "|-\n  x: y\n\n   - z", "b": ">\n c", "d": 1}


def test_an_escape_that_json_does_not_have_is_equal_to_itself() -> None:
    text = 'a: "\\x41"\n'
    assert yaml_scan.parse(text) == {"a": '"\\x41"'}
    assert merge("yaml", text, WANTED).startswith(text)


def test_the_sample_is_read_whole() -> None:
    ours, theirs = yaml_scan.parse(sample("goose")), yaml.safe_load(sample("goose"))
    message = "GOOSE_MOIM_MESSAGE_TEXT"
    assert {**ours, message: 0} == {**theirs, message: 0}


BROKEN = {
    "a tab in the indentation": ("a:\n\tb: 1\n", 2, 1, "a tab"),
    "a line without a colon": ("a: 1\nb\n", 2, 1, "a key with a colon was expected"),
    "a second colon": ("a: b: c\n", 1, 4, "a second colon"),
    "a key that is there twice": ("a: 1\nb: 2\na: 3\n", 3, 1, "the key a is there twice"),
    "an indentation that fits nothing": ("a:\n    b: 1\n  c: 2\n", 3, 3, "fits nothing"),
    "an indentation before the first": ("  a: 1\nb: 2\n", 2, 1, "belongs to nothing"),
    "an item after a key": ("a: 1\n- b\n", 2, 1, "belongs to nothing"),
    "text behind a closing quote": ("a: 'b' c\n", 1, 7, "more text behind"),
    "a sign that needs quotes": ("a: @b\n", 1, 4, "needs quotes"),
    "deep nesting": ("".join(" " * n + "a:\n" for n in range(60)), 52, 52, "nested deeper than 50"),
}


@pytest.mark.parametrize(("text", "line", "column", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_text_is_refused_with_its_place(
    text: str, line: int, column: int, told: str
) -> None:
    with pytest.raises(BrokenFile, match=told) as caught:
        merge("yaml", text, WANTED)
    assert (caught.value.line, caught.value.column) == (line, column)


FOREIGN = {
    "an anchor": ("a: &x 1\n", "line 1, column 4: an anchor"),
    "an alias": ("a: 1\nb: *x\n", "line 2, column 4: an alias"),
    "a tag": ("a: !!str 1\n", "a tag"),
    "a merged key": ("a:\n  <<: *x\n", "an alias"),
    "a key of several lines": ("? a\n: b\n", "a key of several lines"),
    "a value over several lines": ("a: b\n  c\n", "line 2, column 3: a value over several lines"),
    "a quoted value over several lines": ('a: "b\n  c"\n', "a text over several lines"),
    "braces over several lines": ("a: {\n  b: 1}\n", "a value in brackets over several lines"),
    "brackets in brackets": ("a: [[1]]\n", "a value in brackets"),
    "a mapping in brackets": ("a: [b: 1, c]\n", "neither a list nor a mapping"),
    "the file in braces": ("{a: 1}\n", "a mapping in braces"),
    "a second document": ("a: 1\n---\nb: 2\n", "a second document"),
    "a list as the file": ("- a\n", "the file is not a mapping"),
    "servers in braces": ("s: {o: 1}\n", "s is not a mapping over several lines"),
    "servers as a list": ("s:\n- o\n", "s is not an object"),
    "an entry that is a text": ("s:\n  our: x\n", "s.our is not an object"),
}


@pytest.mark.parametrize(("text", "told"), FOREIGN.values(), ids=FOREIGN)
def test_what_is_not_understood_is_refused(text: str, told: str) -> None:
    with pytest.raises(CannotEdit, match=told):
        merge("yaml", text, WANTED)


WANTED = {"s": {"our": {"c": "x", "a": ["z"], "env": {"E": "1"}, "flag": True}}}
LINES = '  our:\n    c: x\n    a:\n      - z\n    env:\n      E: "1"\n    flag: true\n'

EDITS = {
    "an empty file": ("", "s:\n" + LINES),
    "comments alone": ("# mine", "# mine\ns:\n" + LINES),
    "other keys": ("k: 1 # one\n", "k: 1 # one\ns:\n" + LINES),
    "no end of line": ("k: 1", "k: 1\ns:\n" + LINES),
    "no servers yet": ("s: {}\nk: 1\n", "s:\n" + LINES + "k: 1\n"),
    "servers that say nothing": ("s:\nk: 1\n", "s:\n" + LINES + "k: 1\n"),
    "another server, a comment behind it": (
        "s:\n  o:\n    c: z\n  # end\nk: 1\n",
        "s:\n  o:\n    c: z\n" + LINES + "  # end\nk: 1\n",
    ),
    "another indentation": (
        "s:\n    o:\n      c: z\n",
        "s:\n    o:\n      c: z\n" + "".join(f"  {line}\n" for line in LINES.splitlines()),
    ),
    "wrong values keep their comments": (
        "s:\n  our:\n    c: 'old' # why\n    a: ['w # v'] # w\n    env: {}\n    flag: false # off\n",  # noqa: E501
        's:\n  our:\n    c: x # why\n    a: # w\n      - z\n    env:\n      E: "1"\n    flag: true # off\n',  # noqa: E501
    ),
    "right values stay as they are": (
        's:\n  our:\n    "c": "x"\n    a:\n    - "z" # z\n    env:\n        E: \'1\'\n    flag: True\n',  # noqa: E501
        's:\n  our:\n    "c": "x"\n    a:\n    - "z" # z\n    env:\n        E: \'1\'\n    flag: True\n',  # noqa: E501
    ),
    "a text of several lines gives way": (
        "s:\n  our:\n    c: |\n      old\n      text\n    a:\n    - z\n    env:\n      E: '1'\n"
        "    flag: true\n",
        "s:\n  our:\n    c: x\n    a:\n    - z\n    env:\n      E: '1'\n    flag: true\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), EDITS.values(), ids=EDITS)
def test_an_edit_changes_these_lines(before: str, after: str) -> None:
    assert merge("yaml", before, WANTED) == after
    assert yaml.safe_load(after)["s"]["our"] == WANTED["s"]["our"]


def test_stale_keys_go_with_their_lines() -> None:
    text = "s:\n  our:\n    url: u # gone\n    k: 1\n    h:\n      A: b\n\n# kept\nt: 1\n"
    after = merge("yaml", text, {"s": {"our": {"k": 1}}}, [("s", "our", "url"), ("s", "our", "h")])
    assert after == "s:\n  our:\n    k: 1\n\n# kept\nt: 1\n"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@settings(max_examples=60, deadline=None)
@given(TEXTS | st.booleans() | st.none() | st.integers())
def test_a_value_is_read_by_others_as_it_was_meant(value: Any) -> None:
    assert yaml.safe_load(f"a: {yaml_edit.scalar(value)}\n")["a"] == value


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text("abcxyz", min_size=1, max_size=4),
        st.recursive(
            st.text("ab -:#'\"é", max_size=6) | st.booleans() | st.none() | st.integers(0, 99),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text("abcxyz", min_size=1, max_size=4), inner, max_size=3)
            ),
            max_leaves=10,
        ),
        max_size=4,
    )
)
def test_what_others_write_keeps_what_it_holds(data: dict[str, Any]) -> None:
    data["s"] = {"o": {"c": "z"}}
    text = yaml.safe_dump(data, width=1_000, sort_keys=False, allow_unicode=True)
    try:
        after = merge("yaml", text, WANTED)
    except CannotEdit:
        return
    assert yaml.safe_load(after) == merged(data, WANTED)
    assert merge("yaml", after, WANTED) == after
