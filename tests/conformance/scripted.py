"""A server that says what it is told to: its command line holds a table of methods and lines.

`$id` in a line stands for the id of the request that it answers. What the table does not have is
not answered. The keys `start` and `end` say what comes before any message and after the last.
"""

import json
import sys
import time
from typing import Any

INITIALIZED = '{"jsonrpc":"2.0","id":$id,"result":{"protocolVersion":$version,"capabilities":{}}}'

PONG = '{"jsonrpc":"2.0","id":$id,"result":{}}'


def command(table: dict[str, list[str]]) -> list[str]:
    """The command that starts such a server; it can shake hands and answers pings."""
    whole = {"initialize": [INITIALIZED], "ping": [PONG], **table}
    return [sys.executable, __file__, json.dumps(whole)]


def main(table: dict[str, list[str]]) -> None:
    """Answer by the table until the end of the input."""
    say(table.get("start", []), {})
    for line in sys.stdin:
        try:
            said = json.loads(line)
        except ValueError:
            said = {"method": "broken"}
        message = said if isinstance(said, dict) else {"method": "batch"}
        say(table.get(message.get("method", "answer"), []), message)
    say(table.get("end", []), {})


def say(lines: list[str], message: dict[str, Any]) -> None:
    """Print lines; `!hang` waits far longer than any test, `!exit` ends at once."""
    params = message.get("params")
    version = params.get("protocolVersion") if isinstance(params, dict) else None
    for line in lines:
        if line == "!hang":
            time.sleep(60)
        if line == "!exit":
            sys.exit("the end, as told")
        text = line.replace("$id", json.dumps(message.get("id")))
        print(text.replace("$version", json.dumps(version)), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
