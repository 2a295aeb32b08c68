"""The address of the database, taken apart; what does not belong there is refused unseen."""

import pytest

from vtmcp.victoriatraces.entrypoint import insecure_fault, parse_entrypoint

URLS = {
    "a port": ("http://db:10428", "http", "db", 10428, "", "http://db:10428"),
    "no port, http": ("http://db", "http", "db", 80, "", "http://db"),
    "no port, https": ("https://db/", "https", "db", 443, "", "https://db"),
    "the other scheme's port": ("https://db:80", "https", "db", 80, "", "https://db:80"),
    "upper case": ("HTTP://DB", "http", "db", 80, "", "http://db"),
    "a path prefix": ("http://db/a/b%20c/", "http", "db", 80, "/a/b%20c", "http://db/a/b%20c"),
    "IPv6": ("http://[::1]:8", "http", "::1", 8, "", "http://[::1]:8"),
    "IPv6 in full": ("http://[0:0:0:0:0:0:0:1]", "http", "::1", 80, "", "http://[::1]"),
}


@pytest.mark.parametrize("row", URLS.values(), ids=URLS)
def test_a_url_is_taken_apart(row: tuple[str, str, str, int, str, str]) -> None:
    text, scheme, host, port, prefix, url = row
    entrypoint = parse_entrypoint(text)
    assert entrypoint == (scheme, host, port, prefix)
    assert entrypoint.url == url


REFUSED = {
    "nothing": ("", "is not an http or https URL"),
    "a word": ("demo", "is not an http or https URL"),
    "a host and a port": ("db:1", "is not an http or https URL"),
    "another scheme": ("ftp://s3cret", "is not an http or https URL"),
    "a file": ("file:///etc/passwd", "is not an http or https URL"),
    "no scheme": ("//db", "is not an http or https URL"),
    "a line break": ("http://db\r\nX: y", "has no valid host"),
    "a user": ("http://me@db", "holds a user name or a password"),
    "a password": ("http://me:s3cret@db/p", "holds a user name or a password"),
    "a password with a slash, which is a path": ("http://me:s3c/ret@db", "has no valid host"),
    "a query": ("http://db/p?key=s3cret", "has a query or a fragment"),
    "an empty query": ("http://db?", "has a query or a fragment"),
    "a fragment": ("http://db/p#s3cret", "has a query or a fragment"),
    "no host": ("http://", "has no valid host"),
    "no host, but a path": ("http:///p", "has no valid host"),
    "no host, but a port": ("http://:80", "has no valid host"),
    "a space": ("http://a b", "has no valid host"),
    "a backslash": ("http://db\\@evil", "holds a user name"),
    "another alphabet": ("http://d\u0430tabase", "has no valid host"),
    "a port of letters": ("http://db:x", "has no valid host"),
    "a port too large": ("http://db:65536", "has no valid port"),
    "a bracket left open": ("http://[::1", "has no valid host"),
    "no address in brackets": ("http://[:::]", "has no valid host"),
    "a zone": ("http://[fe80::1%25eth0]", "has no valid host"),
    "a path with a space": ("http://db/a b", "has a path that needs percent-encoding"),
    "a path with half an escape": ("http://db/a%2", "has a path that needs percent-encoding"),
}


@pytest.mark.parametrize(("text", "fault"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_entrypoint_is_refused_unseen(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=rf"^VT_INSTANCE_ENTRYPOINT {fault}.*; acc") as caught:
        parse_entrypoint(text)
    assert "s3c" not in str(caught.value)


SECURE = [
    *(
        "https://db",
        "https://10.0.0.1",
        "http://localhost:10428",
        "http://LOCALHOST.",
        "http://[::1]",
    ),
    *("http://127.0.0.1", "http://127.255.255.254:1"),
]
INSECURE = [
    *(
        "http://db",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
    ),
    *(
        "http://[::2]",
        "http://[::ffff:127.0.0.1]",
        "http://0.0.0.0",
        "http://127.1",
        "http://0x7f.1",
    ),
    *("http://127.0.0.256", "http://2130706433"),
]


@pytest.mark.parametrize("text", SECURE)
def test_nobody_listens_on_the_way(text: str) -> None:
    assert insecure_fault(parse_entrypoint(text), allow_insecure=False) == ""


@pytest.mark.parametrize("text", INSECURE)
def test_plain_http_to_another_machine_needs_its_variable(text: str) -> None:
    entrypoint = parse_entrypoint(text)
    fault = insecure_fault(entrypoint, allow_insecure=False)
    assert fault.startswith("VT_INSTANCE_ENTRYPOINT is plain http to another machine")
    assert "VT_ALLOW_INSECURE_ENTRYPOINT=1" in fault
    assert insecure_fault(entrypoint, allow_insecure=True) == ""
