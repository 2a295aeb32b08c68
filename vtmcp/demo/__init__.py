"""Generated traces that stand in for a database. Knows `vtmcp.traces` and nothing above.

    recipe      what a request does, as a tree of work: the words that tables are written in
    services    who does the work: services, their pods, and the rollout that goes wrong
    incident    a checkout, which the rollout breaks
    shop        the recipes of tenant 0:0, a shop with this incident and quieter troubles
    parcels     the recipes of tenant 7:3, another team, which has none
    timetable   pure: which traces there are, their ids and when they start
    generate    pure: a recipe and a number to a trace
    patterns    regular expressions that cannot take long
    search      pure: which spans fit a query
    graph       pure: traces to the edges of a service graph
    answers     the questions of a trace source, answered from these
    activities  pure: what groups of spans did, in sums
    source      `Demo`, the trace source that the rest of the house sees

Everything is a function of the clock: two hours of traces end now, whenever that is, and two more
a day before, to compare with; two processes with one clock tell the same. A start loads
`source`; the first question loads the rest.
"""
