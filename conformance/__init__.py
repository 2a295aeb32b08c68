"""Conformance: a fixture server, and what tests any MCP server against the specification.

`fixture` and the modules beside it are the server that the official suite needs; `vectors/`
holds conversations as data, `requirements.toml` ties the specification to them, and `runner`
plays them against a server: a command (`stdio_peer`), or an URL (`http_peer`, `sse_peer`).
"""
