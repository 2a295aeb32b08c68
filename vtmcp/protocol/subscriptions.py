"""Who wants to hear of which change: `subscriptions/listen` and `resources/subscribe`.

Must not be here: how a change came about, or where a notification is sent.
"""

from typing import NamedTuple

from vtmcp.protocol.errors import InvalidParams, InvalidRequest
from vtmcp.protocol.messages import Json, RequestId

SUBSCRIPTIONS_MAX = 1000
"""How many resources one session, or one filter, may watch: a bound on memory."""

LISTENERS_MAX = 100
"""How many `subscriptions/listen` requests one peer may hold open."""


class Change(NamedTuple):
    """Something that peers may want to know: a list that changed, or the resource `uri`."""

    method: str
    uri: str = ""

    def params(self) -> Json:
        return {"uri": self.uri} if self.uri else {}


TOOLS_CHANGED = Change("notifications/tools/list_changed")
PROMPTS_CHANGED = Change("notifications/prompts/list_changed")
RESOURCES_CHANGED = Change("notifications/resources/list_changed")


def resource_updated(uri: str) -> Change:
    """The resource at `uri` has new contents."""
    return Change("notifications/resources/updated", uri)


LISTS = {
    "toolsListChanged": (TOOLS_CHANGED.method, "tools", "listChanged"),
    "promptsListChanged": (PROMPTS_CHANGED.method, "prompts", "listChanged"),
    "resourcesListChanged": (RESOURCES_CHANGED.method, "resources", "listChanged"),
}
"""Filter member -> its notification, and the server capability that it needs."""


class Filter(NamedTuple):
    """What one listener hears: the methods, and the URIs of single resources."""

    methods: frozenset[str]
    uris: frozenset[str]

    def wants(self, change: Change) -> bool:
        return change.uri in self.uris if change.uri else change.method in self.methods


def read_filter(params: Json, capabilities: Json) -> tuple[Filter, Json]:
    """The filter of a `subscriptions/listen`, and the subset that is honoured.

    Raises `InvalidParams` for a filter that is missing or mistyped.
    """
    asked = params.get("notifications")
    if not isinstance(asked, dict):
        raise InvalidParams('Invalid params: "notifications" must be an object')
    methods, honoured = set(), {}
    for member, (method, area, feature) in LISTS.items():
        wanted = asked.get(member, False)
        if not isinstance(wanted, bool):
            raise InvalidParams(f'Invalid params: "notifications.{member}" must be true or false')
        if wanted and declares(capabilities, area, feature):
            methods.add(method)
            honoured[member] = True
    uris = _read_uris(asked.get("resourceSubscriptions", []))
    if uris and declares(capabilities, "resources", "subscribe"):
        return Filter(frozenset(methods), frozenset(uris)), honoured | {
            "resourceSubscriptions": uris
        }
    return Filter(frozenset(methods), frozenset()), honoured


def declares(capabilities: Json, area: str, feature: str) -> bool:
    """Whether the server's capabilities say `area.feature`."""
    return bool(capabilities.get(area, {}).get(feature))


class Listeners:
    """The open `subscriptions/listen` requests of one peer."""

    def __init__(self) -> None:
        self._filters: dict[RequestId, Filter] = {}

    def open(self, request_id: RequestId, wanted: Filter) -> None:
        if len(self._filters) >= LISTENERS_MAX:
            text = f"At most {LISTENERS_MAX} subscriptions may be open: cancel one first"
            raise InvalidRequest(text)
        self._filters[request_id] = wanted

    def close(self, request_id: RequestId) -> None:
        self._filters.pop(request_id, None)

    def ids(self) -> list[RequestId]:
        return list(self._filters)

    def hearing(self, change: Change) -> list[RequestId]:
        """Who hears of `change`, in the order in which they came."""
        return [one for one, wanted in self._filters.items() if wanted.wants(change)]


def _read_uris(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(uri, str) for uri in value):
        text = 'Invalid params: "notifications.resourceSubscriptions" must be a list of URIs'
        raise InvalidParams(text)
    if len(value) > SUBSCRIPTIONS_MAX:
        raise InvalidParams(f"Invalid params: at most {SUBSCRIPTIONS_MAX} resources may be watched")
    return value
