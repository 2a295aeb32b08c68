"""A client's message, completed with what each message needs, so that a vector shows only what it
is about.

Must not be here: what is sent when (`conversation`).
"""

from collections.abc import Mapping

from vtmcp.conformance.patterns import RESERVED, Json, fill
from vtmcp.conformance.vectors import MODERN

CLIENT = {"name": "conformance-vectors", "version": "1.0.0"}


def completed(
    message: Json,
    captured: Mapping[str, Json],
    *,
    capabilities: Mapping[str, Json],
    is_modern: bool,
) -> Json:
    """Fill captured values in, and add `jsonrpc`, and for 2026-07-28 the keys of `_meta`."""
    filled = fill(message, captured)
    if not isinstance(filled, dict):
        return filled
    if is_modern and "id" in message and "method" in message:
        _add_meta(message, filled, capabilities)
    return {"jsonrpc": "2.0", **filled} if "jsonrpc" not in message else filled


def _add_meta(
    template: dict[str, Json], filled: dict[str, Json], capabilities: Mapping[str, Json]
) -> None:
    """The keys of 2026-07-28, but for those that the vector writes itself or leaves out."""
    asked = template.get("params", {})
    if not isinstance(asked, dict) or not isinstance(asked.get("_meta", {}), dict):
        return
    written = {key.replace("~/", RESERVED) for key in asked.get("_meta", {})}
    defaults = {
        f"{RESERVED}protocolVersion": MODERN,
        f"{RESERVED}clientInfo": CLIENT,
        f"{RESERVED}clientCapabilities": dict(capabilities),
    }
    params = filled.setdefault("params", {})
    added = {key: value for key, value in defaults.items() if key not in written}
    params["_meta"] = {**added, **params.get("_meta", {})}
