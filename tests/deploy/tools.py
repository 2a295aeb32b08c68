"""The checkers of other people's formats: Helm, Kubernetes' schemas, and where each is found.

Must not be here: what our files have to say.
"""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.tidiness.source import ROOT

Json = dict[str, Any]

DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "vtmcp"
INSTALLED = ROOT / ".venv" / "deploy"

SECONDS_MAX = 120
"""Longer than any of them takes on a busy machine."""

HELM = shutil.which("helm")
ENGINE = INSTALLED / "helm_python"
SCHEMAS = INSTALLED / "kubernetes_validate" / "kubernetes-json-schema"
HADOLINT = shutil.which("hadolint") or shutil.which("hadolint", path=INSTALLED / "bin")
PROMTOOL = shutil.which("promtool")

needs_helm = pytest.mark.skipif(
    not (HELM or ENGINE.is_dir()), reason="there is no helm, and .ci/deploy-tools was not run"
)
needs_schemas = pytest.mark.skipif(
    not SCHEMAS.is_dir(), reason="Kubernetes' schemas: .ci/deploy-tools was not run"
)

RELEASE = "release"
NAMESPACE = "prod"


class Rendered(NamedTuple):
    """What a chart came to with some values: objects, or the reason why there are none."""

    objects: tuple[Json, ...]
    notes: str = ""
    refused: str = ""

    def only(self, kind: str) -> Json:
        """The one object of a kind."""
        found = self.all(kind)
        assert len(found) == 1, f"{len(found)} of {kind}"
        return found[0]

    def all(self, kind: str) -> list[Json]:
        """All objects of a kind."""
        return [each for each in self.objects if each["kind"] == kind]


def render(values: Json) -> Rendered:
    """Render the chart with these values over its own."""
    return _render(json.dumps(values, sort_keys=True))


@cache
def _render(values: str) -> Rendered:
    if HELM:
        return _read_text(_run([HELM, *_TEMPLATE, str(CHART), "--values", "-"], values))
    found = json.loads(_engine("render", values))
    if isinstance(found, str):
        return Rendered((), refused=found)
    notes = "".join(text for path, text in found.items() if path.endswith("NOTES.txt"))
    texts = [text for path, text in found.items() if path.endswith(".yaml")]
    return Rendered(tuple(_objects("\n---\n".join(texts))), notes)


def lint(values: Json) -> str:
    """What `helm lint --strict` complains of; nothing when it is content."""
    said = json.dumps(values)
    if HELM:
        done = _run([HELM, "lint", "--strict", str(CHART), "--values", "-"], said)
        return done.stdout + done.stderr if done.returncode else ""
    return "\n".join(json.loads(_engine("lint", said)))


@cache
def schema_faults(version: str, document: str) -> tuple[str, ...]:
    """What Kubernetes of this version would not take of an object."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - with what is installed for it
    from referencing import Registry, Resource  # noqa: PLC0415

    found = json.loads(document)
    group, _, api = found["apiVersion"].rpartition("/")
    parts = [found["kind"].lower(), *filter(None, [group.partition(".")[0]]), api]
    folder = SCHEMAS / f"v{version}.0-local-strict"
    schema = json.loads((folder / ("-".join(parts) + ".json")).read_text("utf-8"))
    definitions = json.loads((folder / "_definitions.json").read_text("utf-8"))
    registry: Any = Registry().with_resources(
        (each["$id"], Resource.from_contents(each)) for each in (schema, definitions)
    )
    errors = Draft202012Validator(schema, registry=registry).iter_errors(found)
    return tuple(f"{error.json_path}: {error.message}" for error in errors)


_TEMPLATE = ("template", RELEASE, "--namespace", NAMESPACE)


def _read_text(done: subprocess.CompletedProcess[str]) -> Rendered:
    """`helm template` shows no notes."""
    if done.returncode:
        return Rendered((), refused=done.stderr)
    return Rendered(tuple(_objects(done.stdout)))


def _objects(text: str) -> list[Json]:
    return [each for each in yaml.safe_load_all(text) if each]


def _engine(word: str, values: str) -> str:
    script = Path(__file__).with_name("helm_engine.py")
    done = _run(
        [sys.executable, str(script), word, str(CHART), RELEASE, NAMESPACE],
        values,
        PYTHONPATH=str(INSTALLED),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(command: list[str], said: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        input=said,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
