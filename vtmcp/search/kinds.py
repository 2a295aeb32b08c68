"""What kinds of names a heading has: people ask for "the flag" or "the endpoint" of something.

A section on `/select/jaeger/api/traces` need not say that this is an endpoint, nor one on
`-retentionPeriod` that it is a flag. Must not be here: how much that counts.
"""

import re

from vtmcp.search.terms import stem

KINDS = {
    "flag": r"(?<![\w-])-{1,2}[A-Za-z][\w.]+",
    "endpoint": r"(?<!\S)`?/\w+(?:/[\w{}*.-]+)*",
    "variable": r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b",
    "metric": r"\b\w+_(?:total|bytes|seconds)\b",
}
"""Words that people use, and what the names look like that they mean."""


def kind_terms(heading: str) -> list[str]:
    """The terms for the kinds of names that stand in a heading."""
    return [stem(kind) for kind, pattern in KINDS.items() if re.search(pattern, heading)]
