"""What kinds of names a heading is seen to have."""

import pytest

from vtmcp.search.kinds import kind_terms

NAMED = {
    "a flag": ("-retentionPeriod", ["flag"]),
    "a flag in code": ("Retention: `-retentionPeriod`", ["flag"]),
    "a flag with two dashes": ("rsync --delete", ["flag"]),
    "an endpoint": ("Search traces: GET /select/jaeger/api/traces", ["endpoint"]),
    "an endpoint in code": ("`/metrics`", ["endpoint"]),
    "an endpoint with a variable": ("/select/jaeger/api/traces/{trace_id}", ["endpoint"]),
    "a variable": ("MCP_LISTEN_ADDR", ["variabl"]),
    "a metric": ("vt_rows_dropped_total and others", ["metric"]),
    "two kinds": ("-metricsAuthKey for /metrics", ["flag", "endpoint"]),
    "words with a dash": ("Multi-level and read-only", []),
    "words with a slash": ("vtinsert/vtselect", []),
    "an abbreviation": ("TLS and OTLP/HTTP", []),
    "a field": ("trace_id", []),
    "plain words": ("Retention", []),
}


@pytest.mark.parametrize(("heading", "expected"), NAMED.values(), ids=NAMED)
def test_a_heading_has_kinds_of_names(heading: str, expected: list[str]) -> None:
    assert kind_terms(heading) == expected
