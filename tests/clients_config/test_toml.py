"""TOML: each statement with its place, one table put in, the rest byte for byte as it was."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtmcp.clients import toml_edit, toml_scan
from vtmcp.clients.faults import BrokenFile, CannotEdit
from vtmcp.clients.formats import merge
from vtmcp.clients.merging import merged

WANTED = {"s": {"n": {"c": "x", "a": ["y"], "env": {"E": "1"}}}}
BLOCK = '[s.n]\nc = "x"\na = ["y"]\n\n[s.n.env]\nE = "1"\n'

EDITS = {
    "an empty file": ("", BLOCK),
    "a file with a key": ("k = 1\n", "k = 1\n\n" + BLOCK),
    "a file without an end of line": ("k = 1 # one", "k = 1 # one\n\n" + BLOCK),
    "an empty line at the end": ("k = 1\n\n", "k = 1\n\n" + BLOCK),
    "other servers, our table at the end": ('[s.o]\nc = "z"\n', '[s.o]\nc = "z"\n\n' + BLOCK),
    "a header for all servers": (
        "[s]\nk = 1\n[t]\n",
        "[s]\nk = 1\n\n" + BLOCK + "[t]\n",
    ),
    "a wrong value keeps its comment": (
        '[s.n]\n  c = "old" # why\n  k = 1\n[s.n.env]\nF = "2" # f\n[z]\n',
        '[s.n]\n  c = "x" # why\n  k = 1\n  a = ["y"]\n[s.n.env]\nF = "2" # f\nE = "1"\n[z]\n',
    ),
    "a list over several lines that is right stays": (
        '[s.n]\nc = "x"\na = [\n  "y", # why\n]\nenv = { E = "1" }\n',
        '[s.n]\nc = "x"\na = [\n  "y", # why\n]\nenv = { E = "1" }\n',
    ),
    "an inline table takes its key": (
        '[s.n]\nc = "x"\na = ["y"]\nenv = {F = "2"} # e\n',
        '[s.n]\nc = "x"\na = ["y"]\nenv = { F = "2", E = "1" } # e\n',
    ),
    "all of the entry inline": (
        "[s]\nn = {k = true}\n",
        '[s]\nn = { k = true, c = "x", a = ["y"], env = { E = "1" } }\n',
    ),
    "all servers inline": (
        's = { o = { c = "z" } }',
        's = { o = { c = "z" }, n = { c = "x", a = ["y"], env = { E = "1" } } }',
    ),
    "the last line without an end": (
        '[s.n]\nc = "x"\na = ["y"]',
        '[s.n]\nc = "x"\na = ["y"]\n\n[s.n.env]\nE = "1"\n',
    ),
    "quoted keys": (
        "['s'.\"n\"]\n\"c\" = 'x'\na = ['y']\n[s.n.\"env\"]\nE = '''2'''\n",
        '[\'s\'."n"]\n"c" = \'x\'\na = [\'y\']\n[s.n."env"]\nE = "1"\n',
    ),
}


@pytest.mark.parametrize(("before", "after"), EDITS.values(), ids=EDITS)
def test_an_edit_changes_these_bytes(before: str, after: str) -> None:
    assert merge("toml", before, WANTED) == after
    assert tomllib.loads(after)["s"]["n"]["env"]["E"] == "1"


def test_stale_keys_and_tables_go_with_their_lines() -> None:
    text = '[s.n]\nurl = "u" # gone\nk = 1\n\n[s.n.headers]\nA = "b"\n\n# kept\n[t]\nurl = "v"'
    after = merge("toml", text, {"s": {"n": {"k": 1}}}, [("s", "n", "url"), ("s", "n", "headers")])
    assert after == '[s.n]\nk = 1\n\n\n# kept\n[t]\nurl = "v"'


REFUSED = {
    "servers as a list of tables": ("[[s]]\nk = 1\n", "s is not an object"),
    "an entry as a text": ('[s]\nn = "x"\n', "s.n is not an object"),
    "an entry in dotted keys": ("[s]\nn.k = 1\n", "s.n is not a table with one header"),
    "an entry whose header is missing": ("[s.n.env]\nE = '1'\n", "s.n is not a table with one"),
    "a key of the entry in dotted keys": ("[s.n]\nenv.F = '2'\n", "s.n.env is not a table"),
    "a list of texts as a table": ("[s.n.a]\nk = 1\n[s.n]\n", "s.n.a is not one key"),
}


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED)
def test_what_is_written_in_another_way_is_refused(text: str, told: str) -> None:
    with pytest.raises(CannotEdit, match=told):
        merge("toml", text, WANTED)


BROKEN = {
    "a value that is missing": ("a = 1\nb = \n", 2),
    "a table that is there twice": ("[a]\n[a]\n", 2),
    "a text that does not end": ('k = 1\n\na = "x\n', 3),
    "an end too soon": ("a = [1,", 1),
    "nesting without an end": ("a = " + "[" * 20_000, 1),
}


@pytest.mark.parametrize(("text", "line"), BROKEN.values(), ids=BROKEN)
def test_a_broken_text_is_refused_with_its_place(text: str, line: int) -> None:
    with pytest.raises(BrokenFile) as caught:
        merge("toml", text, WANTED)
    assert caught.value.line == line
    assert f"line {line}, column " in str(caught.value)


def test_texts_with_signs_of_their_own_are_written_right() -> None:
    wanted = {"s": {"a b": {'"': 'c"\\\x7f\n\t\u2028é', "l": [], "t": {"x": True}}}}
    assert tomllib.loads(toml_edit.render(wanted)) == wanted
    assert tomllib.loads(f"v = {toml_scan.rendered(wanted)}") == {"v": wanted}
    assert toml_scan.rendered({}) == "{}"


WORDS = st.text(max_size=6)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None)
@given(data=st.dictionaries(WORDS, VALUES, max_size=4), other=st.dictionaries(WORDS, WORDS))
def test_any_toml_keeps_what_it_holds(data: dict[str, Any], other: dict[str, str]) -> None:
    data.pop("s", None)
    data = {
        **{name: value for name, value in data.items() if not isinstance(value, dict)},
        **{name: {"k": 1, "v": value} for name, value in data.items() if isinstance(value, dict)},
        "s": {"o": {"c": "z", **other}},
    }
    text = toml_edit.render(data) + "\n"
    assert tomllib.loads(text) == data
    after = merge("toml", text, WANTED)
    assert tomllib.loads(after) == merged(data, WANTED)
    assert after.startswith(text)
    assert merge("toml", after, WANTED) == after
