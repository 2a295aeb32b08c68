"""One HTTP response, whole. Knows nothing of what it means."""

from dataclasses import dataclass

TEXT_BYTES_MAX = 4_096
"""Whatever went wrong is said at the start of a body; a whole page need not be decoded."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One response. Header names are in lower case; the body is decompressed already."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Return the first header of that lower-case name, or an empty text."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def text(self) -> str:
        """The start of the body as one line, for reading what went wrong."""
        return " ".join(self.body[:TEXT_BYTES_MAX].decode("utf-8", "replace").split())

    @property
    def is_json(self) -> bool:
        """Whether the body says that it is JSON, or says nothing about itself."""
        kind = self.header("content-type").lower()
        return "json" in kind or (not kind and not self.is_html)

    @property
    def is_html(self) -> bool:
        """Whether it is a web page, which the database's API never is."""
        if "html" in self.header("content-type").lower():
            return True
        return self.text[:15].lower().startswith(("<!doctype", "<html"))
