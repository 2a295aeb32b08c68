"""A booking system of eleven services: the requests that come to it, as steps drawn at random.

Its healthy traffic has what real traffic has: requests that find nothing, attempts that are made
again, caches that miss, messages that are taken later, jobs with many writes. Must not be here:
faults, how steps become spans.
"""

import random

from benchmarks._planted_steps import Step

COUNTRIES = ("DE", "FR", "PL", "NL", "IT", "ES")
TIERS = ("free", "pro", "pro", "enterprise")
TENANTS = 60
PARTNERS = 10


class Request:
    """Who asks, and what."""

    def __init__(self, drawn: random.Random) -> None:
        self.drawn = drawn
        # A few tenants make most of the traffic.
        number = int(TENANTS * drawn.random() ** 2)
        self.tenant = f"t-{number:03}"
        self.tier = TIERS[number % len(TIERS)]
        self.country = COUNTRIES[number % 6] if drawn.random() < 0.7 else drawn.choice(COUNTRIES)
        self.flag = "on" if drawn.random() < 0.3 else "off"

    def root(self) -> Step:
        """The first step, with all below it."""
        flows = (self._search, self._room, self._book, self._me, self._settle)
        (flow,) = self.drawn.choices(flows, (46, 20, 22, 11, 1))
        return flow()

    def _search(self) -> Step:
        quotes = [self._to("search", self._quote()) for _ in range(3)]
        found = [self._cache("search", 0.9)]
        if self.drawn.random() < 0.2:
            found.append(self._sql("search", "SELECT", "listings", 12))
        found.append(Step("search", "fan out", "internal", 0.4, {}, quotes, at_once=True))
        partners = [
            Step("search", "GET", "client", 25, {"server.address": f"partner-{number}.example"})
            for number in range(PARTNERS)
        ]
        for partner in partners:
            url = f"https://{partner.tags['server.address']}/offers"
            partner.tags |= {"http.request.method": "GET", "url.full": url}
        found.append(Step("search", "ask partners", "internal", 0.4, {}, partners, at_once=True))
        found.append(Step("search", "rank", "internal", 4))
        return self._page("GET /v1/search", self._served("search", "GET /search", 3, found))

    def _room(self) -> Step:
        room = self._served(
            "catalog", "GET /rooms/{id}", 2, [self._sql("catalog", "SELECT", "rooms", 5)]
        )
        page = self._page("GET /v1/rooms/{id}", room)
        if self.drawn.random() < 0.05:
            # Nothing there: for the client a failure, for the server an answer like any other.
            call = page.below[0]
            call.error, call.fails, call.is_tolerant = ("404", "Not Found"), 1.0, True
            call.attempts = 1
            call.tags["http.response.status_code"] = "404"
            room.tags["http.response.status_code"] = page.tags["http.response.status_code"] = "404"
        return page

    def _book(self) -> Step:
        insert = Step(
            "booking",
            "db.transaction",
            "internal",
            0.3,
            {},
            [
                Step("booking", "pool.acquire", "internal", 0.6),
                self._sql("booking", "INSERT", "bookings", 6),
            ],
        )
        hold = self._served(
            "availability",
            "Availability/Hold",
            3,
            [
                self._cache("availability", 0.8),
                self._to("availability", self._quote()),
                self._sql("availability", "UPDATE", "holds", 5),
            ],
        )
        bank = Step(
            "payments",
            "POST",
            "client",
            130,
            {"server.address": "psp.example", "http.request.method": "POST"},
            fails=0.006,
            error=("503", "Service Unavailable"),
            attempts=2,
        )
        charge = self._served("payments", "POST /charges", 4, [bank])
        below = [
            Step("booking", "validate", "internal", 1),
            self._to("booking", self._served("profile", "GET /profile/{id}", 2, [self._user()])),
            self._to("booking", hold),
            self._to("booking", charge),
            insert,
            self._published(),
        ]
        return self._page("POST /v1/bookings", self._served("booking", "POST /bookings", 5, below))

    def _me(self) -> Step:
        return self._page("GET /v1/me", self._served("profile", "GET /me", 2, [self._user()]))

    def _settle(self) -> Step:
        """A job that writes many rows, as it should."""
        writes = [
            self._sql("ledger", "UPDATE", "entries", 2) for _ in range(self.drawn.randint(15, 40))
        ]
        return Step("ledger", "settle", "internal", 20, {"job.name": "settle"}, writes)

    def _page(self, name: str, served: Step) -> Step:
        page = self._served("edge", name, 2, [self._to("edge", served)])
        number = self.drawn.randint(10_000, 99_999)
        page.tags |= {
            "url.path": page.tags["http.route"].replace("{id}", str(number)),
            "user_agent.original": self.drawn.choice(("Safari/19", "Chrome/144", "app/8.1")),
            "client.geo.country": self.country,
            "network.protocol.version": self.drawn.choice(("1.1", "2", "2", "3")),
        }
        return page

    def _served(self, service: str, name: str, ms: float, below: list[Step]) -> Step:
        method, _, route = name.partition(" ")
        tags = {"app.tenant.id": self.tenant, "app.tier": self.tier, "app.flag.quotes": self.flag}
        if route:
            tags |= {"http.request.method": method, "http.route": route}
            tags["http.response.status_code"] = "200"
        else:
            tags |= {"rpc.system": "grpc", "rpc.service": name.partition("/")[0]}
        return Step(service, name, "server", ms, tags, below)

    def _to(self, caller: str, served: Step) -> Step:
        tags = {"server.address": f"{served.service}.prod.svc"}
        if "rpc.system" in served.tags:
            name, tags["rpc.system"] = served.name, "grpc"
        else:
            name = tags["http.request.method"] = served.tags["http.request.method"]
        call = Step(caller, name, "client", 0.6, tags, [served], fails=0.002)
        call.error, call.attempts = ("ConnectionReset", "connection reset by peer"), 2
        return call

    def _quote(self) -> Step:
        plan = self._sql("rates", "SELECT", "rate_plans", 3)
        rate = self._served("rates", "Rates/Get", 1, [plan])
        known, call = self._cache("pricing", 0.8), self._to("pricing", rate)
        call.is_skipped = known.tags["cache.hit"] == "true"
        return self._served("pricing", "POST /quote", 3, [known, call])

    def _user(self) -> Step:
        return self._sql("profile", "SELECT", "users", 2)

    def _cache(self, service: str, hit: float) -> Step:
        tags = {
            "db.system.name": "redis",
            "server.address": f"{service}-cache",
            "cache.hit": "true" if self.drawn.random() < hit else "false",
        }
        return Step(service, "GET", "client", 0.5, tags)

    def _sql(self, service: str, verb: str, table: str, ms: float) -> Step:
        tags = {
            "db.system.name": "postgresql",
            "db.namespace": f"{service}_{self.drawn.randrange(4)}",
            "db.operation.name": verb,
            "db.collection.name": table,
            "db.query.text": f"{verb} {table} WHERE id = ?",
            "server.address": f"{service}-db",
        }
        error = ("SerializationFailure", "could not serialize access, transaction {id}")
        return Step(
            service, f"{verb} {table}", "client", ms, tags, fails=0.001, error=error, attempts=3
        )

    def _published(self) -> Step:
        tags = {"messaging.system": "kafka", "messaging.destination.name": "bookings"}
        mail = Step("notify", "send mail", "client", 60, {"server.address": "smtp.example"})
        mail.fails, mail.error, mail.attempts = 0.01, ("SMTPError", "451 try again later"), 2
        takers = [
            Step("notify", "process bookings", "consumer", 4, dict(tags), [mail]),
            Step(
                "ledger",
                "process bookings",
                "consumer",
                3,
                dict(tags),
                [self._sql("ledger", "INSERT", "entries", 4)],
            ),
        ]
        for taker in takers:
            taker.wait_ms, taker.is_async, taker.is_tolerant = 40, True, True
            taker.tags["messaging.kafka.partition"] = str(self.drawn.randrange(6))
            taker.tags["app.tenant.id"] = self.tenant
        return Step("booking", "publish bookings", "producer", 2, tags, takers, at_once=True)
