"""Sign a small JSON value into opaque text, and read it back only if it is untouched.

Used for cursors and `requestState`. The text is readable by whoever holds it, so no secret
goes in. Must not be here: a clock or a key of its own; whoever calls brings both.
"""

from typing import Any

from vtmcp.protocol.codec import decode, encode
from vtmcp.protocol.errors import ParseError

_MAC_BYTES = 16
"""128 bits of HMAC-SHA256: beyond guessing, and short in a URL."""


def seal(value: Any, *, key: bytes, purpose: str) -> str:
    """Return `value` as URL-safe text that `unseal` accepts for the same key and purpose."""
    from base64 import urlsafe_b64encode  # noqa: PLC0415 - start-up does without it

    payload = encode(value)
    signed = payload + _mac(payload, key, purpose)
    return urlsafe_b64encode(signed).rstrip(b"=").decode("ascii")


def unseal(text: str, *, key: bytes, purpose: str) -> Any:
    """Return the sealed value. Raises `ValueError` for anything that `seal` did not make."""
    import hmac  # noqa: PLC0415 - start-up does without it
    from base64 import urlsafe_b64decode, urlsafe_b64encode  # noqa: PLC0415

    try:
        signed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        # The decoder drops stray characters and padding bits; only the canonical text counts.
        if urlsafe_b64encode(signed).rstrip(b"=").decode("ascii") != text:
            raise ValueError
        payload, mac = signed[:-_MAC_BYTES], signed[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, _mac(payload, key, purpose)):
            raise ValueError
        return decode(payload)
    except (ValueError, ParseError):
        raise ValueError("not sealed here, or altered") from None


def digest(value: Any) -> str:
    """A SHA-256 fingerprint of a JSON value, the same for the same members in any order."""
    import hashlib  # noqa: PLC0415 - start-up does without it
    import json  # noqa: PLC0415

    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _mac(payload: bytes, key: bytes, purpose: str) -> bytes:
    import hmac  # noqa: PLC0415 - start-up does without it

    return hmac.digest(key, purpose.encode() + b"\0" + payload, "sha256")[:_MAC_BYTES]
