"""The official Python SDK's server with the one tool that `_servers.py` has on our engine.

Run by a Python that has the PyPI package `mcp` (2.x), which this project must not depend on. It
answers in JSON, its quicker way, and logs errors only.
"""

import logging
import socket
import sys

import uvicorn  # type: ignore[import-not-found]
from mcp.server.mcpserver import MCPServer  # type: ignore[import-not-found]

logging.disable(logging.WARNING)
server = MCPServer("adder", log_level="ERROR")


@server.tool()  # type: ignore[untyped-decorator]
def add(a: int, b: int) -> str:
    """Add two whole numbers."""
    return str(a + b)


# Named as TCP, or asyncio would not turn off the delay that two writes an answer then suffer.
with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
    listener.bind(("127.0.0.1", 0))
    listener.listen(2_048)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    app = server.streamable_http_app(json_response=True)
    config = uvicorn.Config(app, log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])
