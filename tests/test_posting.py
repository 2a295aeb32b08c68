"""One POST to any target. How it fails is in `tests/access/test_form_client.py`, its first user."""

import pytest

from tests.telemetry.collector import site
from vtmcp.posting import Answer, Poster, Target, read_target

pytestmark = pytest.mark.anyio


async def test_a_body_goes_out_with_its_headers_and_an_answer_comes_back() -> None:
    async with site(b"taken", 202) as found:
        target = read_target(f"{found.url}/v1/traces?a=b")
        answer = await Poster(target).post(b"body", (("content-type", "a/b"), ("X-A", "1")))
    assert answer == Answer(202, b"taken")
    [sent] = found.asked
    assert (sent.method, sent.path, sent.query, sent.body) == ("POST", "/v1/traces", "a=b", b"body")
    assert (sent.header("content-type"), sent.header("x-a")) == ("a/b", "1")
    assert sent.header("host") == target.authority


PRIVATE = {
    "encryption": ("https://otel.example", True),
    "this machine": ("http://localhost:4318", True),
    "this machine by address": ("http://127.8.9.10/", True),
    "this machine by IPv6": ("http://[::1]:1/", True),
    "another machine": ("http://otel.example", False),
    "a name that begins like an address of this machine": ("http://127.0.0.1.example", False),
    "any address of this machine": ("http://0.0.0.0", False),
}


@pytest.mark.parametrize(("url", "is_private"), PRIVATE.values(), ids=PRIVATE)
def test_nobody_on_the_way_reads(url: str, is_private: bool) -> None:
    assert read_target(url).is_private is is_private


def test_a_url_is_taken_apart() -> None:
    assert read_target("https://a.example/b?c") == Target(
        True, "a.example", 443, "a.example", "/b?c"
    )


REFUSED = {
    "no URL": ("", "is not an http or https URL"),
    "a scheme alone": ("http://", "is not an http or https URL"),
    "another scheme": ("ftp://a.example:21", "is not an http or https URL"),
    "a blank": ("http://a.example/b c", "is not an http or https URL"),
    "a line break": ("http://a.example/\r\nb", "is not an http or https URL"),
    "another script": ("http://b\xfccher.example", "is not an http or https URL"),
    "a port that is none": ("http://a.example:b", "is not a URL"),
    "a password": ("https://a:b@c.example", "holds a user, a password or a fragment"),
    "a fragment": ("https://c.example/#a", "holds a user, a password or a fragment"),
}


@pytest.mark.parametrize(("url", "fault"), REFUSED.values(), ids=REFUSED)
def test_a_target_is_refused_that_is(url: str, fault: str) -> None:
    with pytest.raises(ValueError, match=r"^is|^holds") as caught:
        read_target(url)
    assert str(caught.value) == fault
