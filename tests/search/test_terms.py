"""Terms: how identifiers and words of questions and of the corpus meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.search.terms import WORD_CHARS_MAX, joined_words, stem, terms, words

TERMS = {
    "a plain word": ("Grafana", ["grafana"]),
    "stop words": ("how is the", []),
    "a plural": ("spans", ["span"]),
    "a flag": ("-retentionPeriod", ["retentionperiod", "retent", "period"]),
    "a name with an underscore": ("retention_period", ["retentionperiod", "retent", "period"]),
    "a name with a dash": ("retention-period", ["retentionperiod", "retent", "period"]),
    "a flag with a dot": (
        "-servicegraph.enableTask",
        ["servicegraphenabletask", "servicegraph", "enabletask", "enabl", "task"],
    ),
    "an endpoint": (
        "/select/jaeger/api/traces",
        ["selectjaegerapitrac", "select", "jaeger", "api", "trac"],
    ),
    "a name in a path": (
        "/logsql/field_names",
        ["logsqlfieldnam", "fieldnam", "logsql", "field", "nam"],
    ),
    "capitals in a row": (
        "otlpGRPCListenAddr",
        ["otlpgrpclistenaddr", "otlp", "grpc", "listen", "addr"],
    ),
    "one capital in front": ("gRPC", ["grpc", "rpc"]),
    "one letter in front": ("mTLS", ["mtl", "tl"]),
    "a name as one part": ("VictoriaTraces", ["victoriatrac", "victoria", "trac"]),
    "an underscore in front": ("_time", ["_time", "tim"]),
    "two words with a slash": ("vtinsert/vtselect", ["vtinsertvtselect", "vtinsert", "vtselect"]),
    "a full stop at the end": ("spans. Traces", ["span", "trac"]),
    "a version": ("v0.8.1", ["0.8.1", "0.8"]),
    "a version of two numbers": ("0.10", ["0.10"]),
    "the target of a link": ("[spans](flags.md#x)", ["span"]),
    "digits": ("s390x", ["s390x", "390"]),
    "a percent sign": ("disk %", ["disk", "percent"]),
    "a large number": ("10,000 or 10000 spans", ["10000", "10000", "span"]),
    "a list of numbers": ("1,2,3 and 4,500,6", ["1", "2", "3", "4", "500", "6"]),
    "a dash alone": ("a - b", ["b"]),
    "letters of other alphabets": ("Größe трасса", ["größe", "трасса"]),
}

STEMS = {
    "traces": "trac",
    "tracing": "trac",
    "stored": "stor",
    "storing": "stor",
    "queries": "query",
    "verified": "verify",
    "verify": "verify",
    "classes": "class",
    "status": "status",
    "access": "access",
    "dropped": "drop",
    "compressed": "compress",
    "compression": "compress",
    "deletion": "delet",
    "delete": "delet",
    "ids": "id",
    "us": "us",
    "string": "string",
    "thread": "thread",
    "automatically": "automatical",
    "v1s": "v1s",
    "ies": "ie",
    "tied": "tied",
}


@pytest.mark.parametrize(("text", "expected"), TERMS.values(), ids=TERMS)
def test_text_becomes_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(("word", "expected"), STEMS.items())
def test_a_word_has_a_stem(word: str, expected: str) -> None:
    assert stem(word) == expected


def test_a_word_keeps_how_it_was_written() -> None:
    assert [word.surface for word in words("Set -retentionPeriod=8w, please")] == [
        "Set",
        "-retentionPeriod",
        "8w",
    ]


JOINED = {
    "two words": ("trace ids", ["traceid", "traceid"]),
    "a stop word": ("read only disk", ["readon", "onlydisk", "readdisk"]),
    "a stop word between": ("trace by id", ["traceby", "byid", "traceid"]),
    "words with separators are left alone": ("a_b c d", ["cd", "cd"]),
    "names of several parts are left alone": ("traceId c", []),
    "one word": ("trace", []),
}


@pytest.mark.parametrize(("text", "expected"), JOINED.values(), ids=JOINED)
def test_words_side_by_side_may_be_one(text: str, expected: list[str]) -> None:
    assert [term for _, _, term in joined_words(text)] == expected


def test_an_endless_word_is_cut() -> None:
    assert [len(word.whole) for word in words("x" * 5_000)] == [WORD_CHARS_MAX]


@given(st.text())
def test_any_text_has_terms_that_are_not_empty(text: str) -> None:
    assert all(terms(text))


@given(st.from_regex(r"[a-z]{1,12}", fullmatch=True))
def test_a_stem_is_not_empty(word: str) -> None:
    assert stem(word)
