"""Handlers: what a server can do, as classes.

`base` has the classes to subclass, `context` what a handler may do on the way, `catalogue` what
is offered; `core` and `listing` run handlers for requests. Below that is the product:
`source` (the interface to traces), `library` (the documentation), `tools/` and `prompts/`, one file
each, found by looking, and `resources/`.
"""
