"""Who may call over HTTP, and what: tokens, a policy, OAuth 2.1, and how much of it at once.

    settings       puts it together: settings in, a door and a gate out
    door           the `Access` that the endpoints ask about each request
    keys           all that opens the door, and what the policy says of whoever came in
    bearer         the token in a request's header
    challenges     every refusal, with its status and headers
    tokens         callers by static tokens, compared in constant time
    policy         the file that says who may do what
    permissions    what one caller may use
    watched_file   a file that is read again when it changes
    oauth          callers by an authorization server: cache, one question for many askers
    introspection  the question to that server, and what its answer means; pure
    form_client    one POST of a form over HTTP/1.1
    metadata       what a client reads to find that server (RFC 9728)
    buckets        how many calls a minute; pure
    turns          how many calls at once, and who waits; pure
    gate           both of them, for one call
    binding_rule   where a server without authentication may listen

Must not be here: what a tool, a tenant or a deployment is; they are names. No token is kept in
clear beyond its request, and none is handed on.
"""
