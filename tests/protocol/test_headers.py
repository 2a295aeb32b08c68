"""The headers of a modern request agree with its body, or the request is refused."""

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.protocol.errors import LocalProtocolError
from vtmcp.protocol.headers import (
    HeaderMismatchError,
    check_request_headers,
    check_version_header,
    decode_sentinel,
    parameter_headers,
)
from vtmcp.protocol.messages import Json, Request

Headers = list[tuple[str, str]]
Declared = dict[tuple[str, ...], str]

LIST = Request(1, "tools/list", {})
CALL = Request(1, "tools/call", {"name": "Traces", "arguments": {}})
READ = Request(1, "resources/read", {"uri": "file:///a%20b?c=1"})
GREEK = Request(1, "prompts/get", {"name": "\u03b1\u03b2"})

METHOD_LIST = ("mcp-method", "tools/list")
METHOD_CALL = ("mcp-method", "tools/call")
METHOD_READ = ("mcp-method", "resources/read")
METHOD_GET = ("mcp-method", "prompts/get")
NAME = ("mcp-name", "Traces")

REGION: Declared = {("where", "a"): "Mcp-Param-Region"}

VERSIONS: dict[str, tuple[list[str], str]] = {
    # The values of the header, and what is wrong with them.
    "as in the body": (["2026-07-28"], ""),
    "blanks round it": ([" \t2026-07-28\t "], ""),
    "missing": ([], "is required"),
    "empty": ([""], 'must be "2026-07-28", as in params._meta'),
    "another": (["2025-11-25"], 'must be "2026-07-28"'),
    "twice the same": (["2026-07-28", "2026-07-28"], "is given more than once"),
    "twice in one": (["2026-07-28, 2026-07-28"], 'must be "2026-07-28"'),
    "encoded": (["=?base64?MjAyNi0wNy0yOA==?="], 'must be "2026-07-28"'),
    "other characters": (["2026-07-28\u00a0"], "holds characters other than visible ASCII"),
    "a line end": (["2026-07-28\n"], "holds characters other than visible ASCII"),
}

REQUESTS: dict[str, tuple[Request, Headers, str]] = {
    # The request, its headers, and what is wrong with them.
    "a method": (LIST, [METHOD_LIST], ""),
    "a method between blanks": (LIST, [("mcp-method", "\t tools/list ")], ""),
    "no method": (LIST, [], "Mcp-Method is required"),
    "an empty method": (LIST, [("mcp-method", "")], 'Mcp-Method must be "tools/list", the method'),
    "another method": (LIST, [METHOD_CALL], 'Mcp-Method must be "tools/list"'),
    "a method in capitals": (LIST, [("mcp-method", "TOOLS/LIST")], "Mcp-Method must be"),
    "a method twice": (LIST, [METHOD_LIST, METHOD_LIST], "Mcp-Method is given more than once"),
    "a method is never encoded": (
        LIST,
        [("mcp-method", "=?base64?dG9vbHMvbGlzdA==?=")],
        "Mcp-Method must be",
    ),
    "an unknown method too": (Request(1, "x", {}), [METHOD_LIST], 'Mcp-Method must be "x"'),
    "a name that nobody asked for": (LIST, [METHOD_LIST, NAME, NAME], ""),
    "a tool": (CALL, [METHOD_CALL, NAME], ""),
    "a tool between blanks": (CALL, [METHOD_CALL, ("mcp-name", "  Traces  ")], ""),
    "no tool": (CALL, [METHOD_CALL], "Mcp-Name is required"),
    "another tool": (
        CALL,
        [METHOD_CALL, ("mcp-name", "traces")],
        'Mcp-Name must be "Traces", as in params.name',
    ),
    "a tool twice": (CALL, [METHOD_CALL, NAME, NAME], "Mcp-Name is given more than once"),
    "a tool, encoded": (CALL, [METHOD_CALL, ("mcp-name", "=?base64?VHJhY2Vz?=")], ""),
    "another tool, encoded": (
        CALL,
        [METHOD_CALL, ("mcp-name", "=?base64?dHJhY2Vz?=")],
        "Mcp-Name must be",
    ),
    "a tool, encoded badly": (
        CALL,
        [METHOD_CALL, ("mcp-name", "=?base64?VHJhY2V?=")],
        "Mcp-Name is not base64 of UTF-8 text between",
    ),
    "a tool with other characters": (
        CALL,
        [METHOD_CALL, ("mcp-name", "Traces\x7f")],
        "Mcp-Name holds characters",
    ),
    "no tool in the body is not the headers' fault": (
        Request(1, "tools/call", {}),
        [METHOD_CALL, NAME],
        "",
    ),
    "nor is a tool that is a number": (Request(1, "tools/call", {"name": 1}), [METHOD_CALL], ""),
    "a resource": (READ, [METHOD_READ, ("mcp-name", "file:///a%20b?c=1")], ""),
    "a resource, decoded": (
        READ,
        [METHOD_READ, ("mcp-name", "file:///a b?c=1")],
        'Mcp-Name must be "file:///a%20b?c=1", as in params.uri',
    ),
    "a prompt": (GREEK, [METHOD_GET, ("mcp-name", "=?base64?zrHOsg==?=")], ""),
    "a prompt, not encoded": (
        GREEK,
        [METHOD_GET, ("mcp-name", "\u03b1\u03b2")],
        "Mcp-Name holds characters",
    ),
    "a task": (
        Request(1, "tasks/get", {"taskId": "t-1"}),
        [("mcp-method", "tasks/get"), ("mcp-name", "t-1")],
        "",
    ),
    "no task": (
        Request(1, "tasks/update", {"taskId": "t-1"}),
        [("mcp-method", "tasks/update")],
        "Mcp-Name is required",
    ),
    "another task": (
        Request(1, "tasks/cancel", {"taskId": "t-1"}),
        [("mcp-method", "tasks/cancel"), ("mcp-name", "t-2")],
        'Mcp-Name must be "t-1", as in params.taskId',
    ),
    "a task method without a task": (
        Request(1, "tasks/list", {}),
        [("mcp-method", "tasks/list")],
        "",
    ),
}

SAYS: dict[str, tuple[Any, list[str], str]] = {
    # The argument, the values of its header, and what is wrong with them.
    "a text": ("us-west1", ["us-west1"], ""),
    "a text with blanks in it": ("us west 1", ["us west 1"], ""),
    "a text between blanks": ("us-west1", ["  us-west1\t"], ""),
    "a text in capitals": ("us-west1", ["US-WEST1"], 'must be "us-west1", the argument where.a'),
    "a text without a header": ("us-west1", [], "is required"),
    "a text, twice": ("us-west1", ["us-west1", "us-west1"], "is given more than once"),
    "an empty text": ("", [""], ""),
    "an empty text, encoded": ("", ["=?base64??="], ""),
    "an empty text without a header": ("", [], "is required"),
    "a text that needs encoding": (" padded ", ["=?base64?IHBhZGRlZCA=?="], ""),
    "a text that needs encoding, and is not": (" padded ", [" padded "], 'must be " padded "'),
    "a text of two lines": ("line1\nline2", ["=?base64?bGluZTEKbGluZTI=?="], ""),
    "a text beyond ASCII": ("Hello, \u4e16\u754c", ["=?base64?SGVsbG8sIOS4lueVjA==?="], ""),
    "a text that is not encoded": ("\u00e9", ["\u00e9"], "holds characters other than"),
    "bad padding": ("Hello", ["=?base64?SGVsbG8?="], "is not base64"),
    "a bad alphabet": ("Hello", ["=?base64?SGVs!!!bG8=?="], "is not base64"),
    "no start is a literal": ("SGVsbG8=", ["SGVsbG8="], ""),
    "no end is a literal": ("=?base64?SGVsbG8=", ["=?base64?SGVsbG8="], ""),
    "a literal is not decoded": ("Hello", ["SGVsbG8="], 'must be "Hello"'),
    "capitals are a literal": ("=?BASE64?SGVsbG8=?=", ["=?BASE64?SGVsbG8=?="], ""),
    "half a surrogate pair": ("\ud800", ["x"], r'must be "\ud800"'),
    "an integer": (42, ["42"], ""),
    "a negative one": (-7, ["-7"], ""),
    "zero": (0, ["0"], ""),
    "zero without a header": (0, [], "is required"),
    "minus zero": (0, ["-0"], ""),
    "an integer with a fraction of nothing": (42, ["42.0"], ""),
    "the other way round": (42.0, ["42"], ""),
    "an integer, encoded": (42, ["=?base64?NDI=?="], ""),
    "another integer": (42, ["43"], "must be 42"),
    "nearly an integer": (42, ["42.1"], "must be 42"),
    "an integer beyond a double": (2**53 + 1, ["9007199254740993"], ""),
    "a neighbour that a double cannot tell": (2**53 + 1, ["9007199254740992"], "must be 9007"),
    "an integer with an exponent": (100, ["1e2"], "must be 100"),
    "an integer in base 16": (26, ["0x1a"], "must be 26"),
    "an integer with a plus": (42, ["+42"], "must be 42"),
    "an integer with an underscore": (42, ["4_2"], "must be 42"),
    "a number with no end of digits": (42, ["4" * 10_000], "must be 42"),
    "no number at all": (42, ["x"], "must be 42"),
    "an empty header for an integer": (42, [""], "must be 42"),
    "a fraction": (1.5, ["1.5"], ""),
    "another fraction": (1.5, ["1.50001"], "must be 1.5"),
    "true": (True, ["true"], ""),
    "false": (False, ["false"], ""),
    "true in capitals": (True, ["True"], "must be true"),
    "true is not one": (True, ["1"], "must be true"),
    "one is not true": (1, ["true"], "must be 1"),
    "false without a header": (False, [], "is required"),
    "null": (None, [], ""),
    "null with a header": (None, ["x"], "must be absent, as is the argument where.a"),
    "null with an empty header": (None, [""], "must be absent"),
    "a list is the arguments' fault": ([1], [], ""),
    "a list with a header": ([1], ["1"], "cannot repeat the argument where.a, which is no scalar"),
}

ABSENT: dict[str, Json] = {
    "no arguments": {"name": "t"},
    "no such argument": {"name": "t", "arguments": {}},
    "no such member": {"name": "t", "arguments": {"where": {"b": "x"}}},
    "a text on the way": {"name": "t", "arguments": {"where": "a"}},
    "arguments in a list": {"name": "t", "arguments": ["where"]},
}

SENTINELS: dict[str, tuple[str, str]] = {
    "encoded": ("=?base64?SGVsbG8=?=", "Hello"),
    "encoded twice": ("=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=", "=?base64?literal?="),
    "nothing, encoded": ("=?base64??=", ""),
    "literal": ("Hello", "Hello"),
    "empty": ("", ""),
    "only a start": ("=?base64?SGVsbG8=", "=?base64?SGVsbG8="),
    "only an end": ("SGVsbG8=?=", "SGVsbG8=?="),
    "start and end that share a mark": ("=?base64?=", "=?base64?="),
    "a start in capitals": ("=?Base64?SGVsbG8=?=", "=?Base64?SGVsbG8=?="),
    "a blank before it": (" =?base64?SGVsbG8=?=", " =?base64?SGVsbG8=?="),
}

NOT_BASE64: dict[str, str] = {
    "no padding": "=?base64?SGVsbG8?=",
    "too much padding": "=?base64?SGVsbG8==?=",
    "only padding": "=?base64?=?=",
    "other characters": "=?base64?SGVs!!!bG8=?=",
    "a blank": "=?base64?SGVs bG8=?=",
    "a line end": "=?base64?SGVsbG8=\n?=",
    "the URL alphabet": "=?base64?_-8=?=",
    "two in a row": "=?base64?SGVsbG8=SGVsbG8=?=",
    "bits that no byte needs": "=?base64?SGVsbG9=?=",
    "no UTF-8": "=?base64?/w==?=",
    "half a surrogate pair": "=?base64?7aCA?=",
    "letters beyond ASCII": "=?base64?\u00e9\u00e9\u00e9\u00e9?=",
}

SCHEMAS: dict[str, tuple[Json, Declared]] = {
    "none": ({"type": "object"}, {}),
    "of each type": (
        {
            "properties": {
                "a": {"type": "string", "x-mcp-header": "Region"},
                "b": {"type": "integer", "x-mcp-header": "b!#$%&'*+.^_`|~9-"},
                "c": {"type": "boolean", "x-mcp-header": "Method"},
                "d": {"type": "string"},
                "e": True,
            }
        },
        {
            ("a",): "Mcp-Param-Region",
            ("b",): "Mcp-Param-b!#$%&'*+.^_`|~9-",
            ("c",): "Mcp-Param-Method",
        },
    ),
    "in objects": (
        {
            "properties": {
                "a": {"properties": {"b": {"type": "string", "x-mcp-header": "B"}}},
                "a.b": {"type": "string", "x-mcp-header": "AB"},
            }
        },
        {("a", "b"): "Mcp-Param-B", ("a.b",): "Mcp-Param-AB"},
    ),
    "beside other keywords": (
        {
            "properties": {"a": {"type": "string", "enum": ["x"], "x-mcp-header": "A"}},
            "anyOf": [{"required": ["a"]}],
            "$defs": {"x": {"type": "string"}},
            "additionalProperties": False,
        },
        {("a",): "Mcp-Param-A"},
    ),
    "a property of that name": ({"properties": {"x-mcp-header": {"type": "number"}}}, {}),
    "a property named as a keyword": (
        {"properties": {"items": {"type": "string", "x-mcp-header": "A"}}},
        {("items",): "Mcp-Param-A"},
    ),
    "data that looks like one": (
        {"properties": {"a": {"default": {"x-mcp-header": ""}, "enum": [{"x-mcp-header": 1}]}}},
        {},
    ),
}

ANNOTATED = {"type": "string", "x-mcp-header": "A"}
ELSEWHERE = "A must stand in a property, reached by `properties` alone"

BAD_SCHEMAS: dict[str, tuple[Json, str]] = {
    "an empty name": ({"properties": {"a": {"type": "string", "x-mcp-header": ""}}}, '"" is not'),
    "a blank": (
        {"properties": {"a": {"type": "string", "x-mcp-header": "My Region"}}},
        "is not the",
    ),
    "a colon": ({"properties": {"a": {"type": "string", "x-mcp-header": "A:B"}}}, "is not the"),
    "a letter beyond ASCII": (
        {"properties": {"a": {"type": "string", "x-mcp-header": "R\u00e9gion"}}},
        "is not the name of a header",
    ),
    "a line end": ({"properties": {"a": {"type": "string", "x-mcp-header": "A\n"}}}, "is not the"),
    "a number": ({"properties": {"a": {"type": "string", "x-mcp-header": 1}}}, "1 is not the"),
    "null": ({"properties": {"a": {"type": "string", "x-mcp-header": None}}}, "null is not"),
    "twice": (
        {"properties": {"a": ANNOTATED, "b": ANNOTATED}},
        "two properties share the header Mcp-Param-A",
    ),
    "twice but for capitals": (
        {
            "properties": {
                "a": ANNOTATED,
                "b": {"properties": {"c": {**ANNOTATED, "x-mcp-header": "a"}}},
            }
        },
        "two properties share the header Mcp-Param-a",
    ),
    "a fraction": (
        {"properties": {"a": {**ANNOTATED, "type": "number"}}},
        'the "type" of a must be one of string, integer, boolean',
    ),
    "an object": (
        {"properties": {"b": {"properties": {"a": {**ANNOTATED, "type": "object"}}}}},
        'the "type" of b.a must be one of',
    ),
    "an array": ({"properties": {"a": {**ANNOTATED, "type": "array"}}}, 'the "type" of a must'),
    "null as a type": ({"properties": {"a": {**ANNOTATED, "type": "null"}}}, 'the "type" of a'),
    "several types": ({"properties": {"a": {**ANNOTATED, "type": ["string"]}}}, 'the "type" of a'),
    "no type": ({"properties": {"a": {"x-mcp-header": "A"}}}, 'the "type" of a must be'),
    "the root": (ANNOTATED, ELSEWHERE),
    "items": ({"properties": {"a": {"items": ANNOTATED}}}, ELSEWHERE),
    "one of several items": ({"properties": {"a": {"prefixItems": [{}, ANNOTATED]}}}, ELSEWHERE),
    "properties of items": (
        {"properties": {"a": {"items": {"properties": {"b": ANNOTATED}}}}},
        ELSEWHERE,
    ),
    "properties of a choice": ({"anyOf": [{"properties": {"a": ANNOTATED}}]}, ELSEWHERE),
    "all of": ({"properties": {"a": {"allOf": [ANNOTATED]}}}, ELSEWHERE),
    "one of": ({"properties": {"a": {"oneOf": [ANNOTATED]}}}, ELSEWHERE),
    "not": ({"properties": {"a": {"not": ANNOTATED}}}, ELSEWHERE),
    "a condition": ({"if": {"properties": {"a": ANNOTATED}}}, ELSEWHERE),
    "a consequence": ({"then": {"properties": {"a": ANNOTATED}}}, ELSEWHERE),
    "an alternative": ({"else": {"properties": {"a": ANNOTATED}}}, ELSEWHERE),
    "a definition": ({"$defs": {"a": ANNOTATED}}, ELSEWHERE),
    "an older definition": ({"definitions": {"a": ANNOTATED}}, ELSEWHERE),
    "a pattern of properties": ({"patternProperties": {"a": ANNOTATED}}, ELSEWHERE),
    "other properties": ({"additionalProperties": ANNOTATED}, ELSEWHERE),
    "a dependency": ({"dependentSchemas": {"a": {"properties": {"b": ANNOTATED}}}}, ELSEWHERE),
}


def check(message: Request, headers: Headers, expected: Declared) -> str:
    """What is wrong, or nothing."""

    def values(name: str) -> list[str]:
        assert name == name.lower()
        return [value for known, value in headers if known == name]

    try:
        check_request_headers(values, message, expected)
    except HeaderMismatchError as error:
        return error.message
    return ""


def check_argument(argument: Any, values: list[str]) -> str:
    params = {"name": "t", "arguments": {"where": {"a": argument}}}
    headers = [METHOD_CALL, ("mcp-name", "t"), *(("mcp-param-region", value) for value in values)]
    return check(Request(1, "tools/call", params), headers, REGION)


def assert_says(problem: str, message: str) -> None:
    """Nothing is wrong where nothing should be, else the sentence has these words."""
    assert problem in message
    assert bool(problem) == bool(message)


@pytest.mark.parametrize(("values", "problem"), VERSIONS.values(), ids=VERSIONS)
def test_the_version(values: list[str], problem: str) -> None:
    message = ""
    try:
        check_version_header(values, "2026-07-28")
    except HeaderMismatchError as error:
        message = error.message
        assert message.startswith("Header mismatch: MCP-Protocol-Version ")
    assert_says(problem, message)


@pytest.mark.parametrize(("message", "headers", "problem"), REQUESTS.values(), ids=REQUESTS)
def test_method_and_name(message: Request, headers: Headers, problem: str) -> None:
    assert_says(problem and f"Header mismatch: {problem}", check(message, headers, {}))


@pytest.mark.parametrize(("argument", "values", "problem"), SAYS.values(), ids=SAYS)
def test_a_parameter(argument: Any, values: list[str], problem: str) -> None:
    expected = problem and f"Header mismatch: Mcp-Param-Region {problem}"
    assert_says(expected, check_argument(argument, values))


@pytest.mark.parametrize("params", ABSENT.values(), ids=ABSENT)
def test_an_absent_argument_has_no_header(params: Json) -> None:
    call = Request(1, "tools/call", params)
    headers = [METHOD_CALL, ("mcp-name", "t")]
    assert check(call, headers, REGION) == ""
    message = check(call, [*headers, ("mcp-param-region", "x")], REGION)
    assert_says("Mcp-Param-Region must be absent, as is the argument where.a", message)


def test_a_mismatch_has_its_code() -> None:
    error = HeaderMismatchError("Mcp-Name", "is required")
    message = "Header mismatch: Mcp-Name is required"
    assert error.body("2026-07-28") == {"code": -32020, "message": message}


def test_an_unknown_parameter_is_ignored() -> None:
    headers = [METHOD_CALL, NAME, ("mcp-param-other", "=?base64?!?="), ("mcp-param-other", "x")]
    assert check(CALL, headers, {("region",): "Mcp-Param-Region"}) == ""


def test_an_error_shows_no_more_of_the_body_than_it_needs() -> None:
    message = check_argument("x" * 10_000, ["y" * 10_000])
    assert len(message) < 250
    assert "yyy" not in message


@pytest.mark.parametrize(("value", "text"), SENTINELS.values(), ids=SENTINELS)
def test_sentinels(value: str, text: str) -> None:
    assert decode_sentinel(value) == text


@pytest.mark.parametrize("value", NOT_BASE64.values(), ids=NOT_BASE64)
def test_bad_base64_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"^not base64 of UTF-8 text$"):
        decode_sentinel(value)


@given(st.text())
def test_any_text_travels_encoded(text: str) -> None:
    value = f"=?base64?{b64encode(text.encode()).decode()}?="
    assert decode_sentinel(value) == text
    assert check_argument(text, [value]) == ""


@given(st.text())
def test_a_value_has_one_encoding(text: str) -> None:
    """Whatever decodes at all is what an encoder would have written."""
    value = f"=?base64?{text}?="
    try:
        decoded = decode_sentinel(value)
    except ValueError:
        return
    assert f"=?base64?{b64encode(decoded.encode()).decode()}?=" == value


@given(st.integers(), st.integers())
def test_integers_are_compared_as_numbers(argument: int, other: int) -> None:
    assert check_argument(argument, [f"{argument}.00"]) == ""
    assert (check_argument(argument, [str(other)]) == "") is (argument == other)


@pytest.mark.parametrize(("schema", "expected"), SCHEMAS.values(), ids=SCHEMAS)
def test_what_a_schema_declares(schema: Json, expected: Declared) -> None:
    assert parameter_headers(schema) == expected


@pytest.mark.parametrize(("schema", "problem"), BAD_SCHEMAS.values(), ids=BAD_SCHEMAS)
def test_what_a_schema_must_not_declare(schema: Json, problem: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        parameter_headers(schema)
    assert str(caught.value).startswith("x-mcp-header: ")
    assert problem in str(caught.value)
