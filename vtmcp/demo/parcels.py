"""The recipes of tenant 7:3: another team, with services of its own and nothing wrong."""

from vtmcp.demo.recipe import MS, Recipe, S, called, consumed, published, redis, served, sql
from vtmcp.traces.tenant import Tenant

TENANT = Tenant(7, 3)

SCAN = served(
    "tracker",
    "POST /scans",
    sql("tracker", "INSERT INTO scans (parcel_id, depot, at) VALUES ($1, $2, now())"),
    called("tracker", served("depot", "GET /slots", redis("depot", "GET", "slots:{sku}"))),
    own_us=(2 * MS, 7 * MS),
)

LABEL = served(
    "tracker",
    "POST /labels",
    published(
        "tracker",
        "labels.wanted",
        consumed(
            "labels",
            "labels.wanted",
            sql("labels", "UPDATE labels SET printed = true WHERE parcel_id = $1"),
            wait_us=(20 * MS, 90 * MS),
        ),
    ),
    own_us=(2 * MS, 7 * MS),
)

RECIPES = (
    Recipe(TENANT, 80 * S, 5 * S, SCAN),
    Recipe(TENANT, 200 * S, 5 * S, LABEL),
)
