"""Words that people use, for the words that the corpus uses; each group with its reason.

A group is symmetric: each word also finds the others, at a lower weight than itself. Must not be
here: that weight, and spelling mistakes, which `vocabulary` corrects.
"""

from functools import cache

from vtmcp.search.terms import stem

GROUPS: tuple[tuple[str, str], ...] = (
    # What is done to data.
    (
        "delete remove drop purge erase expire clean evict gdpr ttl",
        "retention removes what people delete",
    ),
    ("limit cap maximum max bound truncate quota restrict", "flags say max, people say cap"),
    ("minimum min least lowest", "flags say min"),
    ("loss lose lost", "irregular forms, which stemming does not join"),
    ("keep kept retain retention hold held", "likewise; and retention is how long data is kept"),
    ("store storage save saved persist", "where data is, and the way there"),
    ("write wrote written", "likewise"),
    ("choose chose chosen pick select", "likewise"),
    ("run ran running", "likewise"),
    ("break broke broken", "likewise"),
    ("begin began begun start", "likewise"),
    ("stop end quit terminate shutdown", "the end of a process"),
    ("send sent export push ship forward emit write", "spans are exported, sent or written"),
    ("receive accept ingest ingestion insert receiver collect", "one step, many names"),
    ("find search look lookup query", "what a reader does to data"),
    ("show list display visible appear view", "what a view does"),
    ("enable activate", "flags say enable"),
    ("disable off deactivate forbid", "flags say disable"),
    ("raise increase grow growing higher rising", "a number that goes up"),
    ("copy replicate replica duplicate replication mirror", "a second copy of data"),
    ("migrate migration upgrade move", "data that changes its place"),
    ("verify check confirm test validate", "to look whether something holds"),
    ("generate generator fake synthetic dummy vtgen load loadgen", "made-up spans to try it out"),
    ("split separate divide isolate apart", "two things that were one"),
    ("hide mask redact conceal sensitive private", "what not everyone may see"),
    ("spread distribute shard balance", "a share for each node"),
    ("restrict allow permit forbid", "who may do what"),
    ("look lookbehind lookback window", "how far back something reads"),
    ("install setup deploy download start", "the way to a running server"),
    ("change edit override customize", "a value other than the default"),
    # What goes wrong.
    (
        "missing absent lost incomplete partial cut truncated gap hole vanish disappear",
        "spans that are not there",
    ),
    ("drop dropped discard ignored", "spans that are not taken"),
    ("fresh recent new newest latest", "what came last"),
    ("nonexistent unknown missing", "what is looked for in vain"),
    ("visible searchable queryable appear", "when a span is found"),
    ("empty nothing blank none", "an answer without content"),
    ("error fail failure failed fault exception broken", "what people see first"),
    ("down unavailable offline unreachable dead outage", "a node that does not answer"),
    ("crash kill killed oom panic sigkill reboot", "an end without a shutdown"),
    ("slow latency performance perf delay lag", "time that someone waits"),
    ("reject refuse refused deny denied forbidden", "a request that is not served"),
    ("large oversize big huge wide 413", "too much at once"),
    ("full fill filling exhausted", "a disk without free space"),
    # Things.
    ("folder directory path", "where files are"),
    ("dropdown list menu", "where a name is chosen"),
    ("p99 p95 p90 p50 percentile quantile median", "shares of the slowest"),
    ("average avg", "likewise"),
    ("schema structure layout format model", "how data is laid out"),
    ("proxy nginx vmauth balancer loadbalancer ingress", "what stands in front of a server"),
    ("translate convert map mapping", "one form into another"),
    ("live tail realtime follow", "spans as they come"),
    ("platform architecture os arm64 amd64", "what a binary is built for"),
    ("role component", "what a node of a cluster does"),
    ("metric monitor monitoring", "numbers that a server tells of itself"),
    ("docs documentation help manual", "where to read on"),
    ("upgrade update", "to a newer version"),
    ("throttle limit", "not more than so much"),
    ("clock time timezone", "what a server takes for now"),
    ("s3 object bucket", "storage in a cloud"),
    ("service svc srv app application", "who sends spans"),
    ("operation op ops", "the span name in Jaeger's words"),
    ("attribute attr tag label field key", "what a span carries, by many names"),
    ("span event record row", "a span is stored as one row"),
    ("endpoint url path api address route", "where a request goes"),
    ("port listen address addr", "where a server listens; flags say addr"),
    ("header metadata", "gRPC says metadata"),
    ("parameter param arg argument option", "what a request carries"),
    (
        "flag option setting switch configuration config configure cfg conf",
        "how a server is set up",
    ),
    ("variable env environment", "how vtmcp is set up"),
    ("tenant team customer organization account isolate isolation", "whose data it is"),
    ("topology dependency dependencies graph map relation", "the service graph"),
    ("memory mem ram heap", "what a process holds"),
    ("cpu core processor", "what computes"),
    ("disk storage space volume", "where data is kept"),
    ("backup restore disaster recovery", "to get data back"),
    ("ha availability redundancy failover", "more than one copy of a server"),
    ("cluster distributed horizontal scale", "more than one node"),
    ("federation multi-level hierarchy chain", "clusters of clusters"),
    ("database db datasource", "where data comes from"),
    ("kubernetes k8s helm operator", "a way to run it"),
    ("docker container image", "a way to run it"),
    ("auth authentication authorization password credential login token", "who may ask"),
    ("security secure harden protect encrypt encryption", "against strangers"),
    ("tls https ssl certificate cert", "encryption on the way"),
    ("ui interface web browser frontend vmui", "where people look"),
    ("dashboard panel", "where people look at metrics"),
    ("alert alerting alarm rule", "what wakes people"),
    ("version release changelog history", "what changed when"),
    ("default standard", "a value without a setting"),
    ("percent percentage share", "a part of the whole"),
    ("time timestamp date clock", "a point in time"),
    ("duration dur length long", "how long something took"),
    ("length len size", "how large something is; flags say len"),
    ("concurrency concurrent parallel simultaneous", "at the same time"),
    ("compression compress gzip zstd snappy encoding", "how bodies are made smaller"),
    ("identify identifier identity id", "what tells one from another"),
    ("introduce add", "what a version brought"),
    ("message msg", "fields say msg"),
    ("request req", "written short"),
    ("response resp answer", "likewise"),
    ("second sec", "likewise"),
    ("ingestion ingest", "forms that stemming does not join"),
    ("connection conn", "flags say conn"),
    ("replace replacement successor deprecated", "one thing for another"),
    ("timeout deadline expire", "when waiting ends"),
    ("unit microsecond millisecond nanosecond ns ms", "numbers of time"),
    ("precedence priority wins override", "which of two settings holds"),
    ("compare comparison versus benchmark", "against other databases"),
    ("old older ancient late backfill historical", "data from before"),
    ("forever infinite unlimited indefinitely", "without an end"),
    ("week month year day daily", "how people count a retention"),
    ("readonly read-only", "no more writes"),
    ("ratio rate share", "one number by another"),
    ("count number num amount", "how many"),
    ("hardware requirement capacity size sizing", "how large a machine must be"),
    ("throughput rate volume", "how much in a time"),
    ("mcp assistant agent model llm", "who asks vtmcp"),
    ("multitenancy multitenant tenant", "one instance for many"),
    ("stable stability ga production compatibility", "whether it may be relied on"),
)


def synonyms(term: str) -> tuple[str, ...]:
    """The terms that mean much the same as a term, in any of its groups."""
    return _table().get(term, ())


@cache
def _table() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for group, _reason in GROUPS:
        members = [stem(member.replace("-", "")) for member in group.split()]
        for member in members:
            found.setdefault(member, {}).update(dict.fromkeys(members))
    return {
        member: tuple(other for other in others if other != member)
        for member, others in found.items()
    }
