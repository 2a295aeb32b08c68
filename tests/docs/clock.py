"""`vtmcp`, at another time of day: the demo's incident begins anew twice an hour.

Pages are run as if it were `BASE_S` all the time, so that they show the same story whenever, and
however slowly, they are run. Run as a script, by the `vtmcp` that `shell` puts on the path.
"""

import sys
import time

BASE_S = 1_795_593_900
"""2026-11-25 08:05 UTC: 17 minutes into the incident."""


def stop() -> None:
    """Stop the clock that tells dates; waits and deadlines go by another."""
    time.time_ns = lambda: BASE_S * 1_000_000_000
    time.time = lambda: float(BASE_S)


if __name__ == "__main__":
    stop()
    # What reads the clock may keep the function that it finds.
    from vtmcp.cli import main

    sys.exit(main(sys.argv[1:]))
