"""JSON with comments: read as editors read it, refused with a place, edited without a reflow."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clients_config.setting import read_jsonc
from vtmcp.clients import jsonc, jsonc_edit
from vtmcp.clients.faults import BrokenFile, CannotEdit
from vtmcp.clients.formats import merge
from vtmcp.clients.merging import Added, merged

READ = {
    "a comment before, between and behind": ('/* a */{"a": // b\n1}// c', {"a": 1}),
    "commas before closing brackets": (
        '{"a": [1, 2,], "b": {"c": 1,},}',
        {"a": [1, 2], "b": {"c": 1}},
    ),
    "marks of comments within texts": ('{"u": "http://x /* y */"}', {"u": "http://x /* y */"}),
    "escapes": (r'{"a": "\"\\\/\u00e9\n"}', {"a": '"\\/é\n'}),
    "numbers and words": ("[-0, 1.5e3, true, false, null]", [0, 1500.0, True, False, None]),
    "nothing": (" // only this\n", {}),
}


@pytest.mark.parametrize(("text", "value"), READ.values(), ids=READ)
def test_it_reads(text: str, value: Any) -> None:
    assert jsonc.parse(text) == value


BROKEN = {
    "a missing comma": ('{\n  "a": 1\n  "b": 2\n}', 3, 3, "a comma or } was expected"),
    "a missing value": ('{"a": }', 1, 7, "a value was expected"),
    "a missing colon": ('{"a" 1}', 1, 6, "a colon was expected"),
    "a missing end": ('{"a": [1', 1, 9, "not the end of the file"),
    "a name without quotes": ("{a: 1}", 1, 2, "a name in double quotes was expected, not a"),
    "two commas": ('{"a": 1,,}', 1, 9, "a name in double quotes"),
    "a comma alone": ("[,]", 1, 2, "a value was expected"),
    "more than one value": ("{}\n{}", 2, 1, "more text after the end"),
    "a comment that does not end": ("{} /* x", 1, 4, "a comment that does not end"),
    "a text over two lines": ('{"a": "x\ny"}', 1, 7, "a value was expected"),
    "a text with an unknown escape": (r'{"a": "\x"}', 1, 7, "a value was expected"),
    "single quotes": ("{'a': 1}", 1, 2, "a name in double quotes"),
    "a control character": ("{\x01}", 1, 2, "a name in double quotes was expected"),
    "deep nesting": ("[" * 200, 1, 102, "nested deeper than 100 levels"),
}


@pytest.mark.parametrize(("text", "line", "column", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_text_is_refused_with_its_place(
    text: str, line: int, column: int, told: str
) -> None:
    with pytest.raises(BrokenFile) as caught:
        merge("json", text, {"a": 1})
    assert (caught.value.line, caught.value.column) == (line, column)
    assert f"line {line}, column {column}: " in str(caught.value)
    assert told in str(caught.value)


WANTED = {"s": {"n": {"c": "x"}}}

EDITS = {
    "an empty object": ("{}", '{\n  "s": {\n    "n": {\n      "c": "x"\n    }\n  }\n}'),
    "an empty object over lines": (
        "{\n}\n",
        '{\n  "s": {\n    "n": {\n      "c": "x"\n    }\n  }\n}\n',
    ),
    "an object with a comment alone": (
        '{\n  "s": {\n    // none yet\n  }\n}',
        '{\n  "s": {\n    // none yet\n    "n": {\n      "c": "x"\n    }\n  }\n}',
    ),
    "a comment behind the last member": (
        '{\n\t"a": 1 // one\n}\n',
        '{\n\t"a": 1, // one\n\t"s": {\n\t\t"n": {\n\t\t\t"c": "x"\n\t\t}\n\t}\n}\n',
    ),
    "a comma behind the last member": (
        '{\n  "s": {\n    "a": 1, /* one */\n  },\n}\n',
        '{\n  "s": {\n    "a": 1, /* one */\n    "n": {\n      "c": "x"\n    },\n  },\n}\n',
    ),
    "a closing bracket on the last member's line": (
        '{\n  "s": {\n    "a": 1}}',
        '{\n  "s": {\n    "a": 1,\n    "n": {\n      "c": "x"\n    }\n  }}',
    ),
    "members on one line of several": (
        '{\n  "s": {"a": 1}\n}',
        '{\n  "s": {"a": 1, "n": {"c": "x"}}\n}',
    ),
    "members that begin on the bracket's line": (
        '{"a": 1,\n "s": {}}',
        '{"a": 1,\n "s": {\n  "n": {\n   "c": "x"\n  }\n }}',
    ),
    "a file in one line, tight": ('{"a":1,"s":{}}', '{"a":1,"s":{"n":{"c":"x"}}}'),
    "a file in one line, with blanks": ('{"a": 1}', '{"a": 1, "s": {"n": {"c": "x"}}}'),
    "a file in one line with a comma at its end": (
        '{"a": 1,}',
        '{"a": 1, "s": {"n": {"c": "x"}},}',
    ),
    "null in the place of an object": (
        '{\n  "s": null\n}',
        '{\n  "s": {\n    "n": {\n      "c": "x"\n    }\n  }\n}',
    ),
    "a wrong value": (
        '{"s": {"n": {"c": [1] /* k */, "d": 2}}}',
        '{"s": {"n": {"c": "x" /* k */, "d": 2}}}',
    ),
    "the right value": ('{"s":{ "n" :{"c":\n"x"}}}', '{"s":{ "n" :{"c":\n"x"}}}'),
    "four blanks": (
        '{\n    "s": {\n        "a": 1\n    }\n}',
        '{\n    "s": {\n        "a": 1,\n        "n": {\n            "c": "x"\n        }\n    }\n}',
    ),
    "comments alone": ("// a\n", '// a\n{\n  "s": {\n    "n": {\n      "c": "x"\n    }\n  }\n}\n'),
}


@pytest.mark.parametrize(("before", "after"), EDITS.values(), ids=EDITS)
def test_an_edit_changes_these_bytes(before: str, after: str) -> None:
    assert merge("json", before, WANTED) == after
    assert read_jsonc(after)["s"]["n"]["c"] == "x"


REFUSED = {
    "a list where servers should be": ('{"s": []}', "s is not an object"),
    "a text where our entry should be": ('{"s": {"n": "x"}}', "s.n is not an object"),
    "a list as the whole file": ("[]", "the file is not an object"),
    "a key that is there twice": ('{"s": {"a": 1}, "s": {}}', "s is there twice"),
}


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED)
def test_what_could_lose_something_is_refused(text: str, told: str) -> None:
    with pytest.raises(CannotEdit, match=told):
        merge("json", text, WANTED)


def test_members_of_a_list_of_others_are_put_behind_theirs() -> None:
    questions = {"inputs": Added(({"id": "q"},))}
    assert merge("json", '{"inputs": null}', questions) == '{"inputs": [{"id": "q"}]}'
    assert merge("json", '{"inputs": [{"id": "p"}]}', questions) == (
        '{"inputs": [{"id": "p"}, {"id": "q"}]}'
    )
    with pytest.raises(CannotEdit, match="inputs is not a list"):
        merge("json", '{"inputs": {}}', questions)


def test_an_entry_with_a_stale_key_is_written_anew() -> None:
    text = '{\n  "s": {\n    "n": {"old": 1, "kept": [1, {"a": 2}], "empty": {}}, // ours\n  }\n}'
    after = merge("json", text, WANTED, [("s", "n", "old")])
    assert after == (
        '{\n  "s": {\n    "n": {\n      "kept": [\n        1,\n'
        '        {\n          "a": 2\n        }\n'
        '      ],\n      "empty": {},\n      "c": "x"\n    }, // ours\n  }\n}'
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(
    data=st.dictionaries(st.text(max_size=6), JSON, max_size=4),
    indent=st.sampled_from([None, 1, 2, 4, "\t"]),
    ascii_only=st.booleans(),
)
def test_any_json_keeps_what_it_holds(data: Any, indent: Any, ascii_only: bool) -> None:
    data.pop("s", None)
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    after = jsonc_edit.merge(text, WANTED)
    assert json.loads(after) == merged(data, WANTED)
    assert jsonc_edit.merge(after, WANTED) == after
