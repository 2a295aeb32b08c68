"""What goes wrong in the planted system, each by itself, and the traces made for one-trace tools.

Must not be here: which tool is asked, what it should say.
"""

import random
from typing import Final

from benchmarks._planted_steps import MINUTE, MS, Fault, Json, S, Step, Where

CUSTOMER: Final = "t-000"
"""One of those with much traffic."""

LATE_US: Final = 12 * MINUTE
"""So long a service that starts late does not serve."""


class Healthy(Fault):
    """Nothing goes wrong."""


class HarmlessRelease(Fault):
    """A new version that does what the old one did."""

    def version(self, service: str, pod: int, at_us: int) -> str:
        is_new = service == "catalog" and at_us >= self.since_us
        return "5.6.0" if is_new else super().version(service, pod, at_us)


class BadPod(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        if step.name != "POST /bookings" or where.pod != 2:
            return False
        step.fails, step.error = 0.5, ("IOException", "no space left on device, segment {id}")
        return True


class SlowPod(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = step.service == "availability" and step.kind == "server" and where.pod == 1
        step.own_ms *= 40 if is_there else 1
        return is_there


class BadVersion(Fault):
    """A canary: one pod of four."""

    def version(self, service: str, pod: int, at_us: int) -> str:
        is_new = service == "pricing" and pod == 3 and at_us >= self.since_us
        return "3.1.0-rc1" if is_new else super().version(service, pod, at_us)

    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        if step.name != "POST /quote" or where.version != "3.1.0-rc1":
            return False
        step.fails, step.error = 0.15, ("TypeError", "unsupported currency None for offer {id}")
        return True


class SlowVersion(Fault):
    def version(self, service: str, pod: int, at_us: int) -> str:
        is_new = service == "search" and at_us >= self.since_us
        return "7.3.0" if is_new else super().version(service, pod, at_us)

    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = step.name == "rank"
        step.own_ms *= 25 if is_there else 1
        return is_there


class ManyReads(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        if step.name != "GET /rooms/{id}":
            return False
        tags = {**step.below[0].tags, "db.collection.name": "photos"}
        tags["db.query.text"] = "SELECT photos WHERE room_id = ?"
        step.below += [Step("catalog", "SELECT photos", "client", 4, tags) for _ in range(35)]
        return True


class RetryStorm(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        if step.tags.get("server.address") != "psp.example":
            return False
        step.fails, step.attempts, step.backoff_ms = 0.97, 7, 15
        return True


class PassedUp(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        if step.name != "SELECT rate_plans":
            return False
        step.fails, step.attempts = 0.4, 1
        step.error = ("UndefinedColumn", 'column "valid_to" does not exist, query {id}')
        return True


class SlowForOne(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = step.name == "Availability/Hold" and where.tenant == CUSTOMER
        if is_there:
            step.below[-1].own_ms = 1_800
        return is_there


class ClockAhead(Fault):
    def clock_us(self, where: Where) -> int:
        return 2_500 * MS if where.service == "availability" else 0

    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        return step.service == "availability"


class MissingService(Fault):
    def is_lost(self, step: Step, where: Where) -> bool:
        return step.service == "rates"

    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        return step.service == "rates"


class PoolWait(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = step.name == "pool.acquire"
        step.own_ms = 900 if is_there else step.own_ms
        return is_there


class NamesOfZone(Fault):
    """Names are not resolved in one zone, whichever service asks."""

    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_call = step.kind == "client" and step.tags.get("server.address", "").endswith("svc")
        if not is_call or where.zone != "eu-1b":
            return False
        step.fails, step.attempts = 0.12, 1
        step.error = ("DNSError", "lookup on 10.0.0.10:53: i/o timeout")
        return True


class Backlog(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = step.service == "notify" and step.kind == "consumer"
        step.wait_ms = 45_000 if is_there else step.wait_ms
        return is_there


class InTurn(Fault):
    """What was asked together is asked one after the other."""

    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        if step.name != "ask partners":
            return False
        step.at_once = False
        return True


class Flag(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        if step.name != "POST /quote" or where.flag != "on":
            return False
        step.fails, step.error = 0.12, ("ValueError", "no quote for offer {id}")
        return True


class OneEndpoint(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = step.name == "GET /me" and step.kind == "server"
        step.own_ms *= 60 if is_there else 1
        return is_there


class OneCountry(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = step.service == "edge" and step.kind == "server" and where.country == "PL"
        if is_there:
            step.fails, step.error = 0.3, ("GeoError", "no tax zone for request {id}")
        return is_there


class CacheMisses(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        if step.name != "POST /quote":
            return False
        known, call = step.below
        known.tags["cache.hit"], call.is_skipped = "false", False
        return True


class MissingParents(Fault):
    def is_lost(self, step: Step, where: Where) -> bool:
        return step.name == "Availability/Hold" and step.kind == "server"

    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        return step.name == "Availability/Hold"


class LateStart(Fault):
    """A service is started again and does not come up for some minutes."""

    def _is_down(self, at_us: int) -> bool:
        return self.since_us <= at_us < self.since_us + LATE_US

    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        if step.tags.get("server.address") != "profile.prod.svc" or not self._is_down(where.at_us):
            return False
        step.fails, step.error = 1.0, ("ECONNREFUSED", "connect ECONNREFUSED 10.3.0.7:8080")
        return True


class LongGap(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = step.service == "booking" and step.tags.get("rpc.system") == "grpc"
        step.wait_ms = 3_000 if is_there else step.wait_ms
        return is_there


class ConsumerOnly(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = step.service == "notify" and step.kind == "consumer"
        if is_there:
            step.fails, step.is_tolerant = 0.35, False
            step.error = ("TemplateNotFound", "template order_{id}.html")
        return is_there


class SlowAmongEquals(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = step.tags.get("server.address") == "partner-7.example"
        step.own_ms = 2_600 if is_there else step.own_ms
        return is_there


class NewCheck(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        if step.name != "POST /charges" or step.kind != "server":
            return False
        step.below.insert(0, Step("payments", "fraud score", "internal", 900))
        return True


class SlowBank(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = step.tags.get("server.address") == "psp.example"
        step.own_ms = 4_500 if is_there else step.own_ms
        return is_there


class LockedShard(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = step.tags.get("db.namespace") == "ledger_3"
        if is_there:
            step.fails, step.error = 0.9, ("DeadlockDetected", "process {id} waits for ShareLock")
            step.attempts = 1
        return is_there


class Surge(Fault):
    def traffic(self, at_us: int) -> float:
        return 4.0

    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        return True


class Leak(Fault):
    """It becomes slower and slower."""

    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = step.service == "catalog" and step.kind == "server"
        step.own_ms *= 1 + (where.at_us - self.since_us) / (2 * MINUTE) if is_there else 1
        return is_there


class TwoAtOnce(Fault):
    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        is_there = BadPod().plan(step, where, drawn)
        step.fails = 0.9 if is_there else step.fails
        return is_there or OneEndpoint().plan(step, where, drawn)


class GivesUp(Fault):
    """A client does not wait for the answer, which is well on its way: no clock is wrong."""

    def plan(self, step: Step, where: Where, drawn: random.Random) -> bool:
        if step.service == "search" and step.name == "rank":
            step.own_ms = 3_000
        return step.service == "search" and step.name == "rank"

    def finish(self, spans: list[Json]) -> None:
        """End the client's span and all above after a second, as a failure."""
        by_id = {span["spanID"]: span for span in spans}
        for span in spans:
            is_served = span["operationName"] == "GET /search"
            above = by_id.get(span["references"][0]["spanID"]) if is_served else None
            while above is not None and span["duration"] > S:
                above["duration"] = S
                above["tags"] = [
                    {**tag, "value": "true"} if tag["key"] == "error" else tag
                    for tag in above["tags"]
                ]
                references = above["references"]
                above = by_id.get(references[0]["spanID"]) if references else None


class Huge(Fault):
    """A nightly job: a trace of twenty thousand spans, in which one write fails, far within."""

    spans = 20_000

    def job(self, drawn: random.Random) -> Step:
        """The job as a step: batches of rows, each looked up, computed and written."""
        batches = []
        for number in range(self.spans // 49):
            rows = [
                step
                for row in range(16)
                for step in (
                    self._row(number, row, "SELECT", drawn),
                    Step("ledger", "reconcile row", "internal", 1, {"row": str(row)}),
                    self._row(number, row, "UPDATE", drawn),
                )
            ]
            batches.append(Step("ledger", "batch", "internal", 2, {"batch": str(number)}, rows))
        bad = batches[len(batches) * 2 // 3].below[20]
        bad.fails, bad.error = 1.0, ("NumericOverflow", "amount out of range, row {id}")
        slow = batches[len(batches) // 3].below[9]
        slow.own_ms = 60_000
        return Step("ledger", "reconcile", "internal", 30, {"job.name": "reconcile"}, batches)

    def _row(self, batch: int, row: int, verb: str, drawn: random.Random) -> Step:
        tags = {
            "db.system.name": "postgresql",
            "db.query.text": f"{verb} entries WHERE id = {batch * 100 + row}",
            "server.address": "ledger-db",
            "db.namespace": f"ledger_{drawn.randrange(4)}",
        }
        return Step("ledger", f"{verb} entries", "client", 2, tags, is_tolerant=True)
