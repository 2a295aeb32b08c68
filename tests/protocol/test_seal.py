"""Sealed text opens for its key and purpose, untouched, and for nothing else."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.protocol.seal import digest, seal, unseal

KEY = b"k" * 32
SEALED = seal({"a": [1, "x"]}, key=KEY, purpose="p")
ALPHABET = string.ascii_letters + string.digits + "-_"

OPENED: dict[str, tuple[str, bytes, str]] = {
    "another key": (SEALED, b"x" * 32, "p"),
    "another purpose": (SEALED, KEY, "q"),
    "a longer purpose": (SEALED, KEY, "p\0"),
    "nothing": ("", KEY, "p"),
    "junk": ("junk", KEY, "p"),
    "a signature alone": (SEALED[-22:], KEY, "p"),
    "padding": (SEALED + "=", KEY, "p"),
    "a line end after it": (SEALED + "\n", KEY, "p"),
    "blanks in it": (SEALED[:5] + " " + SEALED[5:], KEY, "p"),
    "the other alphabet": (SEALED[:5] + "+/" + SEALED[7:], KEY, "p"),
    "no ASCII": ("\u00e9" + SEALED, KEY, "p"),
    "half a surrogate pair": ("\ud800", KEY, "p"),
    "twice": (SEALED * 2, KEY, "p"),
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(json_values, st.binary(), st.text())
def test_what_was_sealed_opens(value: Any, key: bytes, purpose: str) -> None:
    sealed = seal(value, key=key, purpose=purpose)
    assert set(sealed) <= set(ALPHABET)
    assert unseal(sealed, key=key, purpose=purpose) == value


@pytest.mark.parametrize(("text", "key", "purpose"), OPENED.values(), ids=OPENED)
def test_nothing_else_opens(text: str, key: bytes, purpose: str) -> None:
    with pytest.raises(ValueError, match="not sealed here, or altered"):
        unseal(text, key=key, purpose=purpose)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_any_flipped_character_is_refused(size: int) -> None:
    """Of each length in base64, and so with each number of unused bits in the last character."""
    sealed = seal("x" * size, key=KEY, purpose="p")
    for at, kept in enumerate(sealed):
        for other in set(ALPHABET) - {kept}:
            with pytest.raises(ValueError, match="altered"):
                unseal(sealed[:at] + other + sealed[at + 1 :], key=KEY, purpose="p")


@given(st.text())
def test_no_text_opens_by_chance(text: str) -> None:
    with pytest.raises(ValueError, match="altered"):
        unseal(text, key=KEY, purpose="p")


@given(json_values)
def test_a_digest_is_one_of_what_a_value_says(value: Any) -> None:
    assert digest({"a": value, "b": 1}) == digest({"b": 1, "a": value})
    assert digest({"a": value}) != digest([value])


def test_a_digest_is_the_same_in_each_process() -> None:
    expected = "43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777"
    assert digest({"b": 2, "a": 1}) == expected
