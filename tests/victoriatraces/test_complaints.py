"""Complaints are one line, quote strangers as data, and end with what to do."""

import pytest

from vtmcp.victoriatraces import complaints
from vtmcp.victoriatraces.response import HttpResponse

PLAIN = (("content-type", "text/plain"),)


def at(host: str) -> HttpResponse:
    return HttpResponse(302, (("location", host),), b"")


COMPLAINTS = {
    "control characters of a stranger": (
        complaints.status_complaint(HttpResponse(500, PLAIN, b"\x1b[31mred\x1b[0m\r\n\0fault")),
        'the database answered 500: "red fault"',
    ),
    "a long text of a stranger": (
        complaints.status_complaint(HttpResponse(500, PLAIN, b"x" * 1_000)),
        f'the database answered 500: "{"x" * complaints.QUOTE_CHARS_MAX}"…(+700 chars)',
    ),
    "a hint of the text goes before that of the status": (
        complaints.status_complaint(HttpResponse(404, PLAIN, b"unsupported path requested")),
        'the database answered 404: "unsupported path requested"; check that '
        "VT_INSTANCE_ENTRYPOINT is the address of VictoriaTraces and that its path prefix is right",
    ),
    "a long host of a redirect": (
        complaints.status_complaint(at(f"//{'h' * 110}/path")),
        f"the database answered 302, a redirect to {'h' * 100}…(+10 chars); redirects are not "
        "followed; set VT_INSTANCE_ENTRYPOINT to the final address",
    ),
    "a type that is not said": (
        complaints.type_complaint(HttpResponse(200, (), b"hm")),
        'the answer (200) is nothing known, not JSON: "hm"; check that VT_INSTANCE_ENTRYPOINT is '
        "the address of VictoriaTraces, not of a web page or a login before it",
    ),
    "a web page": (
        complaints.type_complaint(HttpResponse(200, (), b"<html>")),
        "the answer (200) is a web page, not data; check that VT_INSTANCE_ENTRYPOINT is "
        "the address of VictoriaTraces, not of a web page or a login before it",
    ),
    "a web page with an error": (
        complaints.status_complaint(HttpResponse(500, (), b"<html>")),
        "the database answered 500 with a web page; check that VT_INSTANCE_ENTRYPOINT is "
        "the address of VictoriaTraces, not of a web page or a login before it",
    ),
    "a redirect shows nothing but its host": (
        complaints.status_complaint(at("http://me:pw@evil.test:8/path?token=k#f")),
        "the database answered 302, a redirect to evil.test; redirects are not followed; "
        "set VT_INSTANCE_ENTRYPOINT to the final address",
    ),
    "a redirect to metadata": (
        complaints.status_complaint(at("http://169.254.169.254/latest/meta-data/")),
        "the database answered 302, a redirect to 169.254.169.254; redirects are not followed; "
        "set VT_INSTANCE_ENTRYPOINT to the final address",
    ),
    "a version without a service graph": (
        complaints.status_complaint(
            HttpResponse(400, PLAIN, b"/api/dependencies API is not supported yet.")
        ),
        'the database answered 400: "/api/dependencies API is not supported yet."; this version '
        "of the database makes no service graph; it takes v0.4.0 or later, started with "
        "-servicegraph.enableTask",
    ),
    "a redirect to nonsense": (
        complaints.status_complaint(at("http://[::1")),
        "the database answered 302, a redirect within the same host; redirects are not followed; "
        "set VT_INSTANCE_ENTRYPOINT to the final address",
    ),
    "errors": (
        complaints.errors_complaint("no"),
        'the database answered with errors: "no"',
    ),
    "broken JSON": (
        complaints.broken_json_complaint(HttpResponse(200, (), b"{")),
        "the answer is not whole JSON (1 bytes came); it was cut off on its way or comes from "
        "something else than VictoriaTraces; try again, then check VT_INSTANCE_ENTRYPOINT",
    ),
    "an unknown shape": (
        complaints.shape_complaint(),
        "the answer is JSON of an unknown shape; check that VT_INSTANCE_ENTRYPOINT is the address "
        "of VictoriaTraces",
    ),
}


@pytest.mark.parametrize(("complaint", "expected"), COMPLAINTS.values(), ids=COMPLAINTS)
def test_a_complaint_is(complaint: str, expected: str) -> None:
    assert complaint == expected


def test_quoting_nothing_is_nothing() -> None:
    assert complaints.quote("") == ""
