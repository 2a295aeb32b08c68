"""A local server that answers what is recorded: by path, tenant and the conditions of a search.

Times and limits are not compared: a test asks at another time than the recording did. What is not
recorded is refused in words, so that no test passes on an answer to another question.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple
from urllib.parse import parse_qsl

from tests.victoriatraces.recordings import FOLDER, recorded, recorded_request
from vtmcp.durations import parse_duration_ns
from vtmcp.victoriatraces.response import HttpResponse

COMPARED = ("service", "operation", "tags", "minDuration", "maxDuration", "query")
"""The parameters that decide which traces or spans are meant."""


class Question(NamedTuple):
    """What two requests for the same answer have in common."""

    path: str
    tenant: tuple[str, str]
    conditions: frozenset[tuple[str, str]]


@contextmanager
def replaying() -> Iterator[str]:
    """The URL of a server on loopback that knows every recording with a request."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def question(target: str, headers: Mapping[str, str]) -> Question:
    """The question that a request asks."""
    path, _, query = target.partition("?")
    given = {name.lower(): value for name, value in headers.items()}
    return Question(
        path,
        (given.get("accountid", "0"), given.get("projectid", "0")),
        frozenset(
            (name, _plain(name, value)) for name, value in parse_qsl(query) if name in COMPARED
        ),
    )


def recorded_answers() -> dict[Question, str]:
    """The names of the recordings by what they answer; of several for one question the first."""
    answers: dict[Question, str] = {}
    for path in sorted(FOLDER.glob("*.request")):
        answers.setdefault(question(*recorded_request(path.stem)), path.stem)
    return answers


def _plain(name: str, value: str) -> str:
    """Of tags, the spaces and the order mean nothing; of a duration, parts of a microsecond."""
    if name == "tags":
        return json.dumps(json.loads(value), sort_keys=True)
    if name.endswith("Duration"):
        return f"{round(parse_duration_ns(value) / 1_000)}us"
    return value


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers = recorded_answers()

    def do_GET(self) -> None:
        name = self.answers.get(question(self.path, dict(self.headers)))
        answer = recorded(name) if name else _not_recorded(self.path)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.header("content-type"))
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the standard library would write a line for each request."""


def _not_recorded(target: str) -> HttpResponse:
    body = f"no answer to {target} is recorded".encode()
    return HttpResponse(400, (("content-type", "text/plain"),), body)
