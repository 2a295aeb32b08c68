"""The whole product against a database: a real one, or recorded answers of one.

With `VT_TEST_ENTRYPOINT` set to the URL of a VictoriaTraces that may be written to, the recorded
traces are sent to it under new names and ids, and the tools are asked for them. Without it the
same questions go to a local server that replays what a real one once answered. The end of a run
says which of the two it was.

    upstream    which database it is, and what it holds
    stories     the recorded traces that are told again, and a plain reader of them
    loading     sends the stories to a real database and waits until it has them
    otlp        a trace as the bytes that OpenTelemetry sends
    replay      a local server of recorded answers
    asking      one question to one tool of the product, over its in-memory transport
"""
