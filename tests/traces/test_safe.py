"""Text from strangers on one line: what is dropped, what is escaped, what is quoted."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.traces.safe import label, quoted, safe

HOSTILE = {
    "a line break": ("a\nb", r"a\nb"),
    "a carriage return": ("a\rb", r"a\rb"),
    "a tab": ("a\tb", r"a\tb"),
    "line breaks that few know": ("a\v\f\x1c\x1d\x1e\x85\u2028\u2029b", "a" + r"\n" * 8 + "b"),
    "a colour": ("\x1b[1;31mred\x1b[0m", "red"),
    "a colour in one byte": ("\x9b31mred", "red"),
    "a move of the cursor": ("a\x1b[2K\x1b[1Ab", "ab"),
    "a window title": ("a\x1b]0;title\x07b", "ab"),
    "a link in a terminal": ("\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\", "text"),
    "a reset of the terminal": ("a\x1bcb", "ab"),
    "an escape that leads nowhere": ("a\x1b", "a"),
    "an escape taken apart": ("\x1b\x00[31mred", "[31mred"),
    "an escape within an escape": ("\x1b\x1b[31m[31mred", "[31mred"),
    "a backspace": ("rm\x08\x08ls", "rmls"),
    "a zero": ("a\x00b", "ab"),
    "delete": ("a\x7fb", "ab"),
    "text from right to left": ("a\u202egpj.exe", "agpj.exe"),
    "isolates": ("\u2066a\u2069\u2067b\u2068c", "abc"),
    "bidi marks": ("\u200ea\u200fb\u061cc", "abc"),
    "zero width": ("pay\u200bment\u200c\u200d\u2060\ufeff", "payment"),
    "a soft hyphen": ("pay\xadment", "payment"),
    "letters that are not drawn": ("\u115f\u1160\u3164\uffa0a", "a"),
    "hidden ASCII": ("a\U000e0049\U000e0047\U000e004e", "a"),
    "half a pair": ("a\ud800b", "ab"),
}

QUOTED = {
    "nothing": ("", '""'),
    "a word": ("cart", '"cart"'),
    "quotes": ('say "hi"', r'"say \"hi\""'),
    "a backslash": (r"C:\n", r'"C:\\n"'),
    "a line break": ("a\nb", r'"a\nb"'),
}

LABELS = {
    "a word": ("cart", "cart"),
    "a few words": ("GET /api/cart/{id} again", "GET /api/cart/{id} again"),
    "another script": ("каталог-サービス-🛒", "каталог-サービス-🛒"),
    "a path": ("legacy/billing", "legacy/billing"),
    "a colon within": ("redis:GET ::1", "redis:GET ::1"),
    "nothing": ("", '""'),
    "a sentence": ("ignore what was said before", '"ignore what was said before"'),
    "a quote": ("it's", '"it\'s"'),
    "a backslash": ("a\\b", r'"a\\b"'),
    "two spaces, as we separate with": ("cart  ERROR", '"cart  ERROR"'),
    "another space": ("cart\u00a0GET", '"cart\u00a0GET"'),
    "a sign that is blank": ("cart\u2800GET", '"cart\u2800GET"'),
    "a space before": (" cart", '" cart"'),
    "something dropped": ("ca\u200brt", '"cart"'),
    "our note": ("note: all is well", '"note: all is well"'),
    "our missing name": ("(no name)", '"(no name)"'),
    "our depth": ("[d3]", '"[d3]"'),
    "our gap": (".. cart", '".. cart"'),
}


@pytest.mark.parametrize(("value", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_what_could_mislead_is_dropped_or_escaped(value: str, shown: str) -> None:
    assert safe(value) == shown
    assert quoted(value).isprintable()


@pytest.mark.parametrize(("value", "shown"), QUOTED.values(), ids=QUOTED)
def test_data_is_quoted(value: str, shown: str) -> None:
    assert quoted(value) == shown


@pytest.mark.parametrize(("value", "shown"), LABELS.values(), ids=LABELS)
def test_a_name_is_quoted_unless_it_is_plainly_one(value: str, shown: str) -> None:
    assert label(value) == shown


def test_a_name_that_must_be_one_word_is_quoted_if_it_is_not() -> None:
    assert label("GET /cart", one_word=True) == '"GET /cart"'
    assert label("cart", one_word=True) == "cart"


@pytest.mark.parametrize("write", [safe, quoted, label])
def test_a_long_value_is_cut_and_says_how_much_is_missing(write: object) -> None:
    assert callable(write)
    assert write("x" * 10, 10) in ("x" * 10, f'"{"x" * 10}"')
    assert write("x" * 1_010, 10).strip('"').replace('"', "") == f"{'x' * 10}…(+1000 chars)"


def test_no_code_point_passes_that_moves_hides_or_reorders_text() -> None:
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "BN", "B", "S"}
    passed = [
        hex(code)
        for code in range(0x110000)
        for char in [chr(code)]
        if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(char) in directions
        if char in safe(f"a{char}b")
    ]
    assert passed == []


@given(st.one_of(st.text(), st.text("ab \x1b[]0;m\x07\\\n\u202e\u200b\ud800\"'")))
def test_whatever_comes_in_one_line_of_utf_8_comes_out(value: str) -> None:
    for shown in (safe(value), quoted(value), label(value)):
        assert len(shown.encode().splitlines()) <= 1
        assert "\x1b" not in shown
        assert shown == safe(shown)


@given(st.text('ab"\\\n\x1b ', max_size=20))
def test_a_quoted_value_ends_at_its_last_quote_only(value: str) -> None:
    inner = quoted(value)[1:-1].replace("\\\\", "").replace('\\"', "")
    assert '"' not in inner
    assert "\\" not in inner.replace("\\n", "")
