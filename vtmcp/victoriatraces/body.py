"""The body of a response: pieces in, bytes out, decompressed and bounded. Pure, no waiting.

The bound holds for what comes out and for what goes in: a small body may unpack to gigabytes,
and a large one to nothing.

Must not be here: what a body holds.
"""

import zlib

STEP_BYTES_MAX = 2**20
"""One call of zlib unpacks no more, so that a bomb is seen before it has grown."""

_GZIP = 16 + zlib.MAX_WBITS
"""zlib's word for "with a gzip header"."""


class BodyTooLargeError(Exception):
    """The body is larger than the bound."""


class BodyUnreadableError(Exception):
    """The body cannot be decompressed. The text says why."""


class Body:
    """Collects one body. Feed every piece, then call `finish`.

    `encoding` is the `Content-Encoding` of the response. `feed` and `finish` raise
    `BodyTooLargeError` or `BodyUnreadableError`.
    """

    def __init__(self, encoding: str, bytes_max: int) -> None:
        coding = encoding.strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip"):
            raise BodyUnreadableError("it is compressed in a way that was not asked for")
        self._bytes_max = bytes_max
        self._fed_bytes = 0
        self._kept_bytes = 0
        self._pieces: list[bytes] = []
        self._unzip = zlib.decompressobj(_GZIP) if "gzip" in coding else None

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the body."""
        self._fed_bytes += len(piece)
        if self._fed_bytes > self._bytes_max:
            raise BodyTooLargeError
        if self._unzip is None:
            self._keep(piece)
        else:
            self._unzip = self._feed_gzip(self._unzip, piece)

    def finish(self) -> bytes:
        """Return the whole body."""
        if self._unzip is not None and self._fed_bytes and not self._unzip.eof:
            raise BodyUnreadableError("its gzip data breaks off")
        return b"".join(self._pieces)

    def _feed_gzip(self, unzip: "zlib._Decompress", piece: bytes) -> "zlib._Decompress":
        """Unpack the piece and return the decompressor that goes on with the next one."""
        while piece:
            if unzip.eof:  # RFC 1952, section 2.2: there may be several members in a row.
                unzip = zlib.decompressobj(_GZIP)
            try:
                self._keep(unzip.decompress(piece, STEP_BYTES_MAX))
            except zlib.error:
                raise BodyUnreadableError("its gzip data is damaged") from None
            piece = unzip.unconsumed_tail or unzip.unused_data
        return unzip

    def _keep(self, piece: bytes) -> None:
        self._kept_bytes += len(piece)
        if self._kept_bytes > self._bytes_max:
            raise BodyTooLargeError
        self._pieces.append(piece)
