"""Pack the bundle that desktop clients install: the manifest, the server's code, what it needs.

    python deploy/mcpb/build.py build/vtmcp.mcpb

The client installs the dependencies with uv, from the `pyproject.toml` in the bundle, so that one
bundle fits each machine. The same code gives the same bytes. Must not be here: the manifest's text
(`documents.py`).
"""

import os
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

LEFT_OUT = {"__pycache__", "conformance", "shell", "doctor"}
"""Folders of the package that a server over stdio does not need."""

TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that the format knows: no file has a time of its own."""


def build(target: Path) -> None:
    """Write the bundle."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in sorted(contents()):
            entry = zipfile.ZipInfo(name, TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            bundle.writestr(entry, data)


def contents() -> Iterator[tuple[str, bytes]]:
    """The files of the bundle, by name."""
    yield "manifest.json", (HERE / "manifest.json").read_bytes()
    yield "LICENSE", (ROOT / "LICENSE").read_bytes()
    yield "pyproject.toml", project().encode()
    yield "src/main.py", (HERE / "main.py").read_bytes()
    for folder, folders, files in os.walk(ROOT / "vtmcp", followlinks=True):
        folders[:] = sorted(set(folders) - LEFT_OUT)
        for file in sorted(files):
            path = Path(folder, file)
            yield f"src/{path.relative_to(ROOT).as_posix()}", path.read_bytes()


def project() -> str:
    """The dependencies, for uv: the code itself is not installed."""
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = "".join(f'    "{need}",\n' for need in whole["dependencies"])
    return (
        f'[project]\nname = "{whole["name"]}-bundle"\nversion = "{whole["version"]}"\n'
        f'requires-python = "{whole["requires-python"]}"\ndependencies = [\n{needs}]\n'
    )


if __name__ == "__main__":
    build(Path(sys.argv[1]))
    print(f"{sys.argv[1]}: {Path(sys.argv[1]).stat().st_size / 1000:.0f} kB")
