"""The documentation as resources: each page at `docs://PATH`, each passage at `docs://PATH#N`.

Nothing is read before it is asked for. Must not be here: paths of files; what a peer sends is
only compared with the names that the library has.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from vtmcp.handlers.base import Resource, ResourceTemplate
from vtmcp.handlers.context import Context
from vtmcp.handlers.library import SCHEME, Library
from vtmcp.protocol.errors import ResourceNotFound

if TYPE_CHECKING:
    from vtmcp.search.page import PageEntry

MIME_TYPE = "text/markdown"

FORMS = {
    "{page}": "page",
    "{page}#{passage}": "passage",
    "{+folder}/{page}": "page in a folder",
    "{+folder}/{page}#{passage}": "passage of a page in a folder",
}
"""What follows the scheme in an address, and what is there."""


def page_resources(library: Library) -> Callable[[], list[Resource]]:
    """What makes the pages' resources, when they are first needed."""
    return lambda: [PageResource(library, entry) for entry in library.entries]


def page_templates(library: Library) -> list[ResourceTemplate]:
    """Pages and passages, at the top of the corpus and in a folder of it."""
    return [DocumentTemplate(library, form, name) for form, name in FORMS.items()]


class PageResource(Resource):
    """One page, as it is listed."""

    mime_type = MIME_TYPE

    def __init__(self, library: Library, entry: "PageEntry") -> None:
        self.uri = f"{SCHEME}{entry.path}"
        self.name = entry.path
        self.title = entry.title
        self.description = entry.description
        self._library = library

    async def read(self, context: Context) -> str:
        found = _document(self._library, self.name)
        if found is None:
            # It was there when the list was made.
            raise ResourceNotFound(self.uri)
        return found


class DocumentTemplate(ResourceTemplate):
    """Addresses of one form; the variables are `folder`, `page` and `passage`."""

    mime_type = MIME_TYPE

    def __init__(self, library: Library, form: str, name: str) -> None:
        self.uri_template = f"{SCHEME}{form}"
        self.name = name
        self.title = f"Documentation {name}"
        self.description = (
            f"A {name} of the VictoriaTraces documentation, at the address that the documentation"
            " tool or resources/list gives"
        )
        self._library = library

    async def read(self, uri: str, variables: Mapping[str, str], context: Context) -> str | None:
        path = _path(variables)
        if "passage" not in variables:
            return _document(self._library, path)
        return _passage(self._library, f"{SCHEME}{path}#{variables['passage']}")

    async def complete(
        self, argument: str, value: str, arguments: Mapping[str, str], context: Context
    ) -> list[str]:
        """Names that begin with what was typed, and fit the variables that are known."""
        if argument == "passage":
            passages = self._library.passages
            path = _path(arguments)
            names = [str(each.number) for each in passages if each.page_path == path]
        else:
            names = self._names(argument, arguments.get("folder"))
        return [name for name in names if name.startswith(value)]

    def _names(self, argument: str, folder: str | None) -> list[str]:
        """The folders, or the pages of one folder, of any, or of none, as the form has it."""
        split = [entry.path.rpartition("/") for entry in self._library.entries]
        if argument == "folder":
            return list(dict.fromkeys(name for name, _, _ in split if name))
        in_folder = "folder" in self.variables
        return [
            page
            for name, _, page in split
            if bool(name) == in_folder and (folder is None or name == folder)
        ]


def _path(variables: Mapping[str, str]) -> str:
    return "/".join(variables[name] for name in ("folder", "page") if name in variables)


def _document(library: Library, path: str) -> str | None:
    from vtmcp.handlers.passages_text import page_text  # noqa: PLC0415 - first call only

    page = library.page(path)
    return None if page is None else page_text(page)


def _passage(library: Library, address: str) -> str | None:
    from vtmcp.handlers.passages_text import passage_text  # noqa: PLC0415 - first call only

    passage = library.passage(address)
    return None if passage is None else passage_text(passage)
