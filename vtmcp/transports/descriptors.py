"""How many files this process may open, which is how many clients it can serve."""

DESCRIPTORS_KEPT = 128
"""For all that is no client: listeners, requests to the database, files, the event loop."""


def raise_descriptor_limit(connections_max: int) -> int:
    """Raise the soft limit as far as needed and permitted; how many connections fit then.

    The soft limit is 1024 for the sake of programs that use `select`; the hard one is the bound.
    """
    try:
        import resource  # noqa: PLC0415 - not on Windows, where there is no such limit
    except ImportError:
        return connections_max
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections_max + DESCRIPTORS_KEPT
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return connections_max
    raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    except (OSError, ValueError):  # macOS has a bound that it does not tell.
        raised = soft
    return max(1, min(connections_max, raised - DESCRIPTORS_KEPT))
