"""What a query probably does not mean is said, and nothing of a query that is sound."""

import pytest

from vtmcp.traces.logsql_hints import SYNTAX, bare, has_pipe, hints

SOUND = (
    "trace_id:*",
    'trace_id:* "resource_attr:service.name":="cart" duration:>1s',
    "trace_id:* duration:>=1000000",
    "trace_id:* `span_attr:http.route`:=x | stats count() n",
    "trace_id:* 'event:0:event_name':=exception",
    "trace_id:* | fields resource_attr:service.name",
    'trace_id:* name:="resource_attr:service.name duration:>5 |"',
    "trace_id:* # duration:>5 | span_attr:a",
)


@pytest.mark.parametrize("query", SOUND)
def test_a_sound_query_needs_no_hint(query: str) -> None:
    assert list(hints(query, found=True)) == []


QUOTES = "names with : or . need them."
TRACE_ID = "The query does not name trace_id"
DURATION = "duration is in nanoseconds: 250 is 250 ns; write a unit, such as 100ms."
PIPE = "A word after | that names no pipe"
LATEST = "The last 30 s may be missing"

DOUBTFUL: dict[str, tuple[str, dict[str, bool], list[str]]] = {
    "a name without quotes": (
        "trace_id:* resource_attr:service.name:cart",
        {"found": False},
        [
            "resource_attr:service.name without quotes asks for the text service.name in a field"
            ' resource_attr; write "resource_attr:service.name" with double quotes: ' + QUOTES
        ],
    ),
    "rows of the index": ("* | stats count() n", {"found": True}, [TRACE_ID]),
    "a duration without a unit": ("trace_id:* duration:>250", {"found": True}, [DURATION]),
    "a duration that is exact": ("trace_id:* duration:=250", {"found": True}, [DURATION]),
    "a pipe that is none": ("trace_id:* | foo", {"found": False}, [PIPE]),
    "what is too new": ("trace_id:*", {"found": False, "fresh": True}, [LATEST]),
    "all at once": (
        "span_attr:a:b duration:<250 | foo",
        {"found": False, "fresh": True},
        ["span_attr:a without", DURATION, PIPE, LATEST],
    ),
    "a query that failed": ('name:~"("', {"found": False, "failed": True}, [SYNTAX]),
    "a name without quotes in a pipe that failed": (
        "trace_id:* | stats by (span_attr:a.b) count() n",
        {"found": False, "failed": True},
        ["span_attr:a.b without quotes"],
    ),
}


@pytest.mark.parametrize(("query", "about", "begins"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_doubtful_query_gets_its_hints(
    query: str, about: dict[str, bool], begins: list[str]
) -> None:
    said = list(
        hints(
            query,
            found=about["found"],
            failed=about.get("failed", False),
            fresh=about.get("fresh", False),
        )
    )
    assert [one.startswith(begin) for one, begin in zip(said, begins, strict=True)] == [
        True for _ in begins
    ]


def test_what_stands_in_quotes_or_comments_is_no_part_of_the_query() -> None:
    assert bare('a:="b \\" | c" | d `|` \'|\' # | e\n| f') == 'a:="" | d "" "" \n| f'
    assert has_pipe("a | b")
    assert not has_pipe('a "|" # |')
