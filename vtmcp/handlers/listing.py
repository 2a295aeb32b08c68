"""Lists in pages with opaque cursors (MCP, server/utilities/pagination).

A cursor names its method and where to go on, signed with a key made of the server's name: junk
is told from a cursor, and one works on any process of the same server.

Must not be here: what is listed.
"""

from collections.abc import Callable, Iterable
from typing import Any

from vtmcp.handlers.base import Prompt, Resource, ResourceTemplate, Tool
from vtmcp.handlers.catalogue import Catalogue
from vtmcp.handlers.context import Context
from vtmcp.handlers.core import allowed_tools
from vtmcp.protocol.errors import InvalidParams
from vtmcp.protocol.messages import Json
from vtmcp.protocol.seal import seal, unseal

PAGE_ITEMS = 100
"""How many items one page holds."""

_LISTS: dict[str, tuple[str, Callable[[Catalogue, Context], Iterable[Any]]]] = {
    "tools/list": ("tools", lambda catalogue, by: allowed_tools(catalogue, by).values()),
    "prompts/list": ("prompts", lambda catalogue, by: catalogue.prompts.values()),
    "resources/list": ("resources", lambda catalogue, by: catalogue.resources.values()),
    "resources/templates/list": (
        "resourceTemplates",
        lambda catalogue, by: catalogue.templates.values(),
    ),
}


def list_page(
    catalogue: Catalogue, method: str, context: Context, *, key: bytes, page_items: int = PAGE_ITEMS
) -> Json:
    """One page of a list. Raises `InvalidParams` for a cursor that was not issued here."""
    member, shelf = _LISTS[method]
    start = _read_cursor(context.call.params, method, key)
    items = list(shelf(catalogue, context))
    page: Json = {member: [_declared(item, context) for item in items[start : start + page_items]]}
    if start + page_items < len(items):
        page["nextCursor"] = seal(start + page_items, key=key, purpose=method)
    return page


def _declared(item: Tool | Prompt | Resource | ResourceTemplate, context: Context) -> Json:
    return item.declare_to(context) if isinstance(item, Tool) else item.declare()


def _read_cursor(params: Json, method: str, key: bytes) -> int:
    if "cursor" not in params:
        return 0
    cursor = params["cursor"]
    try:
        if isinstance(cursor, str):
            return int(unseal(cursor, key=key, purpose=method))
    except ValueError:
        pass
    raise InvalidParams(
        'Invalid params: "cursor" must be the nextCursor of an earlier page of this list;'
        " leave it out to start from the beginning"
    )
