"""Patterns: what fits, what does not, and how it is told."""

import pytest

from vtmcp.conformance.patterns import Json, PatternError, fill, mismatch, same, shown

FITS: dict[str, tuple[Json, Json]] = {
    "further members": ({"a": 1}, {"a": 1, "b": 2}),
    "members deep down": ({"a": {"b": [1, {"c": None}]}}, {"a": {"b": [1, {"c": None, "d": 0}]}}),
    "an absent member": ({"a": "<absent>"}, {}),
    "null or nothing, absent": ({"a": "<absent or null>"}, {}),
    "null or nothing, null": ({"a": "<absent or null>"}, {"a": None}),
    "an optional member": ({"a": "<optional string>"}, {"a": "x"}),
    "an optional member that is missing": ({"a": "<optional string as x>"}, {}),
    "no other members": ({"a": 1, "<only>": True}, {"a": 1}),
    "all members": ({"<values>": "<integer>"}, {"a": 1, "b": 2}),
    "a reserved key": ({"~/x": 1}, {"io.modelcontextprotocol/x": 1}),
    "anything": ("<any>", None),
    "a string": ("<string>", ""),
    "a text": ("<text>", "x"),
    "an integer of any size": ("<integer>", 2**80),
    "a number": ("<number>", 1.5),
    "a boolean": ("<boolean>", False),
    "an object": ("<object>", {}),
    "an array": ("<array>", []),
    "an id that is a number": ("<id>", 0),
    "an id that is a string": ("<id>", ""),
    "a text with words": ("<has b c>", "a b c d"),
    "an expression": ("<matches ^a+$>", "aaa"),
    "one of several": ("<one of [1, null]>", None),
    "another value": ("<not 1>", 2),
    "another value than one captured": ("<not $seen>", 8),
    "the captured value": ("$seen", 7),
    "at least": ("<at least 2>", 2),
    "each item": ({"<every>": {"a": 1}}, [{"a": 1}, {"a": 1, "b": 2}]),
    "no item at all": ({"<every>": 1}, []),
    "some item": ({"<some>": {"a": 1}}, [{"a": 2}, {"a": 1}]),
    "some items": ({"<some>": [1, 2]}, [2, 3, 1]),
    "no such item": ({"<no>": 1}, [2]),
    "a length": ({"<length>": 2}, [0, 0]),
}

DIFFERS: dict[str, tuple[Json, Json, str]] = {
    "a missing member": ({"a": 1}, {}, "a is missing"),
    "a member too many": ({"a": 1, "<only>": True}, {"a": 1, "c": 1, "b": 1}, "too many: b, c"),
    "a member of the wrong type": ({"a": {"b": 1}}, {"a": {"b": "1"}}, 'a.b is not 1, it is "1"'),
    "true for 1": (1, True, "is not 1"),
    "1.0 for 1": (1, 1.0, "is not 1"),
    "null for nothing": ({"a": "<absent>"}, {"a": None}, "a must be absent"),
    "a value for null or nothing": ({"a": "<absent or null>"}, {"a": 0}, "a must be absent"),
    "an optional member of the wrong type": ({"a": "<optional string>"}, {"a": 1}, "a is not"),
    "an array for an object": ({"a": 1}, [], "is not an object"),
    "an object for an array": ([1], {}, "is not an array"),
    "an object for items": ({"<every>": 1}, {}, "is not an array"),
    "one of the members": ({"<values>": "<integer>"}, {"a": 1, "b": ""}, "not <integer>"),
    "an array of another length": ([1], [1, 2], "is not 1 items"),
    "one of the items": ([1, {"a": 2}], [1, {"a": 3}], "[1].a is not 2"),
    "one of all items": ({"<every>": 1}, [1, 2], "[1] is not 1"),
    "no item like it": ({"<some>": [1, 4]}, [1, 2], "is not an item like 4"),
    "an item like it": ({"<no>": 1}, [1], "must not have 1"),
    "another length": ({"<length>": "<at least 3>"}, [1], "the length of"),
    "a blank text": ("<text>", " ", "is not <text>"),
    "a boolean for a number": ("<number>", True, "is not <number>"),
    "a number for a text": ("<has 1>", 1, "is not <has 1>"),
    "another captured value": ("$seen", "7", "is not 7"),
    "another text": ("a", "b", 'is not "a"'),
}


@pytest.mark.parametrize(("pattern", "value"), FITS.values(), ids=FITS.keys())
def test_it_fits(pattern: Json, value: Json) -> None:
    assert mismatch(pattern, value, {"seen": 7}) == ""


@pytest.mark.parametrize(("pattern", "value", "problem"), DIFFERS.values(), ids=DIFFERS.keys())
def test_it_differs(pattern: Json, value: Json, problem: str) -> None:
    assert problem in mismatch(pattern, value, {"seen": 7})


def test_values_are_captured_and_forgotten() -> None:
    captured: dict[str, Json] = {}
    mismatch({"a": "<string as a>", "b": "<optional string as b>"}, {"a": "x", "b": "y"}, captured)
    assert captured == {"a": "x", "b": "y"}
    mismatch({"b": "<optional string as b>"}, {}, captured)
    assert captured == {"a": "x"}


@pytest.mark.parametrize(
    "pattern", ["<nonsense>", "$unknown", {"<every>": 1, "a": 2}, "<not $unknown>"]
)
def test_a_wrong_pattern_is_told(pattern: Json) -> None:
    with pytest.raises(PatternError):
        mismatch(pattern, [1], {"seen": 7})


def test_a_message_is_filled_in() -> None:
    template = {
        "a": "$seen",
        "b": ["x${seen}", {"c": "<absent>", "~/d": True}],
        "e": "$unknown?",
        "f": "$seen?",
    }
    expected = {"a": 7, "b": ["x7", {"io.modelcontextprotocol/d": True}], "f": 7}
    assert fill(template, {"seen": 7}) == expected


def test_what_looks_alike_is_not_the_same() -> None:
    values: list[Json] = [1, 1.0, "1", True, None, [1], {"a": 1}, {"a": 1.0}, {}, []]
    assert [[same(a, b) for b in values].count(True) for a in values] == [1] * len(values)


def test_long_values_are_cut_with_a_mark() -> None:
    text = shown("x" * 5000)
    assert len(text) < 700
    assert "4402 characters" in text
