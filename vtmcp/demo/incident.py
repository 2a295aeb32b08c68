"""The incident of the shop: checkouts fail since a release of `fraud` is being rolled out.

Must not be here: what else there is in the shop (`shop.py`), who runs which release
(`services.py`).
"""

from vtmcp.demo.recipe import (
    CUSTOMER,
    MS,
    Fault,
    Slow,
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
from vtmcp.demo.services import ROLLOUT

COUNTRY_MISSING = Thrown(
    "KeyError",
    "'billing_country'",
    "Traceback (most recent call last):\n"
    '  File "/app/fraud/api.py", line 88, in assess\n'
    "    score = rules.evaluate(order)\n"
    '  File "/app/fraud/rules/geo.py", line 41, in evaluate\n'
    '    country = order["billing_country"]\n'
    "KeyError: 'billing_country'",
)
NOT_ASSESSED = Thrown(
    "com.shop.payment.FraudCheckException",
    "fraud check failed: 500 from POST http://fraud:8080/assess",
    "com.shop.payment.FraudCheckException: fraud check failed: 500\n"
    "\tat com.shop.payment.FraudClient.assess(FraudClient.java:57)\n"
    "\tat com.shop.payment.ChargeHandler.charge(ChargeHandler.java:112)",
)
NOT_CHARGED = Thrown(
    "*checkout.PaymentError",
    "charge order: payment answered 500",
    "checkout.(*Handler).Place\n\t/src/checkout/handler.go:143",
)
NOT_ORDERED = Thrown(
    "CheckoutError",
    "checkout answered 500",
    "CheckoutError: checkout answered 500\n    at placeOrder (/app/routes/checkout.js:64:11)",
)

# The incident: since the rollout, `fraud` 4.2.0 fails and four services pass it on. The slow
# dependency: the bank takes seconds for cards of one network.
ASSESS = served(
    "fraud",
    "POST /assess",
    redis("fraud", "GET", "profile:{user}"),
    sql("fraud", "SELECT id, rule FROM fraud_rules WHERE active"),
    own_us=(8 * MS, 30 * MS),
    varied={"order.id": "{order}"},
    fault=Fault(COUNTRY_MISSING, share=0.9, version=ROLLOUT.version),
)
CHARGE = served(
    "payment",
    "POST /charge",
    called("payment", ASSESS),
    remote(
        "payment",
        "POST",
        "https://api.bank.example/v1/charges",
        server="api.bank.example",
        own_us=(90 * MS, 240 * MS),
        varied={"payment.card_network": ("visa", "mastercard", "amex")},
        slow=Slow(0.08, (2_200 * MS, 3_800 * MS), {"payment.card_network": "northbank"}),
    ),
    sql("payment", "INSERT INTO ledger (order_id, amount, currency) VALUES ($1, $2, $3)"),
    own_us=(3 * MS, 9 * MS),
    rethrown=NOT_ASSESSED,
)
PLACE_ORDER = served(
    "checkout",
    "POST /orders",
    remote_procedure(
        "checkout",
        "cart",
        "shop.cart.CartService/GetCart",
        redis("cart", "HGETALL", "cart:{user}"),
    ),
    called(
        "checkout",
        served(
            "inventory",
            "POST /reservations",
            sql("inventory", "UPDATE stock SET reserved = reserved + 1 WHERE sku = ANY($1)"),
        ),
    ),
    called("checkout", CHARGE),
    called(
        "checkout",
        served(
            "shipping",
            "POST /shipments",
            sql("shipping", "INSERT INTO shipments (order_id, address) VALUES ($1, $2)"),
        ),
    ),
    sql("checkout", "INSERT INTO orders (id, user_id, total) VALUES ($1, $2, $3)"),
    published(
        "checkout",
        "order.placed",
        consumed(
            "email",
            "order.placed",
            Work(service="email", name="render confirmation", own_us=(10 * MS, 30 * MS)),
            wait_us=(30 * MS, 250 * MS),
        ),
    ),
    own_us=(4 * MS, 12 * MS),
    varied={"order.id": "{order}"},
    rethrown=NOT_CHARGED,
)
CHECKOUT = served(
    "frontend",
    "POST /checkout",
    called("frontend", PLACE_ORDER),
    own_us=(4 * MS, 12 * MS),
    varied={
        **CUSTOMER,
        "order.id": "{order}",
        "order.currency": ("EUR", "USD", "GBP"),
        "user.type": ("registered", "guest"),
    },
    rethrown=NOT_ORDERED,
)
