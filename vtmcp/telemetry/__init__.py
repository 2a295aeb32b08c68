"""Spans of our own, and how spans travel: OTLP as JSON. Knows nothing of tools or databases.

    otlp       pure: spans to the body of an export request
    sampling   pure: which traces are recorded
    settings   pure: the OTEL_* variables, read by OpenTelemetry's rules
    tracer     spans that begin and end
    exporter   spans to a collector, in batches, beside what is served

Loaded only where an endpoint is set (`app_telemetry`), and by `vtmcp demo load`.
"""
