"""From the name of the database to TLS with it: the server's own dialling, a step at a time.

Nothing is asked here. Must not be here: what a certificate means (`certificates.py`).
"""

import ssl
from collections.abc import Callable, Sequence

import anyio
from anyio.abc import SocketStream
from anyio.streams.tls import TLSAttribute

from vtmcp.doctor import certificates
from vtmcp.doctor.certificates import Certificate
from vtmcp.doctor.findings import CONNECTION, NAME, TLS, Finding, Sheet, failure
from vtmcp.durations import format_duration
from vtmcp.traces.model import SourceError
from vtmcp.victoriatraces import dialling
from vtmcp.victoriatraces.entrypoint import parse_entrypoint
from vtmcp.victoriatraces.failures import (
    CONNECT_ERRORS,
    EXPIRED,
    NOT_YET_VALID,
    OTHER_NAME,
    Failures,
)
from vtmcp.victoriatraces.hosts import Hosts
from vtmcp.victoriatraces.patience import Limit, Limits
from vtmcp.victoriatraces.settings import Settings
from vtmcp.victoriatraces.tls import Trust, shake_hands
from vtmcp.victoriatraces.watched_file import FileFaultError

NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME: to read the dates of a certificate that has expired."""

_NETWORK = "start the database, open the way to it, or correct VT_INSTANCE_ENTRYPOINT"


class Reaching:
    """The way to one database. Use `run` once."""

    def __init__(self, settings: Settings, sheet: Sheet, now_ns: Callable[[], int]) -> None:
        self._settings = settings
        self._entrypoint = parse_entrypoint(settings.entrypoint)
        self._sheet = sheet
        self._now_ns = now_ns
        self._limits = Limits(settings)
        self._failures = Failures(settings, self._entrypoint)

    async def run(self) -> bool:
        """Tell of name, connection and TLS; return whether the database can be asked."""
        addresses: list[str] = []
        if not self._sheet.tell(await self._look_up(addresses)):
            return False
        streams: list[SocketStream] = []
        if not self._sheet.tell(await self._connect(addresses, streams)):
            return False
        return self._sheet.tell(await self._secure(streams[0], addresses))

    async def _look_up(self, allowed: list[str]) -> Finding:
        """Find the addresses and fill in those that may be connected to."""
        host, began_s, found = self._entrypoint.host, anyio.current_time(), list[str]()
        with anyio.move_on_after(self._limits.look_up.limit_s) as scope:
            try:
                found = await dialling.look_up(host, self._entrypoint.port)
            except CONNECT_ERRORS as error:
                told = self._failures.connecting(error)
                return failure(NAME, str(told), "correct the name in VT_INSTANCE_ENTRYPOINT")
        if scope.cancelled_caught:
            return self._too_slow(NAME, self._limits.look_up, "mend the resolver of this machine")
        took = _took(began_s)
        refused: dict[str, str] = {}
        try:
            hosts = Hosts.of(self._settings, self._entrypoint)
            allowed += dialling.choose(found, hosts, refused.__setitem__)
        except dialling.RefusedError as error:
            listed = _listed(refused)
            told = self._failures.refused(error.reason)
            finding = failure(NAME, str(told))
            return finding._replace(evidence=f"{finding.evidence}; {host} is {listed} ({took})")
        if allowed == [host]:
            return Finding(NAME, "ok", f"{host} is an address already")
        evidence = f"{host} is {', '.join(allowed)} ({took})"
        if not refused:
            return Finding(NAME, "ok", evidence)
        return Finding(
            NAME,
            "warn",
            f"{evidence}; refused: {_listed(refused)}",
            "correct the name's addresses, or list those that are meant in VT_ALLOWED_HOSTS",
        )

    async def _connect(self, addresses: Sequence[str], streams: list[SocketStream]) -> Finding:
        began_s, port = anyio.current_time(), self._entrypoint.port
        with anyio.move_on_after(self._limits.connect.limit_s) as scope:
            try:
                streams.append(await dialling.connect(addresses, port))
            except CONNECT_ERRORS as error:
                return failure(CONNECTION, str(self._failures.connecting(error)), _NETWORK)
        if scope.cancelled_caught:
            return self._too_slow(CONNECTION, self._limits.connect, _NETWORK)
        return Finding(CONNECTION, "ok", f"port {port} accepts ({_took(began_s)})")

    async def _secure(self, stream: SocketStream, addresses: Sequence[str]) -> Finding:
        """Do the handshake, and close the connection however it ends."""
        try:
            return await self._shake_hands(stream, addresses)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.aclose_forcefully(stream)

    async def _shake_hands(self, stream: SocketStream, addresses: Sequence[str]) -> Finding:
        if self._entrypoint.scheme == "http":
            return Finding(TLS, "skip", "the entrypoint is plain http")
        try:
            context = Trust(self._settings).context()
        except FileFaultError as error:
            return failure(TLS, str(error), "correct the file, or the variable that names it")
        with anyio.move_on_after(self._limits.tls.limit_s) as scope:
            try:
                secured = await shake_hands(stream, self._entrypoint.host, context)
            except ssl.SSLError as error:
                return await self._judge(error, addresses)
            except CONNECT_ERRORS:
                return certificates.judge_broken()
        if scope.cancelled_caught:
            return self._too_slow(TLS, self._limits.tls, "check that the port speaks https")
        certificate = secured.extra(TLSAttribute.peer_certificate)
        version = secured.extra(TLSAttribute.tls_version)
        return certificates.judge_certificate(certificate or {}, version, self._now_ns() / 1e9)

    async def _judge(self, error: ssl.SSLError, addresses: Sequence[str]) -> Finding:
        return certificates.judge_error(
            error,
            self._entrypoint.host,
            has_ca_file=bool(self._settings.tls_ca_file),
            seen=await self._second_look(error, addresses),
            now_s=self._now_ns() / 1e9,
        )

    async def _second_look(self, error: ssl.SSLError, addresses: Sequence[str]) -> Certificate:
        """Return the certificate without the check that failed. Nothing is sent to that peer."""
        context = Trust(self._settings).context()
        code = getattr(error, "verify_code", None)
        if code in OTHER_NAME:
            context.check_hostname = False
        elif code in (EXPIRED, NOT_YET_VALID):
            context.verify_flags |= NO_CHECK_TIME
        else:
            return {}
        try:
            stream = await dialling.connect(addresses, self._entrypoint.port)
            try:
                secured = await shake_hands(stream, self._entrypoint.host, context)
                return secured.extra(TLSAttribute.peer_certificate) or {}
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.aclose_forcefully(stream)
        except CONNECT_ERRORS:
            return {}

    def _too_slow(self, check: str, limit: Limit, remedy: str) -> Finding:
        told: SourceError = self._failures.timeout(limit)
        return failure(check, str(told), f"{remedy}, or raise {limit.variable}")


def _took(began_s: float) -> str:
    return format_duration(round((anyio.current_time() - began_s) * 1e9))


def _listed(refused: dict[str, str]) -> str:
    return ", ".join(f"{address} ({reason})" for address, reason in refused.items())
