"""Heads: what is read from good ones, and which are refused."""

import pytest

from vtmcp.transports.http_head import KEPT_BYTES_MAX, Head, _remembered, parse_head
from vtmcp.transports.http_values import RefusalError

GET = b"GET / HTTP/1.1\r\nHost: h"

TARGETS: dict[str, tuple[bytes, bytes, tuple[str, str]]] = {
    "a path": (b"/a/b", b"h", ("/a/b", "")),
    "a path with a query": (b"/a?b=c&d", b"h", ("/a", "b=c&d")),
    "a query with a question mark": (b"/a?b?c", b"h", ("/a", "b?c")),
    "an empty query": (b"/a?", b"h", ("/a", "")),
    "a path that is left as it is": (b"//a/../%2e%zz", b"h", ("//a/../%2e%zz", "")),
    "a URL": (b"http://h/a?b", b"h", ("/a", "b")),
    "a URL without a path": (b"http://h", b"h", ("/", "")),
    "a URL with a query only": (b"http://h?b", b"h", ("/", "b")),
    "a URL in capitals": (b"HTTP://H/a", b"h", ("/a", "")),
    "a URL with the default port": (b"http://h:80/a", b"h", ("/a", "")),
    "a host with the default port": (b"https://h/a", b"h:443", ("/a", "")),
    "a host with a port": (b"/", b"h.example:8080", ("/", "")),
    "a host of IPv4": (b"/", b"127.0.0.1:80", ("/", "")),
    "a host of IPv6": (b"http://[::1]:8080/", b"[::1]:8080", ("/", "")),
    "a host of IPv6 with a zone": (b"/", b"[fe80::1%25eth0]", ("/", "")),
}


@pytest.mark.parametrize(("target", "host", "expected"), TARGETS.values(), ids=TARGETS)
def test_targets(target: bytes, host: bytes, expected: tuple[str, str]) -> None:
    request = parse_head(b"GET " + target + b" HTTP/1.1\r\nHost: " + host).request
    assert (request.path, request.query) == expected


REFUSED_TARGETS: dict[str, tuple[bytes, bytes]] = {
    "an asterisk": (b"*", b"h"),
    "an authority": (b"h:443", b"h"),
    "a relative path": (b"a/b", b"h"),
    "a fragment": (b"/a#b", b"h"),
    "another scheme": (b"ftp://h/a", b"h"),
    "another host": (b"http://g/a", b"h"),
    "another port": (b"http://h:81/a", b"h"),
    "the default port of another scheme": (b"http://h:443/a", b"h"),
    "a user": (b"http://u@h/a", b"h"),
    "an octet beyond ASCII": (b"/\xe9", b"h"),
    "an empty host": (b"/", b""),
    "a host with a user": (b"/", b"u@h"),
    "a host with a path": (b"/", b"h/a"),
    "a host with a blank": (b"/", b"h g"),
    "two hosts in one": (b"/", b"h, g"),
    "a host with a port that is none": (b"/", b"h:http"),
    "a host with an octet beyond ASCII": (b"/", b"h\xe9"),
    "an unclosed host of IPv6": (b"/", b"[::1"),
}


@pytest.mark.parametrize(("target", "host"), REFUSED_TARGETS.values(), ids=REFUSED_TARGETS)
def test_refused_targets(target: bytes, host: bytes) -> None:
    with pytest.raises(RefusalError) as refusal:
        parse_head(b"GET " + target + b" HTTP/1.1\r\nHost: " + host)
    assert refusal.value.status == 400


def framing(head: Head) -> tuple[int, bool, bool, bool, bool]:
    return head.body_bytes, head.is_chunked, head.expects_continue, head.is_last, head.is_old


FRAMED: dict[str, tuple[bytes, tuple[int, bool, bool, bool, bool]]] = {
    "no body": (GET, (0, False, False, False, False)),
    "a length": (GET + b"\r\nContent-Length: 012", (12, False, False, False, False)),
    "chunks": (GET + b"\r\ntransfer-ENCODING: Chunked", (0, True, False, False, False)),
    "an expectation": (GET + b"\r\nExpect: 100-Continue", (0, False, True, False, False)),
    "the last one": (GET + b"\r\nConnection: keep-alive,close", (0, False, False, True, False)),
    "one of many": (GET + b"\r\nConnection: keep-alive", (0, False, False, False, False)),
    "HTTP/1.0": (b"GET / HTTP/1.0", (0, False, False, True, True)),
    "HTTP/1.0 that would stay": (
        b"GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive",
        (0, False, False, True, True),
    ),
    "an expectation of HTTP/1.0": (
        b"GET / HTTP/1.0\r\nExpect: a miracle",
        (0, False, False, True, True),
    ),
}


@pytest.mark.parametrize(("raw", "expected"), FRAMED.values(), ids=FRAMED)
def test_framing(raw: bytes, expected: tuple[int, bool, bool, bool, bool]) -> None:
    assert framing(parse_head(raw)) == expected


REFUSED: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "two blanks": (b"GET  / HTTP/1.1\r\nHost: h", 400),
    "a tab for a blank": (b"GET\t/ HTTP/1.1\r\nHost: h", 400),
    "a blank at the end": (b"GET / HTTP/1.1 \r\nHost: h", 400),
    "a blank in the target": (b"GET /a b HTTP/1.1\r\nHost: h", 400),
    "no version": (b"GET /", 400),
    "a version in small letters": (b"GET / http/1.1\r\nHost: h", 400),
    "a version with more digits": (b"GET / HTTP/1.10\r\nHost: h", 400),
    "another protocol": (b"GET / RTSP/1.0\r\nHost: h", 400),
    "HTTP/0.9": (b"GET / HTTP/0.9\r\nHost: h", 505),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\nHost: h", 505),
    "HTTP/2": (b"PRI * HTTP/2.0", 505),
    "HTTP/3": (b"GET / HTTP/3\r\nHost: h", 505),
    "a method that is no word": (b"G(T / HTTP/1.1\r\nHost: h", 400),
    "no method": (b" / HTTP/1.1\r\nHost: h", 400),
    "no host": (b"GET / HTTP/1.1\r\nX: y", 400),
    "two hosts": (GET + b"\r\nHost: h", 400),
    "two hosts of HTTP/1.0": (b"GET / HTTP/1.0\r\nHost: h\r\nHost: h", 400),
    "a NUL in a value": (GET + b"\r\nX: a\x00b", 400),
    "a control character in a value": (GET + b"\r\nX: a\x01b", 400),
    "a DEL in a value": (GET + b"\r\nX: a\x7fb", 400),
    "a control character in the target": (b"GET /\x01 HTTP/1.1\r\nHost: h", 400),
    "a vertical tab": (GET + b"\r\nX: a\x0bb", 400),
    "LF in a value": (GET + b"\r\nX: a\nb", 400),
    "CR in a value": (GET + b"\r\nX: a\rb", 400),
    "CR before a line's end": (GET + b"\r\r\nX: a", 400),
    "LF, then CR": (GET + b"\n\rX: a", 400),
    "a line without a colon": (GET + b"\r\nX", 400),
    "a header without a name": (GET + b"\r\n: a", 400),
    "a blank before the colon": (GET + b"\r\nX : a", 400),
    "a blank before the colon of a coding": (GET + b"\r\nTransfer-Encoding : chunked", 400),
    "a name with a blank": (GET + b"\r\nX Y: a", 400),
    "a name beyond ASCII": (GET + b"\r\nX\xe9: a", 400),
    "a continued line": (GET + b"\r\nX: a\r\n b", 400),
    "a continued line with a tab": (GET + b"\r\nX: a\r\n\tb: c", 400),
    "a continued first line": (b"GET / HTTP/1.1\r\n Host: h", 400),
    "no length": (GET + b"\r\nContent-Length:", 400),
    "a negative length": (GET + b"\r\nContent-Length: -1", 400),
    "a length with a sign": (GET + b"\r\nContent-Length: +1", 400),
    "a hexadecimal length": (GET + b"\r\nContent-Length: 0x1", 400),
    "a length with an underscore": (GET + b"\r\nContent-Length: 1_0", 400),
    "a length with a fraction": (GET + b"\r\nContent-Length: 1.0", 400),
    "a length with other digits": (GET + b"\r\nContent-Length: \xb2", 400),
    "a list of lengths": (GET + b"\r\nContent-Length: 1, 1", 400),
    "a list of different lengths": (GET + b"\r\nContent-Length: 1, 2", 400),
    "a length twice": (GET + b"\r\nContent-Length: 1\r\nContent-Length: 1", 400),
    "two lengths": (GET + b"\r\nContent-Length: 1\r\nContent-Length: 2", 400),
    "a length of very many digits": (GET + b"\r\nContent-Length: " + b"1" * 100, 400),
    "both framings": (GET + b"\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", 400),
    "no coding": (GET + b"\r\nTransfer-Encoding:", 501),
    "the coding that is none": (GET + b"\r\nTransfer-Encoding: identity", 501),
    "another coding": (GET + b"\r\nTransfer-Encoding: gzip", 501),
    "a list of codings": (GET + b"\r\nTransfer-Encoding: chunked, identity", 501),
    "a coding within another": (GET + b"\r\nTransfer-Encoding: gzip, chunked", 501),
    "a coding twice": (GET + b"\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 501),
    "a coding with a letter before": (GET + b"\r\nTransfer-Encoding: xchunked", 501),
    "a coding with a parameter": (GET + b"\r\nTransfer-Encoding: chunked;a=b", 501),
    "a coding in quotes": (GET + b'\r\nTransfer-Encoding: "chunked"', 501),
    "chunks of HTTP/1.0": (b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked", 400),
    "another expectation": (GET + b"\r\nExpect: 200-ok", 417),
}


@pytest.mark.parametrize(("raw", "status"), REFUSED.values(), ids=REFUSED)
def test_refused(raw: bytes, status: int) -> None:
    with pytest.raises(RefusalError) as refusal:
        parse_head(raw)
    assert refusal.value.status == status
    assert str(refusal.value) == refusal.value.text


def test_where_a_request_comes_from_is_kept() -> None:
    request = parse_head(GET, peer="::1", is_tls=True).request
    assert (request.peer, request.is_tls) == ("::1", True)


def test_a_head_that_comes_again_is_judged_once() -> None:
    _remembered.cache_clear()
    raw = b"GET /again HTTP/1.1\r\nHost: a"
    heads = [parse_head(raw, peer=peer) for peer in ("1.1.1.1", "2.2.2.2")]
    assert [head.request.peer for head in heads] == ["1.1.1.1", "2.2.2.2"]
    assert heads[0].request.headers is heads[1].request.headers
    assert _remembered.cache_info().hits == 1


FORGOTTEN = {
    "a token": b"Authorization: Bearer secret",
    "a token in capitals": b"AUTHORIZATION: Bearer secret",
    "one for a proxy": b"Proxy-Authorization: Basic secret",
    "a cookie": b"Cookie: a=secret",
    "a long head": b"X-Long: " + b"x" * KEPT_BYTES_MAX,
}


@pytest.mark.parametrize("field", FORGOTTEN.values(), ids=FORGOTTEN)
def test_what_is_secret_or_long_is_not_remembered(field: bytes) -> None:
    _remembered.cache_clear()
    parse_head(b"GET / HTTP/1.1\r\nHost: a\r\n" + field)
    assert _remembered.cache_info().currsize == 0


def test_what_is_refused_is_refused_again() -> None:
    for _ in range(2):
        with pytest.raises(RefusalError):
            parse_head(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b")
