"""`python -m vtmcp`: the same as the command `vtmcp`."""

import sys

from vtmcp.cli import main

if __name__ == "__main__":
    sys.exit(main())
