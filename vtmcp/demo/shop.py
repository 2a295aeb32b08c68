"""The recipes of tenant 0:0: a shop, and the quieter troubles of any real system.

Each recipe says what is to be found in it. Must not be here: how a span is made.
"""

from dataclasses import replace

from vtmcp.demo.incident import CHECKOUT
from vtmcp.demo.recipe import (
    CUSTOMER,
    MS,
    Fault,
    Recipe,
    S,
    Thrown,
    Work,
    called,
    consumed,
    published,
    redis,
    remote,
    remote_procedure,
    served,
    sql,
)
from vtmcp.traces.tenant import Tenant

TENANT = Tenant(0, 0)

CART_TIMEOUT = Thrown(
    "StackExchange.Redis.RedisTimeoutException",
    "Timeout performing HSET (5000ms), next: HSET cart, inst: 0, qu: 14",
    "   at StackExchange.Redis.ConnectionMultiplexer.ExecuteSyncImpl()\n"
    "   at Shop.Cart.CartStore.AddAsync() in /src/CartStore.cs:line 71",
)
CARRIER_BUSY = Thrown(
    "reqwest::Error",
    "503 Service Unavailable from https://api.parcel.example/v2/track",
    "shipping::carriers::parcel::track\n    at src/carriers/parcel.rs:92",
)
CARRIER_GIVEN_UP = Thrown(
    "shipping::TrackError",
    "no answer from carrier parcel after 6 attempts",
    "shipping::track::with_retries\n    at src/track.rs:48",
)
DEADLOCK = Thrown(
    "psycopg.errors.DeadlockDetected",
    "deadlock detected while inserting into export_rows",
    "psycopg.errors.DeadlockDetected: deadlock detected\n"
    "DETAIL:  Process 4127 waits for ShareLock on transaction 88120; blocked by process 4133.",
)

# A healthy page. On one node the clock is behind, so some recommendations start too early.
BROWSE = served(
    "frontend",
    "GET /products/{sku}",
    called(
        "frontend",
        served(
            "catalog",
            "GET /products/{sku}",
            redis("catalog", "GET", "product:{sku}"),
            sql("catalog", "SELECT id, name, price FROM products WHERE sku = $1"),
        ),
    ),
    called(
        "frontend",
        served(
            "recommendation",
            "GET /recommendations",
            sql("recommendation", "SELECT sku FROM bought_together WHERE sku = $1 LIMIT 8"),
            own_us=(6 * MS, 25 * MS),
        ),
    ),
    at_once=True,
    own_us=(4 * MS, 12 * MS),
    varied=CUSTOMER,
)

# Redis is slow to answer now and then: an error of its own, unlike the incident.
ADD_TO_CART = served(
    "frontend",
    "POST /cart",
    remote_procedure(
        "frontend",
        "cart",
        "shop.cart.CartService/AddItem",
        redis(
            "cart",
            "HSET",
            "cart:{user} {sku} 1",
            fault=Fault(CART_TIMEOUT, share=0.05, own_us=(5_000 * MS, 5_040 * MS)),
        ),
    ),
    own_us=(3 * MS, 9 * MS),
    varied=CUSTOMER,
)

# N+1: one statement for the orders, then one for the items of each.
ORDER_HISTORY = served(
    "frontend",
    "GET /orders",
    called(
        "frontend",
        served(
            "orders",
            "GET /orders",
            sql("orders", "SELECT id, placed_at, total FROM orders WHERE user_id = $1"),
            sql(
                "orders",
                "SELECT sku, quantity, price FROM order_items WHERE order_id = $1",
                times=(18, 40),
                own_us=(3 * MS, 8 * MS),
            ),
            own_us=(5 * MS, 15 * MS),
        ),
    ),
    own_us=(4 * MS, 12 * MS),
    varied=CUSTOMER,
)

# A serial fan-out: six carriers are asked one after the other, and none needs another's answer.
QUOTES = served(
    "frontend",
    "GET /shipping/quotes",
    called(
        "frontend",
        served(
            "shipping",
            "GET /quotes",
            *(
                remote(
                    "shipping",
                    "GET",
                    f"https://{carrier}.example/rates",
                    server=f"{carrier}.example",
                    own_us=(70 * MS, 160 * MS),
                )
                for carrier in ("parcel", "swift", "northpost", "courier", "bike", "freight")
            ),
        ),
    ),
    own_us=(4 * MS, 12 * MS),
)

TRACK = remote(
    "shipping",
    "GET",
    "https://api.parcel.example/v2/track",
    server="api.parcel.example",
    own_us=(60 * MS, 140 * MS),
)
TRACKING = served(
    "frontend",
    "GET /tracking",
    called("frontend", served("shipping", "GET /tracking", TRACK)),
    own_us=(4 * MS, 12 * MS),
)

# A retry storm: the carrier is busy, and six attempts follow each other before giving up.
TRACKING_STORM = served(
    "frontend",
    "GET /tracking",
    called(
        "frontend",
        served(
            "shipping",
            "GET /tracking",
            replace(
                TRACK,
                times=(6, 6),
                wait_us=(150 * MS, 400 * MS),
                varied={"http.request.resend_count": "{n}"},
                if_failed={"http.response.status_code": "503", "error.type": "503"},
                fault=Fault(CARRIER_BUSY, share=1.0),
                tolerated=True,
            ),
            fault=Fault(CARRIER_GIVEN_UP, share=1.0),
        ),
    ),
    own_us=(4 * MS, 12 * MS),
)

# Time in a queue: what the customer sees is quick, and the work waits for many seconds.
RETURNS = served(
    "frontend",
    "POST /returns",
    published(
        "frontend",
        "return.requested",
        consumed(
            "inventory",
            "return.requested",
            sql("inventory", "UPDATE stock SET on_hand = on_hand + 1 WHERE sku = $1"),
            wait_us=(14 * S, 26 * S),
        ),
    ),
    own_us=(4 * MS, 12 * MS),
    varied=CUSTOMER,
)

# A service between the two whose spans never arrive, so a parent is missing.
FIND = served("catalog", "GET /search", sql("catalog", "SELECT sku FROM products WHERE name % $1"))
SEARCH = served(
    "frontend",
    "GET /search",
    called(
        "frontend",
        replace(served("search-proxy", "GET /search", FIND), lost=True),
    ),
    own_us=(4 * MS, 12 * MS),
)

# A long gap: between two quick calls something takes a second and has no span.
SALES_REPORT = served(
    "frontend",
    "GET /reports/sales",
    called(
        "frontend",
        served(
            "reporting",
            "GET /sales",
            sql("reporting", "SELECT day, total FROM sales WHERE day > $1"),
            redis("reporting", "SET", "sales:today", wait_us=(900 * MS, 1_600 * MS)),
        ),
    ),
    own_us=(4 * MS, 12 * MS),
)

# A trace of 6,000 spans. One insert among equals waits for a lock; another one fails, unnoticed.
INSERT = sql(
    "reporting",
    "INSERT INTO export_rows (export_id, row) VALUES ($1, $2)",
    own_us=(2 * MS, 5 * MS),
)
PAGE = sql("reporting", "SELECT * FROM orders ORDER BY id LIMIT 148", own_us=(8 * MS, 20 * MS))
BATCH = Work(
    service="reporting", name="export batch", below=(PAGE, replace(INSERT, times=(148, 148)))
)
BATCH_WITH_TROUBLE = replace(
    BATCH,
    below=(
        PAGE,
        replace(INSERT, times=(70, 70)),
        replace(INSERT, own_us=(4 * S, 5 * S)),
        replace(INSERT, fault=Fault(DEADLOCK, share=1.0), tolerated=True),
        replace(INSERT, times=(76, 76)),
    ),
)
EXPORT = Work(
    service="reporting",
    name="export orders",
    attributes={"job.name": "orders-export", "job.trigger": "schedule"},
    below=(replace(BATCH, times=(23, 23)), BATCH_WITH_TROUBLE, replace(BATCH, times=(16, 16))),
)

RECIPES = (
    Recipe(TENANT, 12 * S, 5 * S, BROWSE),
    Recipe(TENANT, 30 * S, 8 * S, ADD_TO_CART),
    Recipe(TENANT, 20 * S, 8 * S, CHECKOUT),
    Recipe(TENANT, 120 * S, 5 * S, ORDER_HISTORY),
    Recipe(TENANT, 120 * S, 5 * S, QUOTES),
    Recipe(TENANT, 60 * S, 5 * S, TRACKING),
    Recipe(TENANT, 240 * S, 8 * S, TRACKING_STORM),
    Recipe(TENANT, 240 * S, 30 * S, RETURNS),
    Recipe(TENANT, 150 * S, 5 * S, SEARCH),
    Recipe(TENANT, 180 * S, 5 * S, SALES_REPORT),
    Recipe(TENANT, 2_340 * S, 60 * S, EXPORT),
)
