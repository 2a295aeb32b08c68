"""`vtmcp config CLIENT`: the configuration of an MCP client, printed, linked, or put into its file.

Must not be here: any client (`clients.table`), or how a file is edited (`clients.formats`).
"""

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from vtmcp.clients import files, links, paths
from vtmcp.clients.entry import Entry
from vtmcp.clients.faults import CannotEdit, ConfigFault, FileRefused, WrongWords
from vtmcp.clients.formats import BOM, FORMATS, merge
from vtmcp.clients.options import Options, read_options
from vtmcp.clients.paths import Machine
from vtmcp.clients.secrets import Told, Way, told
from vtmcp.clients.settings import ENTRYPOINT, ENTRYPOINT_USUAL, read_entry
from vtmcp.clients.table import CLIENTS, PROJECT, USER, Client, find_client
from vtmcp.clients.wanted import wanted

EXIT_OK, EXIT_FILE = 0, 1

USAGE = f"""\
vtmcp config CLIENT [OPTIONS]: what a client's file needs to use vtmcp
vtmcp config --list: the clients, their files, and which of those are there

Clients: {", ".join(client.name for client in CLIENTS)}

What is configured: a server that the client starts, with the settings of the environment, or
  --entrypoint URL       VT_INSTANCE_ENTRYPOINT, or demo
  --env NAME=VALUE       another setting (vtmcp --help shows all); may be repeated
  --command "COMMAND"    in place of uvx vtmcp
  --local                this installation of vtmcp
  --url URL              a server that runs already; MCP_AUTH_TOKEN is its bearer token
  --header NAME=VALUE    a header of each request to --url; may be repeated
  --name NAME            what it is called in the file (victoriatraces)
What is done with it: it is printed, or
  --write                put into the client's file; what else is there stays, and is copied first
  --link                 a one-click link
  --scope user|project   the file of this person (the default), or of this folder
  --file PATH            another file
  --with-secrets         tokens as they are, in place of a reference, a question, or nothing
"""


def run(words: Sequence[str]) -> int:
    """Run the command and return the exit code: 1 when a file was refused."""
    machine = Machine(sys.platform, Path.home(), os.environ, Path.cwd())
    try:
        code = _run(words, machine)
        sys.stdout.flush()
    except ConfigFault as fault:
        _say(str(fault))
        return fault.code
    except BrokenPipeError:
        # Whoever read it has seen enough (`| head`); what is left goes nowhere.
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        return EXIT_OK
    return code


def _run(words: Sequence[str], machine: Machine) -> int:
    options = read_options(words)
    if "--help" in options.flags:
        print(USAGE, end="")
    elif "--list" in options.flags:
        print("\n".join(_listed(machine)))
    elif not options.client:
        raise WrongWords("config needs a client; vtmcp config --list shows them")
    else:
        return _configure(find_client(options.client), options, machine)
    return EXIT_OK


def _configure(client: Client, options: Options, machine: Machine) -> int:
    entry = read_entry(options, machine, _installed())
    if "--link" in options.flags:
        return _link(client, entry)
    path = _path(client, options, machine)
    if "--write" in options.flags:
        return _write(client, entry, path, options)
    way = Way.RAW if "--with-secrets" in options.flags else Way.SHOWN
    how = told(entry, client.reference, way)
    print(FORMATS[client.format].render(wanted(client, entry, how).values))
    for line in _notes(client, entry, how):
        _say(line)
    if entry.url and client.no_url:
        _say(client.no_url)
    else:
        _say(f"this goes into {paths.shown(path, machine)}; --write puts it there")
    return EXIT_OK


def _link(client: Client, entry: Entry) -> int:
    form = links.FORMS.get(client.link)
    if form is None:
        known = ", ".join(each.name for each in CLIENTS if each.link)
        raise WrongWords(f"{client.title} has no one-click link; these have: {known}")
    how = told(entry, client.reference, Way.WRITTEN)
    value = client.shape(entry, how).value
    print("\n".join(form(entry, how, value)))
    for name in how.left_out:
        _say(f"{name} is left out: a link holds no secret")
    return EXIT_OK


def _write(client: Client, entry: Entry, path: Path, options: Options) -> int:
    if entry.url and client.no_url:
        raise WrongWords(client.no_url)
    way = Way.RAW if "--with-secrets" in options.flags else Way.WRITTEN
    how = told(entry, client.reference, way)
    try:
        text = files.read(path)
        before = FORMATS[client.format].parse((text or "").removeprefix(BOM))
        want = wanted(client, entry, how, before)
        after = merge(client.format, text or "", want.values, want.stale)
        if text == after:
            print(f"{path} says so already; nothing was written")
            return EXIT_OK
        copy = files.replace(path, text, after, datetime.now(), private=bool(how.raw))
    except FileRefused as fault:
        _say(f"{path}: {fault}; nothing was written")
        if isinstance(fault, CannotEdit):
            _say("put this into it by hand:")
            print(FORMATS[client.format].render(wanted(client, entry, how).values))
        return EXIT_FILE
    print(f"{path} has the entry {entry.name} now" + (f"; it was copied to {copy}" if copy else ""))
    for line in _notes(client, entry, how):
        _say(line)
    if how.raw and options.one("--scope") == PROJECT:
        _say("the file holds a secret and belongs to the project: keep it out of version control")
    return EXIT_OK


def _notes(client: Client, entry: Entry, how: Told) -> list[str]:
    """What a person has to know beside the entry."""
    notes = []
    if not entry.url and entry.env.get(ENTRYPOINT) == ENTRYPOINT_USUAL:
        notes.append(f"{ENTRYPOINT} is {ENTRYPOINT_USUAL}; --entrypoint names another")
    for name in how.placeholders:
        better = "" if entry.url else f"; {name}_FILE is the better way"
        notes.append(f"{name} is not shown: put it in the place of <...>{better}")
    for name in how.left_out:
        notes.append(
            f"{name} is a secret, and {client.title} cannot refer to one: it was not written; "
            f"use a file ({name}_FILE), or --with-secrets"
            if not entry.url
            else f"{name} is a secret, and was not written; --with-secrets writes it"
        )
    variables = [secret.variable for secret in how.forwarded.values()]
    for name in variables:
        notes.append(f"{client.title} takes {name} from its own environment or store")
    if client.hint and not (entry.url and client.no_url):
        notes.append(client.hint)
    return notes


def _path(client: Client, options: Options, machine: Machine) -> Path:
    given = options.one("--file")
    if given:
        return machine.folder / Path(given).expanduser()
    scope = options.one("--scope") or USER
    if scope not in client.files:
        raise WrongWords(f"{client.title} has no file of a project; --file names one")
    return paths.resolved(client.files[scope], machine)


def _listed(machine: Machine) -> list[str]:
    """The clients as lines with columns."""
    rows = [("CLIENT", "FORMAT", "SCOPE", "THERE", "FILE")]
    for client in CLIENTS:
        for scope, templates in client.files.items():
            path = paths.resolved(templates, machine)
            shown = paths.shown(path, machine)
            if scope == PROJECT:
                shown = path.relative_to(machine.folder).as_posix()
            there = "yes" if path.exists() else "no"
            rows.append((client.name, client.format, scope, there, shown))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _installed() -> tuple[str, ...]:
    """The command of this installation, by its whole path: a client may have another PATH."""
    script = Path(sys.executable).with_name("vtmcp")
    return (str(script),) if script.exists() else (sys.executable, "-m", "vtmcp")


def _say(line: str) -> None:
    print(f"vtmcp: {line}", file=sys.stderr)
