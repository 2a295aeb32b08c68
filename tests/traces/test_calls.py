"""What a call says of itself, under old and new attribute names."""

import pytest

from tests.traces.samples import failed, span
from vtmcp.traces.calls import (
    STATEMENT_CHARS_MAX,
    host_of,
    is_call,
    is_refused,
    is_write,
    request_of,
    statement_shape,
    target_of,
)

CALLS: dict[str, tuple[dict[str, str], tuple[str, str, str]]] = {
    "HTTP, new names": (
        {"url.full": "https://u:p@bank.example:8443/v1/charges?id=3", "server.address": "bank"},
        ("bank", "bank", "/v1/charges"),
    ),
    "HTTP, old names": (
        {"http.url": "http://cart:8080/cart", "net.peer.name": "cart"},
        ("cart", "cart", "/cart"),
    ),
    "HTTP, a URL and nothing else": (
        {"http.url": "http://cart:8080/cart"},
        ("", "cart:8080", "/cart"),
    ),
    "HTTP, a template": (
        {"url.template": "/items/{id}", "peer.service": "items"},
        ("items", "", "/items/{id}"),
    ),
    "SQL": (
        {"db.system": "mysql", "db.statement": "SELECT * FROM a WHERE id = 17 AND n = 'x''y'"},
        ("mysql", "", "SELECT * FROM a WHERE id = ? AND n = ?"),
    ),
    "gRPC": ({"rpc.service": "Cart", "rpc.method": "Get"}, ("Cart", "", "Get")),
    "a queue": ({"messaging.destination.name": "orders"}, ("orders", "", "")),
    "nothing": ({}, ("", "", "")),
    "a URL that is none": ({"url.full": "nonsense"}, ("", "", "")),
}


@pytest.mark.parametrize(("attributes", "said"), CALLS.values(), ids=CALLS)
def test_a_call_says_whom_and_what(attributes: dict[str, str], said: tuple[str, str, str]) -> None:
    one = span("a", kind="client", attributes=attributes)
    assert (target_of(one), host_of(one), request_of(one)) == said


WRITES = {
    "a name": ({}, "INSERT orders", True),
    "a read": ({}, "SELECT orders", False),
    "an operation": ({"db.operation.name": "UPDATE"}, "orders", True),
    "an HTTP method": ({"http.request.method": "POST"}, "orders", True),
    "a statement": ({"db.statement": "  delete FROM a"}, "db", True),
    "a command": ({"db.operation.name": "HGETALL"}, "redis", False),
    "no word": ({}, "", False),
}


@pytest.mark.parametrize(("attributes", "name", "writes"), WRITES.values(), ids=WRITES)
def test_a_write_is_told_from_a_read(attributes: dict[str, str], name: str, writes: bool) -> None:
    assert is_write(span("a", name=name, attributes=attributes)) == writes


REFUSED = {
    "a failure": (failed("a"), True),
    "a server's fault": (span("a", attributes={"http.response.status_code": "503"}), True),
    "too many requests": (span("a", attributes={"http.status_code": "429"}), True),
    "not found": (span("a", attributes={"http.response.status_code": "404"}), False),
    "all well": (span("a", attributes={"http.response.status_code": "200"}), False),
    "nothing said": (span("a"), False),
    "no code": (span("a", attributes={"http.status_code": "5"}), False),
}


@pytest.mark.parametrize(("one", "refused"), REFUSED.values(), ids=REFUSED)
def test_an_attempt_that_failed_is_known(one: object, refused: bool) -> None:
    assert is_refused(one) == refused  # type: ignore[arg-type]


def test_a_call_is_known_without_its_kind() -> None:
    assert is_call(span("a", kind="client"))
    assert is_call(span("a", attributes={"db.system": "redis"}))
    assert not is_call(span("a", kind="producer"))


def test_a_hostile_statement_is_read_in_no_time() -> None:
    assert len(statement_shape("'" * 100_000)) <= STATEMENT_CHARS_MAX
    assert statement_shape("a" + "\\'" * 100_000)
