"""What a request does, as a tree of work, one span each: the words that tables are written in.

Must not be here: chance, clocks, and the shop itself. Times are ranges in microseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vtmcp.traces.tenant import Tenant

MS = 1_000
S = 1_000_000

Range = tuple[int, int]
"""The least and the most; most draws lie near the least, as real latencies do."""

Varied = Mapping[str, str | tuple[str, ...]]
"""Attribute values with `{user}`, `{order}`, `{sku}` or `{n}` in them, or one of several."""


CUSTOMER: Varied = {"user.id": "{user}", "session.id": "s-{order}"}
"""What a page says about who asks for it."""


class Thrown(NamedTuple):
    """An exception, as its `exception` event tells it."""

    type: str
    message: str
    stack: str


class Fault(NamedTuple):
    """A share of the spans fails on its own, of all pods or of those with one version."""

    thrown: Thrown
    share: float
    version: str = ""
    own_us: Range | None = None
    """How long it takes to fail, where that is another time than that of a success."""


class Slow(NamedTuple):
    """A share of the spans takes longer on its own, and has other attributes."""

    share: float
    own_us: Range
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One span, and the spans below it. A failure passes up until some work tolerates it."""

    service: str
    name: str
    kind: str = "internal"
    own_us: Range = (MS // 5, MS)
    """Time that no span below takes: a third before them, the rest after them."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    varied: Varied = field(default_factory=dict)
    if_failed: Mapping[str, str] = field(default_factory=dict)
    below: "tuple[Work, ...]" = ()
    at_once: bool = False
    """What is below starts together; else one after the other, until one fails."""
    times: Range = (1, 1)
    """How often it is done in a row."""
    wait_us: Range = (0, 0)
    """Time before it starts that no span accounts for: a queue, a pause between attempts."""
    fault: Fault | None = None
    rethrown: Thrown | None = None
    """What it throws when something below it failed."""
    slow: Slow | None = None
    tolerated: bool = False
    """Its failure does not fail what is above."""
    detached: bool = False
    """What is above does not wait for it."""
    lost: bool = False
    """Its span never arrives, while those below it do."""


class Recipe(NamedTuple):
    """One kind of request: one trace in each period, over before `longest_us`."""

    tenant: Tenant
    period_us: int
    longest_us: int
    root: Work


def served(service: str, name: str, *below: Work, **more: Any) -> Work:
    """An HTTP request that a service answers; the name is `METHOD /route`."""
    method, _, route = name.partition(" ")
    attributes = {
        "http.request.method": method,
        "http.route": route,
        "url.scheme": "http",
        "http.response.status_code": "200",
    }
    return Work(
        service=service,
        name=name,
        kind="server",
        attributes=attributes,
        if_failed={"http.response.status_code": "500", "error.type": "500"},
        below=below,
        **more,
    )


def called(caller: str, callee: Work, **more: Any) -> Work:
    """The same request as its caller sees it."""
    route = callee.attributes["http.route"]
    return remote(
        caller,
        callee.attributes["http.request.method"],
        f"http://{callee.service}:8080{route}",
        server=callee.service,
        below=(callee,),
        **more,
    )


def remote(caller: str, method: str, url: str, *, server: str, **more: Any) -> Work:
    """A call to a server whose own spans are not ours."""
    attributes = {
        "http.request.method": method,
        "server.address": server,
        "url.full": url,
        "http.response.status_code": "200",
    }
    failed = {"http.response.status_code": "500", "error.type": "500"}
    defaults = {"kind": "client", "attributes": attributes, "if_failed": failed}
    return Work(service=caller, name=method, **(defaults | more))


def remote_procedure(caller: str, callee: str, name: str, *below: Work) -> Work:
    """A gRPC call, both sides of it; the name is `package.Service/Method`."""
    service, _, method = name.partition("/")
    attributes = {
        "rpc.system": "grpc",
        "rpc.service": service,
        "rpc.method": method,
        "rpc.grpc.status_code": "0",
    }
    failed = {"rpc.grpc.status_code": "13"}
    answer = Work(
        service=callee,
        name=name,
        kind="server",
        attributes=attributes,
        if_failed=failed,
        below=below,
    )
    return Work(
        service=caller,
        name=name,
        kind="client",
        attributes={**attributes, "server.address": callee},
        if_failed=failed,
        below=(answer,),
    )


def sql(service: str, statement: str, **more: Any) -> Work:
    """A statement to the service's PostgreSQL; the span's name is its verb and its table."""
    words = statement.split()
    verb = words[0]
    table = words[words.index(_BEFORE_TABLE[verb]) + 1]
    attributes = {
        "db.system": "postgresql",
        "db.namespace": service,
        "db.collection.name": table,
        "db.operation.name": verb,
        "db.statement": statement,
        "server.address": f"{service}-db.shop.svc",
        "server.port": "5432",
    }
    defaults = {"own_us": (MS, 6 * MS)}
    return Work(
        service=service,
        name=f"{verb} {table}",
        kind="client",
        attributes=attributes,
        **(defaults | more),
    )


def redis(service: str, command: str, key: str, **more: Any) -> Work:
    """A command to the service's Redis; the key may hold words such as `{user}`."""
    attributes = {
        "db.system": "redis",
        "db.operation.name": command,
        "server.address": f"{service}-redis.shop.svc",
        "server.port": "6379",
    }
    return Work(
        service=service,
        name=command,
        kind="client",
        attributes=attributes,
        varied={"db.statement": f"{command} {key}"},
        **more,
    )


def published(service: str, topic: str, consumer: Work) -> Work:
    """A message that a service sends to a Kafka topic, and what becomes of it."""
    return Work(
        service=service,
        name=f"publish {topic}",
        kind="producer",
        attributes=_messaging(topic, "send"),
        below=(consumer,),
    )


def consumed(service: str, topic: str, *below: Work, wait_us: Range) -> Work:
    """A message that a service takes from a Kafka topic, so long after it was sent."""
    return Work(
        service=service,
        name=f"process {topic}",
        kind="consumer",
        attributes={**_messaging(topic, "process"), "messaging.consumer.group.name": service},
        own_us=(2 * MS, 9 * MS),
        below=below,
        wait_us=wait_us,
        detached=True,
    )


_BEFORE_TABLE = {"SELECT": "FROM", "INSERT": "INTO", "UPDATE": "UPDATE"}


def _messaging(topic: str, operation: str) -> dict[str, str]:
    return {
        "messaging.system": "kafka",
        "messaging.destination.name": topic,
        "messaging.operation.type": operation,
    }
