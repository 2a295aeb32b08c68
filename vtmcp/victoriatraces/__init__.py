"""The HTTP API of VictoriaTraces, as a client sees it. Knows `vtmcp.traces` and nothing above.

    settings         what the owner may set: address, credentials, limits
    checks           whether that can be used, said at the start
    entrypoint       the address of the database, taken apart; plain http and to whom
    headers          pure: which headers are refused, and which of several is sent
    watched_file     a small file that is read again once it has changed
    credentials      the configured headers, from settings and files, as they are now
    hidden_patterns  pure: which attributes nobody is shown
    hidden           pure: traces without them
    requests         pure: a question to an HTTP request; units are converted here
    answers          pure: an HTTP response to traces, names, edges, or the error that it means
    complaints       pure: the sentences of those errors
    masking          pure: responses without the secrets that we sent
    response         one HTTP response, whole
    body             pure: the bytes of a response body, decompressed and bounded
    hosts            pure: which addresses a connection may go to
    dialling         from a name to an open connection to a checked address
    tls              certificates to trust, and our own
    patience         how long each part of a request may take
    connection       one connection: h11 on an anyio stream
    failures         exceptions of sockets, TLS and HTTP to `SourceError`
    client           the pool of connections
    kinds            what questions and their outcomes are called where they are counted
    questions        a question asked, sent and answered
    source           `VictoriaTraces`, the trace source that the rest of the house sees

A start loads `settings`, `checks`, `entrypoint`, `headers`, `credentials`, `watched_file`,
`kinds` and `source`; the first question loads the rest.
"""
