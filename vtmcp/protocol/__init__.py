"""The engine: MCP without input and output. Documents go in, actions come out.

Reading order: `versions` (what differs by revision), `lifecycle` (what is allowed when),
`messages` and `codec` (what a document is), `session` (what a handshake agreed on), `actions` and
`engine` (the rules put together); beside it `inflight`, `subscriptions`, `questions`, `results`,
`schema`, `seal`, and for HTTP `headers` and `sse`, one subject each.

Must not be here: `await`, a clock, a socket, the environment, anything about VictoriaTraces.
"""
