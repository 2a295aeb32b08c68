"""Trace ids, as people and headers write them."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.traces.ids import parse_trace_id

LONG = "0af7651916cd43dd8448eb211c80319c"
SHORT = "b7ad6b7169203331"

READ = {
    "32 digits": (LONG, LONG),
    "16 digits": (SHORT, SHORT),
    "upper case": (LONG.upper(), LONG),
    "white space around": (f" {LONG}\n", LONG),
    "dashes as in a UUID": ("0af76519-16cd-43dd-8448-eb211c80319c", LONG),
    "a traceparent": (f"00-{LONG}-{SHORT}-01", LONG),
    "a traceparent in upper case": (f"00-{LONG}-{SHORT}-01".upper(), LONG),
    "a traceparent of a later version": (f"cc-{LONG}-{SHORT}-01-what-comes-later", LONG),
}

REFUSED = {
    "an empty text": "",
    "dashes only": "----",
    "31 digits": LONG[1:],
    "a letter that is no digit": f"g{LONG[1:]}",
    "digits of another script": "٣" * 32,
    "a path": "../../../../metrics",
    "zeros only": "0" * 32,
    "a traceparent of zeros": f"00-{'0' * 32}-{SHORT}-01",
    "a traceparent without its end": f"00-{LONG}-{SHORT}",
    "a very long text": LONG * 1_000,
}


@pytest.mark.parametrize(("text", "trace_id"), READ.values(), ids=READ)
def test_a_trace_id_is_read(text: str, trace_id: str) -> None:
    assert parse_trace_id(text) == trace_id


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_no_trace_id_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match="is not a trace id; accepted: 16 or 32 hex") as refusal:
        parse_trace_id(text)
    assert len(str(refusal.value)) < 250


@given(st.one_of(st.text(), st.text("0123456789abcdefABCDEF-", min_size=16, max_size=40)))
def test_what_comes_out_is_always_hexadecimal(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert re.fullmatch("[0-9a-f]{16}([0-9a-f]{16})?", parse_trace_id(text))
