"""Renders or lints a chart by Helm's engine as a library: a program of its own, as that library
is another language's runtime. Its words: render or lint, chart, release, namespace; values on
standard input as JSON; on standard output JSON. Must not be here: what the chart has to say.
"""

import json
import sys
from typing import Any

WARNING = 2
"""Least severity that `--strict` minds."""


def main() -> None:
    import helm_python  # type: ignore[import-not-found]  # noqa: PLC0415 - in .venv/deploy only

    word, chart, release, namespace = sys.argv[1:]
    values = json.load(sys.stdin)
    found: Any
    if word == "lint":
        report = helm_python.lint(chart, values, strict=True, namespace=namespace)
        found = report["errors"] + [
            f"{each['path']}: {each['error']}"
            for each in report["messages"]
            if each["severity"] >= WARNING
        ]
    else:
        try:
            with helm_python.Chart.load(chart) as opened:
                opened.validate_schema(values)
                found = opened.render(values, name=release, namespace=namespace)
        except helm_python.HelmError as error:
            found = str(error)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
