"""What a server says of itself: name, capabilities, instructions, cache hints.

Must not be here: anything that changes during a conversation.
"""

from vtmcp.protocol.messages import Json
from vtmcp.protocol.versions import MODERN_NAMES, Revision, known_fields

TTL_MS = 300_000
"""How long a modern client may keep a list, in milliseconds: five minutes."""


class Profile:
    """The server's identity, the same for every peer.

    `info` has the fields of `Implementation` (name and version required), `capabilities` those
    of `ServerCapabilities`, both in the newest form; each revision is told what it knows.
    """

    def __init__(
        self,
        info: Json,
        capabilities: Json,
        *,
        instructions: str = "",
        ttl_ms: int = TTL_MS,
        cache_scope: str = "private",
    ) -> None:
        self.info = info
        self.capabilities = capabilities
        self.instructions = instructions
        self.ttl_ms = ttl_ms
        self.cache_scope = cache_scope

    def server_info(self, revision: Revision) -> Json:
        """`Implementation` as the revision knows it."""
        return known_fields(revision, "implementation", self.info)

    def initialize_result(self, revision: Revision) -> Json:
        """The result of `initialize`."""
        return {
            "protocolVersion": revision.name,
            "capabilities": known_fields(revision, "capabilities", self.capabilities),
            "serverInfo": self.server_info(revision),
            **self._spoken(),
        }

    def discover_result(self, revision: Revision) -> Json:
        """The result of `server/discover`; the identity goes into `_meta` of every result."""
        return {
            "supportedVersions": list(MODERN_NAMES),
            "capabilities": known_fields(revision, "capabilities", self.capabilities),
            **self._spoken(),
        }

    def _spoken(self) -> Json:
        return {"instructions": self.instructions} if self.instructions else {}
