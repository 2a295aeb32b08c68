"""The server in a bundle for desktop clients: over stdio, settings from the environment."""

import sys

from vtmcp.app import run

if __name__ == "__main__":
    sys.exit(run())
