"""A system of eight services in which one thing goes wrong, or nothing: traces as Jaeger JSON.

Traffic, latencies and a few failures are drawn from a seed. A fault begins at a moment, and before
it and the day before all is well. Must not be here: what a tool is expected to say of it.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

MS = 1_000
S = 1_000_000
MINUTE = 60 * S

CUSTOMERS = 150
LARGE, LARGE_SHARE = "c-0007", 0.05
"""A customer with more traffic than others."""

REGIONS = ("eu-west", "us-east", "ap-south")
USUAL_FAILURES = 0.004
"""The share of leaf calls that fails for no reason, as anywhere."""

VERSIONS = {
    "frontend": "3.1.0",
    "checkout": "5.0.3",
    "cart": "1.11.4",
    "inventory": "1.4.9",
    "payment": "2.4.0",
    "fraud": "4.1.3",
    "shipping": "0.9.2",
    "catalog": "2.3.0",
}


@dataclass(slots=True)
class Call:
    """One span to make, and those below it."""

    service: str
    name: str
    kind: str
    own_us: int
    below: list["Call"] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    fails: float = 0.0
    """How likely it fails of itself."""
    message: str = "internal error"
    tolerant: bool = False
    """What fails below it does not fail it."""
    attempts: int = 1
    """So often it is tried, while it fails."""


class Scene:
    """What is different from usual: subclasses change a call, a pod's version, or drop spans."""

    since_us: int = 0

    def version(self, service: str, pod: int, at_us: int) -> str:
        return VERSIONS[service]

    def change(self, call: Call, pod: int, version: str, customer: str) -> None:
        """Change a call before it is made; only called once the fault began."""

    def is_lost(self, service: str) -> bool:
        """Whether a service's spans do not arrive, once the fault began."""
        return False


class BadPod(Scene):
    def change(self, call: Call, pod: int, version: str, customer: str) -> None:
        if call.name == "POST /charge" and call.kind == "server" and pod == 1:
            call.fails, call.message = 0.6, "disk full"


class SlowPod(Scene):
    def change(self, call: Call, pod: int, version: str, customer: str) -> None:
        if call.service == "inventory" and call.kind == "server" and pod == 2:
            call.own_us *= 20


class NewVersion(Scene):
    def version(self, service: str, pod: int, at_us: int) -> str:
        is_new = service == "payment" and at_us >= self.since_us and pod < 2
        return "2.4.1" if is_new else VERSIONS[service]

    def change(self, call: Call, pod: int, version: str, customer: str) -> None:
        if call.name == "POST /charge" and call.kind == "server" and version == "2.4.1":
            call.fails, call.message = 0.12, "KeyError: 'currency'"


class SlowVersion(Scene):
    def version(self, service: str, pod: int, at_us: int) -> str:
        return "2.4.0" if service == "catalog" and at_us >= self.since_us else VERSIONS[service]

    def change(self, call: Call, pod: int, version: str, customer: str) -> None:
        if call.service == "catalog" and call.kind == "server":
            call.own_us *= 5


class SlowForOneCustomer(Scene):
    def change(self, call: Call, pod: int, version: str, customer: str) -> None:
        if call.tags.get("server.address") == "api.bank.example" and customer == LARGE:
            call.own_us += 2 * S


class PassedUp(Scene):
    def change(self, call: Call, pod: int, version: str, customer: str) -> None:
        if call.service == "fraud" and call.name == "SELECT rules":
            call.fails, call.message = 0.25, "relation rules does not exist"


class RetryStorm(Scene):
    def change(self, call: Call, pod: int, version: str, customer: str) -> None:
        if call.service == "shipping" and call.kind == "server":
            call.fails, call.message = 0.7, "503 overloaded"
        if call.service == "checkout" and call.tags.get("server.address") == "shipping":
            call.attempts = 6


class ManyQueries(Scene):
    def change(self, call: Call, pod: int, version: str, customer: str) -> None:
        if call.service == "catalog" and call.kind == "server":
            (query,) = [one for one in call.below if one.name == "SELECT products"]
            call.below += [query] * 24


class MissingService(Scene):
    def is_lost(self, service: str) -> bool:
        return service == "shipping"

    def change(self, call: Call, pod: int, version: str, customer: str) -> None:
        if call.service == "checkout" and call.tags.get("server.address") == "shipping":
            call.fails, call.message, call.tolerant = 1.0, "connection refused", True


class SlowDatabase(Scene):
    def change(self, call: Call, pod: int, version: str, customer: str) -> None:
        if call.service == "inventory" and call.name == "UPDATE stock":
            call.own_us *= 15


class BadNode(Scene):
    """All that runs on a node fails now and then, whatever the service."""

    def change(self, call: Call, pod: int, version: str, customer: str) -> None:
        if call.kind == "server" and (pod + len(call.service)) % 3 == 1:
            call.fails, call.message = 0.08, "i/o timeout"


SCENES: dict[str, Callable[[], Scene]] = {
    "healthy": Scene,
    "bad pod": BadPod,
    "slow pod": SlowPod,
    "new version": NewVersion,
    "slow version": SlowVersion,
    "slow for one customer": SlowForOneCustomer,
    "passed up": PassedUp,
    "retry storm": RetryStorm,
    "many queries": ManyQueries,
    "missing service": MissingService,
    "slow database": SlowDatabase,
    "bad node": BadNode,
}


def traces(
    scene: Scene, seed: int, start_us: int, end_us: int, *, a_minute: float
) -> Iterator[Json]:
    """Yield traces that start in the window, so many a minute."""
    drawn = random.Random(f"{seed} {start_us}")
    now_us = float(start_us)
    while (now_us := now_us + drawn.expovariate(a_minute) * MINUTE) < end_us:
        yield _Trace(scene, drawn, int(now_us)).told()


class _Trace:
    def __init__(self, scene: Scene, drawn: random.Random, start_us: int) -> None:
        self.scene = scene
        self.drawn = drawn
        self.start_us = start_us
        self.is_on = start_us >= scene.since_us
        self.trace_id = f"{drawn.getrandbits(128):032x}"
        is_large = drawn.random() < LARGE_SHARE
        self.customer = LARGE if is_large else f"c-{int(CUSTOMERS * drawn.random()):04}"
        self.region = REGIONS[int(self.customer[2:]) % 3]
        self.spans: list[Json] = []
        self.processes: dict[str, Json] = {}

    def told(self) -> Json:
        root = self._page() if self.drawn.random() < 0.6 else self._purchase()
        self._make(root, "", self.start_us, None)
        return {"traceID": self.trace_id, "spans": self.spans, "processes": self.processes}

    def _own(self, ms: float) -> int:
        return max(50, int(self.drawn.lognormvariate(0, 0.45) * ms * MS))

    def _page(self) -> Call:
        query = self._sql("catalog", "SELECT products", 4)
        page = self._served("catalog", "GET /products", 6, [query])
        return self._served("frontend", "GET /products", 5, [self._http("frontend", page)])

    def _purchase(self) -> Call:
        bank = Call(
            "payment", "POST", "client", self._own(90), tags={"server.address": "api.bank.example"}
        )
        bank.fails = USUAL_FAILURES
        fraud = self._served("fraud", "POST /assess", 8, [self._sql("fraud", "SELECT rules", 3)])
        charge = self._served("payment", "POST /charge", 5, [self._http("payment", fraud), bank])
        stock = self._served(
            "inventory", "POST /reserve", 5, [self._sql("inventory", "UPDATE stock", 6)]
        )
        cart = self._served("cart", "GET /cart", 3, [self._sql("cart", "HGETALL", 1)])
        parcel = self._served("shipping", "POST /ship", 9, [])
        below = [self._http("checkout", each) for each in (cart, stock, charge, parcel)]
        order = self._served("checkout", "POST /orders", 6, below)
        return self._served("frontend", "POST /checkout", 5, [self._http("frontend", order)])

    def _served(self, service: str, name: str, ms: float, below: list[Call]) -> Call:
        method, _, route = name.partition(" ")
        tags = {
            "http.request.method": method,
            "http.route": route,
            "customer.id": self.customer,
            "customer.region": self.region,
            "http.response.status_code": "200",
        }
        return Call(service, name, "server", self._own(ms), below, tags)

    def _http(self, caller: str, callee: Call) -> Call:
        method = callee.name.partition(" ")[0]
        tags = {"http.request.method": method, "server.address": callee.service}
        return Call(caller, method, "client", self._own(1), [callee], tags)

    def _sql(self, service: str, name: str, ms: float) -> Call:
        tags = {"db.system": "postgresql", "server.address": f"{service}-db"}
        return Call(service, name, "client", self._own(ms), [], tags, USUAL_FAILURES, "deadlock")

    def _make(self, call: Call, parent: str, at_us: int, pod: int | None) -> tuple[int, bool]:
        """Make the spans of a call. Returns when it ended and whether it failed."""
        pod = int(3 * self.drawn.random()) if pod is None else pod
        version = self.scene.version(call.service, pod, at_us)
        if self.is_on:
            self.scene.change(call, pod, version, self.customer)
        end_us, failed = at_us, False
        for _ in range(call.attempts):
            end_us, failed = self._attempt(call, parent, end_us, (pod, version))
            if not failed:
                break
        return end_us, failed and not call.tolerant

    def _attempt(
        self, call: Call, parent: str, at_us: int, on: tuple[int, str]
    ) -> tuple[int, bool]:
        pod, version = on
        span_id = f"{self.drawn.getrandbits(64):016x}"
        own_failure = self.drawn.random() < call.fails
        now_us, failed = at_us + call.own_us // 3, own_failure
        if not own_failure or not call.below:
            for child in call.below:
                is_same = child.service == call.service
                now_us, broken = self._make(child, span_id, now_us, pod if is_same else None)
                if broken:
                    failed = True
                    break
        end_us = now_us + call.own_us - call.own_us // 3
        if not (self.is_on and self.scene.is_lost(call.service)):
            message = call.message if own_failure else "upstream failed"
            self._span(call, (span_id, parent), (at_us, end_us), message if failed else "")
            self._process(call.service, pod, version)
            self.spans[-1]["processID"] = f"{call.service}-{pod}"
        return end_us, failed

    def _span(self, call: Call, ids: tuple[str, str], times: tuple[int, int], message: str) -> None:
        tags = dict(call.tags)
        events = []
        if message:
            if "http.request.method" in tags:
                tags |= {"http.response.status_code": "500", "error.type": "500"}
            words = {
                "event": "exception",
                "exception.type": "Failure",
                "exception.message": message,
            }
            events = [{"timestamp": times[1], "fields": _tags(words)}]
        tags |= {"span.kind": call.kind, "error": "true" if message else "unset"}
        if message:
            tags["otel.status_description"] = message
        reference = {"refType": "CHILD_OF", "traceID": self.trace_id, "spanID": ids[1]}
        self.spans.append(
            {
                "traceID": self.trace_id,
                "spanID": ids[0],
                "operationName": call.name,
                "references": [reference] if ids[1] else [],
                "startTime": times[0],
                "duration": times[1] - times[0],
                "tags": _tags(tags),
                "logs": events,
            }
        )

    def _process(self, service: str, pod: int, version: str) -> None:
        name = f"{service}-7d9f-{'abc'[pod]}"
        self.processes[f"{service}-{pod}"] = {
            "serviceName": service,
            "tags": _tags(
                {
                    "service.version": version,
                    "service.instance.id": name,
                    "k8s.pod.name": name,
                    "host.name": f"node-{(pod + len(service)) % 3}",
                    "deployment.environment.name": "prod",
                }
            ),
        }


def _tags(values: dict[str, str]) -> list[Json]:
    return [{"key": key, "value": value, "type": "string"} for key, value in values.items()]
