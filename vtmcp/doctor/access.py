"""Whether the database is well, and whether it lets us in. Pure.

Must not be here: what kind of server it is (`product.py`).
"""

from collections.abc import Sequence

from vtmcp.doctor.findings import CREDENTIALS, HEALTH, Finding
from vtmcp.traces.safe import safe
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces import complaints
from vtmcp.victoriatraces.response import HttpResponse
from vtmcp.victoriatraces.settings import Settings

OK, UNAUTHORIZED, FORBIDDEN, PROXY = 200, 401, 403, 407

_ANY = "VT_INSTANCE_BEARER_TOKEN_FILE, or VT_INSTANCE_HEADERS"
_SCHEMES = ("Basic", "Bearer", "Digest", "Negotiate")
_HTTP_TO_HTTPS = "http request to an https server"
"""What Go's servers answer on a port of TLS."""


def judge_health(response: HttpResponse, took: str) -> Finding:
    """Say what `/health` means; a database that is not well is asked nothing more."""
    status = response.status
    if status == OK and not response.is_html:
        return Finding(HEALTH, "ok", f"/health says {complaints.quote(response.text)} ({took})")
    if status in (UNAUTHORIZED, FORBIDDEN):
        return Finding(HEALTH, "skip", f"/health wants credentials first (status {status})")
    if _HTTP_TO_HTTPS in response.text.lower():
        return Finding(
            HEALTH,
            "fail",
            "this port speaks https, and the entrypoint is http",
            "write https:// in VT_INSTANCE_ENTRYPOINT",
        )
    if status >= 500:
        return Finding(
            HEALTH,
            "fail",
            f"/health answers {status} {complaints.quote(response.text)}".rstrip(),
            "look at the log of the database, or of the proxy before it: it says it is not ready",
        )
    said = "a web page" if response.is_html else complaints.quote(response.text)
    return Finding(
        HEALTH,
        "warn",
        f"/health answers {status} {said}".rstrip(),
        "nothing, if a proxy lets only /select/* through; else check VT_INSTANCE_ENTRYPOINT",
    )


def judge_credentials(response: HttpResponse, sent: Sequence[str], tenant: Tenant) -> Finding:
    """Tell who is not let in and why. `sent` are the variables that gave credentials."""
    which = ", ".join(sent)
    status = response.status
    if status == UNAUTHORIZED:
        return _unauthorized(response, which)
    if status == FORBIDDEN:
        return _forbidden(response, which, tenant)
    if status == PROXY:
        return Finding(
            CREDENTIALS,
            "fail",
            "the answer is 407: a proxy wants credentials of its own",
            "point VT_INSTANCE_ENTRYPOINT to the database itself; vtmcp does not log in to proxies",
        )
    if not which:
        return Finding(CREDENTIALS, "ok", "none are set, and none are asked for")
    return Finding(CREDENTIALS, "ok", f"not refused with {which}")


def credential_variables(settings: Settings) -> list[str]:
    """The variables that are set and may hold a credential; never their values."""
    rows = (
        ("VT_INSTANCE_BEARER_TOKEN", settings.bearer_token),
        ("VT_INSTANCE_BEARER_TOKEN_FILE", settings.bearer_token_file),
        ("VT_INSTANCE_HEADERS", settings.headers),
        ("VT_INSTANCE_HEADERS_FILE", settings.headers_file),
        ("VT_TLS_CERT_FILE", settings.tls_cert_file),
    )
    return [variable for variable, value in rows if value]


def _forbidden(response: HttpResponse, which: str, tenant: Tenant) -> Finding:
    said = "" if response.is_html else complaints.quote(response.text)
    who = f"with {which}" if which else "without credentials"
    return Finding(
        CREDENTIALS,
        "fail",
        f"the answer is 403 {who}: this is not allowed for tenant {tenant} {said}".rstrip(),
        f"let the owner of {which or 'this client'} ask /select/* of tenant {tenant}, "
        "or set VT_DEFAULT_TENANT_ID to a tenant that is allowed",
    )


def _unauthorized(response: HttpResponse, which: str) -> Finding:
    scheme = response.header("www-authenticate").partition(" ")[0]
    known = next((name for name in _SCHEMES if name.lower() == scheme.lower()), "")
    asks = f", it asks for {known or safe(scheme, 20)}" if scheme else ""
    if not which:
        fact = f"the answer is 401 and no credentials are set{asks}"
        remedy = f"set VT_INSTANCE_BEARER_TOKEN, {_ANY}"
    else:
        fact = f"the answer is 401: the credentials of {which} are not accepted{asks}"
        remedy = f"renew what is in {which}"
    if known == "Basic":
        remedy = (
            "set VT_INSTANCE_HEADERS_FILE to a file with a line `Authorization: Basic ...` "
            "(user:password in base64)"
        )
    return Finding(CREDENTIALS, "fail", fact, remedy)
