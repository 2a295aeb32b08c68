"""A secret planted in every value that is one, and searched for in all that the product says."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest

from tests.attacks.database import Asked, database
from tests.attacks.product import product
from tests.attacks.test_escapes import calls
from tests.telemetry.collector import site
from tests.victoriatraces.peer import Step
from vtmcp.app_web import DeepCheck
from vtmcp.cli import main
from vtmcp.config_variables import VARIABLES
from vtmcp.traces.tenant import Tenant

MARK = "S3cr/t+Mark"
"""What each planted value begins with: some of it is written otherwise in URLs."""


def planted(name: str) -> str:
    return f"{MARK}-{name.lower().replace('_', '-')}-0"


def forms(secret: str) -> Iterator[str]:
    """The secret in each way that it can be written and read back by eye or by a program."""
    yield from (secret, secret.lower(), secret.upper(), secret.swapcase())
    yield quote(secret, safe="")
    yield quote(secret, safe="").lower()
    yield secret.replace("/", r"\/")
    for before in ("", "a", "ab"):
        whole = base64.b64encode(f"{before}{secret}".encode()).decode()
        # What comes before and after shares some digits with it.
        yield whole[4 if before else 0 : -4]


def leaks(text: str, *secrets: str) -> list[str]:
    """The forms of secrets that are in a text."""
    return [form for secret in secrets for form in forms(secret) if form in text]


TOKEN, HEADER, OURS = planted("token"), planted("header"), planted("auth")
CALLERS, SESSION, OTEL = planted("passed"), planted("session-key"), planted("otel")
ALL = (TOKEN, HEADER, OURS, CALLERS, SESSION, OTEL)


def echo_of(asked: Asked) -> str:
    return " ".join(value for _, value in asked.headers)


def _error(status: int, body: bytes, kind: str = "text/plain", *headers: str) -> tuple[Step, ...]:
    head = [
        f"HTTP/1.1 {status} X",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return ("\r\n".join((*head, "", "")).encode() + body,)


Echo = Callable[[Asked], tuple[Step, ...]]

ECHOES: dict[str, Echo] = {
    "a text": lambda asked: _error(401, echo_of(asked).encode()),
    "a text in lower case": lambda asked: _error(400, echo_of(asked).lower().encode()),
    "a text in upper case": lambda asked: _error(500, echo_of(asked).upper().encode()),
    "a URL": lambda asked: _error(502, quote(echo_of(asked), safe="").encode()),
    "base64": lambda asked: _error(
        403, b" ".join(base64.b64encode(value.encode()) for _, value in asked.headers)
    ),
    "a page": lambda asked: _error(
        403, f"<html><title>{echo_of(asked)}</title>".encode(), "text/html"
    ),
    "JSON": lambda asked: _error(
        400,
        json.dumps({"errors": [{"msg": echo_of(asked)}], "error": echo_of(asked)}).encode(),
        "application/json",
    ),
    "a good status": lambda asked: _error(
        200, json.dumps({"errors": [{"msg": echo_of(asked)}]}).encode(), "application/json"
    ),
    "JSON that breaks off": lambda asked: _error(
        200, b'{"data": ["' + echo_of(asked).encode(), "application/json"
    ),
    "JSON of another shape": lambda asked: _error(
        200, json.dumps([{echo_of(asked): echo_of(asked)}]).encode(), "application/json"
    ),
    "a redirect": lambda asked: _error(
        302, b"", "text/plain", f"Location: http://{TOKEN.replace('/', '-')}.example/{HEADER}"
    ),
    "data": lambda asked: _error(
        200,
        json.dumps({"data": [value for _, value in asked.headers], "errors": None}).encode(),
        "application/json",
    ),
    "rows": lambda asked: _error(
        200, json.dumps({echo_of(asked): echo_of(asked)}).encode(), "application/stream+json"
    ),
    "letters with nothing between them": lambda asked: _error(
        401, "\u200b".join(echo_of(asked)).encode()
    ),
    "a type": lambda asked: _error(200, b"a", echo_of(asked)),
    "a status line": lambda asked: (
        f"HTTP/1.1 401 {echo_of(asked)}\r\nContent-Length: 0\r\n\r\n".encode(),
    ),
    "a head that is none": lambda asked: (f"HTTP/1.1 {echo_of(asked)}\r\n\r\n".encode(),),
    "a coding": lambda asked: _error(
        200, b"a", "application/json", f"Content-Encoding: {echo_of(asked)}"
    ),
}


@pytest.mark.anyio
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
async def test_no_answer_of_the_database_brings_a_secret_out(echo: Echo) -> None:
    said = []
    async with database() as asked, site(b"", 500) as collector:
        asked.hostile = echo
        env = {
            "VT_INSTANCE_ENTRYPOINT": asked.url,
            "VT_INSTANCE_HEADERS": f"X-Api-Key={HEADER}",
            "MCP_AUTH_TOKEN": OURS,
            "MCP_SESSION_KEY": SESSION,
            "MCP_PASSTHROUGH_HEADERS": "X-Team, Cookie",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={quote(OTEL)}",
            "MCP_LOG_LEVEL": "debug",
        }
        async with product(env) as it:
            for tool, arguments in calls(it):
                said.append(
                    json.dumps(await it.call(tool, arguments, OURS, cookie=CALLERS, x_team="t"))
                )
            source = it.tools[0].desk.source.on_behalf((("X-Api-Token", TOKEN),))
            said.append(await DeepCheck(lambda: source.services(Tenant())).fault())
            said += [it.lines.getvalue(), it.metrics.text(), source.label, repr(source)]
        sent = [one.body.decode() for one in collector.asked]
    assert all(CALLERS in echo_of(one) for one in asked.asked[:-1])
    assert sent
    assert not leaks("\n".join((*said, *sent)), *ALL)


@pytest.mark.anyio
async def test_a_basic_credential_is_not_repeated_in_clear() -> None:
    """A proxy that refuses a password may name it, as it was before it was encoded."""
    password = planted("password")
    basic = base64.b64encode(f"me:{password}".encode()).decode()
    async with database() as asked:
        asked.hostile = lambda one: _error(401, f"wrong password {password} for me".encode())
        env = {
            "VT_INSTANCE_ENTRYPOINT": asked.url,
            "VT_INSTANCE_HEADERS": f"Authorization=Basic {basic}",
        }
        async with product(env) as it:
            said = json.dumps(await it.call("services", {}))
    assert "answered 401" in said
    assert not leaks(said, password)


class Echoing(BaseHTTPRequestHandler):
    """Refuses each request with all its headers in the refusal."""

    def do_GET(self) -> None:
        body = json.dumps({"error": str(self.headers)}).encode()
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def echoing() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echoing)
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


SECRETS = {variable.name: planted(variable.name) for variable in VARIABLES if variable.secret}

GOOD: dict[str, dict[str, str]] = {
    "values": {
        "VT_INSTANCE_BEARER_TOKEN": SECRETS["VT_INSTANCE_BEARER_TOKEN"],
        "VT_INSTANCE_HEADERS": f"X-Api-Key={SECRETS['VT_INSTANCE_HEADERS']}",
        "MCP_SESSION_KEY": SECRETS["MCP_SESSION_KEY"],
        "MCP_AUTH_TOKEN": SECRETS["MCP_AUTH_TOKEN"],
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-key={quote(SECRETS['OTEL_EXPORTER_OTLP_HEADERS'])}",
    },
    "OAuth": {
        "MCP_OAUTH_CLIENT_SECRET": SECRETS["MCP_OAUTH_CLIENT_SECRET"],
        "MCP_OAUTH_INTROSPECTION_URL": "http://127.0.0.1:9/introspect",
        "MCP_OAUTH_ISSUER": "http://127.0.0.1:9",
        "MCP_OAUTH_CLIENT_ID": "we",
        "MCP_OAUTH_RESOURCE": "http://127.0.0.1:8081/mcp",
    },
}

FILES = {
    "VT_INSTANCE_BEARER_TOKEN_FILE": "{}",
    "VT_INSTANCE_HEADERS_FILE": "X-Api-Key: {}\n",
    "MCP_AUTH_TOKEN_FILE": "{}",
    "MCP_OAUTH_CLIENT_SECRET_FILE": "{}",
    "VT_INSTANCES_FILE": '[[instance]]\nname="a"\nentrypoint="demo"\nbearer_token="{}"\n',
}
"""Files with a secret in them."""


def test_all_secrets_are_planted() -> None:
    given = {name for env in GOOD.values() for name in env}
    assert given >= set(SECRETS)
    for name, secret in SECRETS.items():
        assert any(
            secret in value or quote(secret) in value
            for env in GOOD.values()
            for key, value in env.items()
            if key == name
        )


COMMANDS = {
    "help": ["--help"],
    "doctor": ["doctor"],
    "doctor in JSON": ["doctor", "--json"],
    "tools": ["tools"],
    "call": ["call", "services"],
    "call in JSON": ["call", "services", "--json"],
    "a wrong call": ["call", "services", "--tenant", "x"],
    **{
        f"config {name}": ["config", name] for name in ("cursor", "codex", "goose", "zed", "vscode")
    },
    "config link": ["config", "cursor", "--link"],
    "config of a URL": ["config", "cursor", "--url", "http://127.0.0.1:8081/mcp"],
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("env", GOOD.values(), ids=GOOD)
@pytest.mark.parametrize("mode", ["stdio", "http"])
def test_no_command_tells_a_secret(
    *,
    words: list[str],
    env: dict[str, str],
    mode: str,
    echoing: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    files = _files(tmp_path) if env is GOOD["OAuth"] else {}
    base = {"VT_INSTANCE_ENTRYPOINT": echoing, "MCP_SERVER_MODE": mode, "MCP_LOG_LEVEL": "debug"}
    _set(monkeypatch, base | env | files)
    main(words)
    said = "".join(capfd.readouterr())
    assert said
    assert not leaks(said, *SECRETS.values(), planted("file"))


def _files(folder: Path, *names: str) -> dict[str, str]:
    names = names or ("VT_INSTANCE_BEARER_TOKEN_FILE", "VT_INSTANCE_HEADERS_FILE")
    for name in names:
        (folder / name).write_text(FILES[name].format(planted("file")))
    return {name: str(folder / name) for name in names}


def _set(monkeypatch: pytest.MonkeyPatch, env: dict[str, str]) -> None:
    for name in [*os.environ]:
        if name.startswith(("VT_", "MCP_", "OTEL_")):
            monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)


M = planted("wrong")

WRONG: dict[str, dict[str, str]] = {
    "a token with a space": {"VT_INSTANCE_BEARER_TOKEN": f"Bearer {M}"},
    "headers without a name": {"VT_INSTANCE_HEADERS": M},
    "a header with a control": {"VT_INSTANCE_HEADERS": f"X-A={M}\x01"},
    "a header that is ours": {"VT_INSTANCE_HEADERS": f"Host={M}"},
    "a header in a name": {"VT_INSTANCE_HEADERS": f"{M} b=c"},
    "our token with a space": {"MCP_AUTH_TOKEN": f"{M} {M}"},
    "two tokens": {"MCP_AUTH_TOKEN": M, "MCP_AUTH_TOKEN_FILE": f"/{M}"},
    "a key that is short": {"MCP_SESSION_KEY": M[:15]},
    "a secret for nothing": {"MCP_OAUTH_CLIENT_SECRET": M},
    "half of OAuth": {"MCP_OAUTH_CLIENT_SECRET": M, "MCP_OAUTH_INTROSPECTION_URL": "https://a.b"},
    "headers of spans": {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OTEL_EXPORTER_OTLP_HEADERS": f"{M} = {M}, {M}",
    },
    "a password in a URL": {"VT_INSTANCE_ENTRYPOINT": f"http://a:{quote(M)}@localhost"},
    "a password in a URL of OAuth": {"MCP_OAUTH_INTROSPECTION_URL": f"https://a:{quote(M)}@b.c"},
    "a password in a URL of spans": {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"https://a:{quote(M)}@localhost"
    },
}

WRONG_FILES: dict[str, tuple[str, str]] = {
    "a token on two lines": ("VT_INSTANCE_BEARER_TOKEN_FILE", f"{M}\n{M}\n"),
    "headers without a name in a file": ("VT_INSTANCE_HEADERS_FILE", f"{M}\n"),
    "headers with a control in a file": ("VT_INSTANCE_HEADERS_FILE", f"X-A: {M}\x01\n"),
    "our token with a space in a file": ("MCP_AUTH_TOKEN_FILE", f"{M} {M}"),
    "a policy that is a token": ("MCP_AUTH_FILE", M),
    "a policy with a token as name": ("MCP_AUTH_FILE", f'[callers."{M}"]\ntools=["*"]\n'),
    "a policy with a token as key": ("MCP_AUTH_FILE", f'[callers.a]\n"{M}"="x"\n'),
    "a policy with a token as tool": ("MCP_AUTH_FILE", f'[callers.a]\ntools="{M}"\n'),
    "a policy with a token as tenant": ("MCP_AUTH_FILE", f'[callers.a]\ntenants=["{M}"]\n'),
    "a policy with a token in clear": ("MCP_AUTH_FILE", f'[callers.a]\ntoken_sha256="{M}"\n'),
    "databases that are a token": ("VT_INSTANCES_FILE", M),
    "databases with a token as name": ("VT_INSTANCES_FILE", f'[[instance]]\nname="{M}"\n'),
    "databases with a token as URL": (
        "VT_INSTANCES_FILE",
        f'[[instance]]\nname="a"\nentrypoint="{M}"\n',
    ),
    "databases with a token as headers": (
        "VT_INSTANCES_FILE",
        f'[[instance]]\nname="a"\nentrypoint="demo"\nheaders="{M}"\n',
    ),
    "databases with two tokens": (
        "VT_INSTANCES_FILE",
        f'[[instance]]\nname="a"\nentrypoint="demo"\nbearer_token="{M} {M}"\n',
    ),
}


READ_LATER: dict[str, tuple[str, str]] = {
    "authorities that are a token": ("VT_TLS_CA_FILE", M),
    "a certificate that is a token": ("VT_TLS_CERT_FILE", M),
    "our certificate that is a token": ("MCP_TLS_CERT_FILE", M),
}
"""Files that only the first question or the listener reads."""


@pytest.mark.parametrize("command", [[], ["doctor"], ["doctor", "--json"]], ids=str)
@pytest.mark.parametrize("name", [*WRONG, *WRONG_FILES, *READ_LATER])
def test_no_start_that_fails_tells_a_secret(
    name: str,
    command: list[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    env = {
        "VT_INSTANCE_ENTRYPOINT": "https://localhost:9",
        "MCP_SERVER_MODE": "http",
        "MCP_LISTEN_ADDR": "127.0.0.1:0",
        "MCP_LOG_LEVEL": "debug",
    }
    if name in WRONG:
        env |= WRONG[name]
    else:
        variable, content = {**WRONG_FILES, **READ_LATER}[name]
        (tmp_path / "file").write_text(content)
        env[variable] = str(tmp_path / "file")
        if variable == "VT_INSTANCES_FILE":
            del env["VT_INSTANCE_ENTRYPOINT"]
        if variable == "MCP_TLS_CERT_FILE":
            env["MCP_TLS_KEY_FILE"] = env[variable]
    _set(monkeypatch, env)
    monkeypatch.setattr("vtmcp.app_web.run_web", _serve if name in READ_LATER else _must_not_serve)
    assert main(command) in ((1, 2) if command else (0, 2))
    said = "".join(capfd.readouterr())
    assert said
    assert not leaks(said, M, M[:15])


def _serve(*_: object, **__: object) -> None:
    """Stop at once."""


def _must_not_serve(*_: object, **__: object) -> None:
    raise AssertionError("it serves")


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_server_as_the_readme_starts_it_tells_no_secret(
    echoing: str, log_format: str, tmp_path: Path
) -> None:
    env = {
        "PATH": os.environ["PATH"],
        "VT_INSTANCE_ENTRYPOINT": echoing,
        "MCP_SERVER_MODE": "http",
        "MCP_LISTEN_ADDR": "127.0.0.1:0",
        "MCP_LOG_LEVEL": "debug",
        "MCP_LOG_FORMAT": log_format,
        **GOOD["values"],
    }
    server = subprocess.Popen([sys.executable, "-m", "vtmcp"], env=env, stderr=subprocess.PIPE)
    assert server.stderr is not None
    said = []
    for line in server.stderr:
        said.append(line.decode())
        if found := re.search(rb"(http://127[^\s\"]+)/mcp", line):
            break
    url = found[1].decode() if found else ""
    for path in ("/metrics", "/health/readiness?deep=1", "/health/liveness", "/nothing", "/mcp"):
        for token in ("", f"{SECRETS['MCP_AUTH_TOKEN']}x", SECRETS["MCP_AUTH_TOKEN"]):
            said.append(_got(f"{url}{path}", token))
            said.append(_got(f"{url}{path}&token={quote(token)}", token))
    os.kill(server.pid, signal.SIGTERM)
    said.append(server.stderr.read().decode())
    server.stderr.close()
    assert server.wait(10) == 0
    whole = "\n".join(said)
    assert "vtmcp_build_info" in whole
    assert "answered 401" in whole
    assert not leaks(whole, *SECRETS.values())


def _got(url: str, token: str) -> str:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return f"{answer.headers} {answer.read().decode()}"
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.headers} {error.read().decode()}"
