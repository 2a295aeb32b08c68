"""Several databases: from the file that names them (`VT_INSTANCES_FILE`) to what the tools ask.

Must not be here: what a table may say (`config_instances`), or how one database is opened.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from vtmcp.config import Config, ConfigError
from vtmcp.config_instances import (
    FILE_BYTES_MAX,
    USUAL,
    VARIABLE,
    Instance,
    in_keys,
    read_instances,
)
from vtmcp.handlers.deployment import Deployment
from vtmcp.handlers.source import TraceSource

Open = Callable[[Config], TraceSource]


def open_instances(config: Config, open_one: Open) -> list[Deployment]:
    """The databases of the file, after the one of `VT_INSTANCE_ENTRYPOINT` if that is set too.

    Raises `ConfigError`.
    """
    try:
        instances = read_instances(_content(config.instances_file))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise ConfigError(f"{VARIABLE}: the file cannot be read: {reason}") from None
    except ValueError as error:
        raise ConfigError(f"{VARIABLE}: {error}") from None
    found = [_opened(config, instance, open_one) for instance in instances]
    if config.entrypoint:
        place = _place(config.entrypoint)
        found.insert(0, Deployment(USUAL, place, open_one(config), config.default_tenant))
    else:
        _refuse_unused(config)
    return found


def together(deployments: Sequence[Deployment]) -> TraceSource:
    """All databases as one source, to name and to close; asked, it is the first."""
    return cast("TraceSource", _Together(deployments))


def _opened(config: Config, instance: Instance, open_one: Open) -> Deployment:
    folder = os.path.dirname(config.instances_file)
    files = ("bearer_token_file", "headers_file", "tls_ca_file", "tls_cert_file", "tls_key_file")
    paths = {name: _beside(folder, getattr(instance, name)) for name in files}
    own = replace(
        config,
        entrypoint=instance.entrypoint,
        # Credentials are this table's alone. What to trust may be said once for all.
        bearer_token=instance.bearer_token,
        bearer_token_file=paths["bearer_token_file"],
        headers=instance.headers,
        headers_file=paths["headers_file"],
        vt_tls_cert_file=paths["tls_cert_file"],
        vt_tls_key_file=paths["tls_key_file"],
        vt_tls_ca_file=paths["tls_ca_file"] or config.vt_tls_ca_file,
        vt_allowed_hosts=instance.allowed_hosts or config.vt_allowed_hosts,
        allow_insecure=instance.allow_insecure or config.allow_insecure,
    )
    try:
        source = open_one(own)
    except ConfigError as error:
        told = in_keys(str(error))
        raise ConfigError(f"{VARIABLE}: [[instance]] {instance.name}: {told}") from None
    first = instance.tenants[0] if instance.tenants else config.default_tenant
    return Deployment(
        instance.name,
        _place(instance.entrypoint),
        source,
        instance.default_tenant or first,
        frozenset(instance.tenants) if instance.tenants else None,
        in_keys,
    )


def _refuse_unused(config: Config) -> None:
    """A credential that goes nowhere was meant for something."""
    for variable, value in (
        ("VT_INSTANCE_BEARER_TOKEN", config.bearer_token),
        ("VT_INSTANCE_BEARER_TOKEN_FILE", config.bearer_token_file),
        ("VT_INSTANCE_HEADERS", config.headers),
        ("VT_INSTANCE_HEADERS_FILE", config.headers_file),
        ("VT_TLS_CERT_FILE", config.vt_tls_cert_file),
    ):
        if value:
            raise ConfigError(
                f"{variable}: is for VT_INSTANCE_ENTRYPOINT, which is not set; accepted: a key of"
                f" the tables of {VARIABLE} instead"
            )


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        data = file.read(FILE_BYTES_MAX + 1)
    if len(data) > FILE_BYTES_MAX:
        raise ValueError(f"the file is larger than {FILE_BYTES_MAX} bytes")
    return data


def _beside(folder: str, path: str) -> str:
    """A path of the file, which is meant from where the file is."""
    return os.path.join(folder, path) if path else ""


def _place(entrypoint: str) -> str:
    return entrypoint.partition("://")[2].partition("/")[0] or entrypoint


class _Together:
    def __init__(self, deployments: Sequence[Deployment]) -> None:
        self._sources = [one.source for one in deployments]
        names = ", ".join(one.name for one in deployments)
        self.label = f"{len(deployments)} deployments: {names}"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sources[0], name)

    async def aclose(self) -> None:
        for source in self._sources:
            await source.aclose()
