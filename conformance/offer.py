"""What a server offers at a revision, so that only conversations it can take part in are played.

Must not be here: whether what it offers is right.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

import anyio

from vtmcp.conformance.patterns import RESERVED, Json
from vtmcp.conformance.peer import Peer, PeerClosedError, Refused
from vtmcp.conformance.steps import Ask, Say, SayRaw
from vtmcp.conformance.targets import Target
from vtmcp.conformance.vectors import HTTP, MODERN, Vector

LISTS = {
    "tools/list": ("tools", "tools", "tool", "name"),
    "prompts/list": ("prompts", "prompts", "prompt", "name"),
    "resources/list": ("resources", "resources", "resource", "uri"),
    "resources/templates/list": ("resources", "resourceTemplates", "template", "uriTemplate"),
}
"""Method: the capability it needs, the member with the list, the word for an item, its key."""

TALKING = "test_tool_with_progress"
"""The fixture that says something on the way: only then it shows whether events have ids."""

_TALK = {"name": TALKING, "arguments": {}, "_meta": {"progressToken": "offer"}}

PAGES_MAX = 100
"""A server whose lists have no end is not followed further."""

NAMELESS = "no_such"
"""Names and addresses that hold this are meant not to exist."""


class Offer(NamedTuple):
    """What a server has at a revision; None when it does not speak it, and then why."""

    has: frozenset[str] | None
    why_not: str = ""


async def offered(target: Target, revision: str, *, step_s: float) -> Offer:
    """Ask a server what it has: `tool NAME`, `resource URI`, `logging`, ...

    Raises:
        OSError: when the server cannot be started.
    """
    async with target.opened(revision, listens=True) as peer:
        try:
            with anyio.fail_after(step_s):
                found = await _ask_all(peer, revision)
                if found is None:
                    return Offer(None)
                if target.transport == HTTP and f"tool {TALKING}" in found:
                    await _ask(peer, revision, "tools/call", _TALK)
                return Offer(found | await target.facts(peer))
        except TimeoutError:
            return Offer(None, f"no answer to the first questions within {step_s:g} s")
        except (PeerClosedError, ValueError) as error:
            return Offer(None, str(error)[:300])


def needs_of(vector: Vector) -> frozenset[str]:
    """What the server must have for a vector: what its header says, and what its lines name.

    A header that begins with `only` says it all; then nothing is taken from the lines.
    """
    if vector.needs[:1] == ("only",):
        return frozenset(vector.needs[1:])
    return frozenset(vector.needs).union(*map(_needs_of_step, vector.steps))


def _needs_of_step(step: object) -> Iterator[str]:
    if isinstance(step, Say) and isinstance(step.message, dict):
        yield from _needs_of_message(step.message)
    elif isinstance(step, Ask) and isinstance(step.request.get("message"), dict):
        yield from _needs_of_message(step.request["message"])
    elif isinstance(step, SayRaw):
        try:
            said = json.loads(step.document)
        except (ValueError, RecursionError):
            return
        for message in said if isinstance(said, list) else [said]:
            if isinstance(message, dict):
                yield from _needs_of_message(message)


def _needs_of_message(message: dict[str, Json]) -> Iterator[str]:
    method, params = message.get("method"), message.get("params")
    if not isinstance(method, str):
        return
    area = method.partition("/")[0]
    if area in ("tools", "prompts", "resources"):
        yield area
    if method in ("resources/subscribe", "resources/unsubscribe"):
        yield "subscribe"
    if method == "logging/setLevel":
        yield "logging"
    if method == "completion/complete":
        yield "completions"
    if isinstance(params, dict):
        yield from _needs_of_names(method, params)


def _needs_of_names(method: str, params: dict[str, Json]) -> Iterator[str]:
    named = params.get("ref") if method == "completion/complete" else params
    for word, key in _NAMED.get(method, ()):
        name = named.get(key) if isinstance(named, dict) else None
        if isinstance(name, str) and name and NAMELESS not in name.lower():
            yield f"{word} {name}"


_NAMED: dict[str, tuple[tuple[str, str], ...]] = {
    "tools/call": (("tool", "name"),),
    "prompts/get": (("prompt", "name"),),
    "resources/read": (("resource", "uri"),),
    "resources/subscribe": (("resource", "uri"),),
    "completion/complete": (("prompt", "name"), ("template", "uri")),
}
"""Methods whose params name something that the server must have."""


async def _ask_all(peer: Peer, revision: str) -> frozenset[str] | None:
    opening = "server/discover" if revision == MODERN else "initialize"
    result = await _ask(peer, revision, opening, {"protocolVersion": revision})
    versions = result.get("supportedVersions", [result.get("protocolVersion")])
    if revision not in versions:
        return None
    if revision != MODERN:
        await peer.send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
    capabilities = result.get("capabilities", {})
    found = set(capabilities)
    found.update(
        f"{area} changes" for area in capabilities if _flag(capabilities, area, "listChanged")
    )
    if _flag(capabilities, "resources", "subscribe"):
        found.add("subscribe")
    if revision == "2024-11-05":
        found.add("completions")  # The capability came later than the method.
    for method, (capability, *_) in LISTS.items():
        if capability in capabilities:
            found.update(await _items(peer, revision, method))
    return frozenset(found)


async def _items(peer: Peer, revision: str, method: str) -> set[str]:
    _, member, word, key = LISTS[method]
    found: set[str] = set()
    params: dict[str, Json] = {}
    for _ in range(PAGES_MAX):
        result = await _ask(peer, revision, method, params)
        found.update(f"{word} {item[key]}" for item in result.get(member, []) if key in item)
        if "nextCursor" not in result:
            break
        found.add(f"pages of {method}")
        params = {"cursor": result["nextCursor"]}
    return found


async def _ask(peer: Peer, revision: str, method: str, params: dict[str, Json]) -> dict[str, Json]:
    """Send one request and return its result; whatever else the server says is passed over."""
    message = {"jsonrpc": "2.0", "id": method, "method": method, "params": dict(params)}
    if revision == MODERN:
        message["params"] = {
            **params,
            "_meta": {
                f"{RESERVED}protocolVersion": revision,
                f"{RESERVED}clientCapabilities": {},
            },
        }
    elif method == "initialize":
        client = {"name": "conformance-offer", "version": "1.0.0"}
        message["params"] = {**params, "capabilities": {}, "clientInfo": client}
    await peer.send(json.dumps(message).encode() + b"\n")
    while True:
        said = await peer.receive()
        if isinstance(said, Refused):
            raise ValueError(str(said))
        answer = json.loads(said)
        if isinstance(answer, dict) and answer.get("id") == method and "method" not in answer:
            result = answer.get("result", {})
            return result if isinstance(result, dict) else {}


def _flag(capabilities: dict[str, Json], area: str, flag: str) -> bool:
    declared = capabilities.get(area)
    return isinstance(declared, dict) and declared.get(flag) is True
