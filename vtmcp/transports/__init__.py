"""Transports: how documents travel. They know `protocol` and nothing above it.

`base` says what a channel is, `memory` is the smallest one, `stdio` the one clients start.
`http` and its parts are an HTTP/1.1 server loop without MCP, `listening` and `binding` its sockets;
on them stand `streamable` (Streamable HTTP, with `sessions`, `events`, `posts`), `sse` (the old
HTTP+SSE) and `ops` (health). `guards` and `access` say who may ask. Nothing is imported here.
"""
