"""Who does the work: services, their pods, and the rollout that goes wrong.

Must not be here: what they do (`shop.py`, `parcels.py`).
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple


class Service(NamedTuple):
    """A deployment: its language, its release, and on which node each of its pods runs."""

    language: str
    version: str
    replica_set: str
    nodes: tuple[int, ...] = (1, 2, 3)
    namespace: str = "shop"


class Rollout(NamedTuple):
    """A new release that only the last pods of a service have so far."""

    service: str
    version: str
    replica_set: str
    pods: int


class Pod(NamedTuple):
    """One instance of a service. `resource` is what each of its spans says about it."""

    service: str
    version: str
    resource: Mapping[str, str]
    skew_us: int


SERVICES: dict[str, Service] = {
    "frontend": Service("nodejs", "3.14.2", "5c8d7b6f4"),
    "catalog": Service("go", "2.3.0", "6b9f8d7c5"),
    "recommendation": Service("python", "1.8.1", "7d4c9b8f6", (1, 2, 4)),
    "cart": Service("dotnet", "1.11.4", "84d6c7b9f"),
    "checkout": Service("go", "5.0.3", "66f7b8c9d"),
    "payment": Service("java", "2.7.5", "79c8d6b4f"),
    "fraud": Service("python", "4.1.3", "6d5f8b9c7", (1, 2, 3, 5)),
    "inventory": Service("java", "1.4.9", "5f6b7c8d9"),
    "shipping": Service("rust", "0.9.2", "8c7d9f6b5", (2, 3)),
    "orders": Service("python", "2.0.7", "75b8c9d6f", (1, 3)),
    "email": Service("ruby", "1.2.0", "9d8c7b6f5", (2,)),
    "search-proxy": Service("go", "0.3.1", "4d6b7c8f9"),
    "reporting": Service("python", "1.0.15", "58f9c7d6b", (3,)),
    "tracker": Service("go", "1.6.0", "6c7f8d9b4", (6, 7), "parcels"),
    "depot": Service("java", "3.2.1", "7b6d8c9f5", (6, 7), "parcels"),
    "labels": Service("python", "0.4.8", "5d7c6b8f9", (6,), "parcels"),
}

ROLLOUT = Rollout("fraud", "4.2.0", "7f9c6d4b8", pods=2)
"""The incident: this release of `fraud` fails on most of what it is asked."""

SKEW_US = {4: -140_000}
"""Nodes whose clock is wrong, and by how much."""

SDK_VERSIONS = {
    "dotnet": "1.12.0",
    "go": "1.36.0",
    "java": "1.50.0",
    "nodejs": "2.0.1",
    "python": "1.33.1",
    "ruby": "1.8.0",
    "rust": "0.30.0",
}

_POD_SUFFIXES = ("x2lkq", "9fhtz", "m4c7w", "b6vnj")


@cache
def pods_of(name: str, *, rolled_out: bool) -> tuple[Pod, ...]:
    """Return the pods of a service, before the rollout began or since then."""
    service = SERVICES[name]
    new = ROLLOUT.pods if rolled_out and name == ROLLOUT.service else 0
    first_new = len(service.nodes) - new
    return tuple(
        _pod(name, service, number, is_new=number >= first_new)
        for number in range(len(service.nodes))
    )


def _pod(name: str, service: Service, number: int, *, is_new: bool) -> Pod:
    version, replica_set = service.version, service.replica_set
    if is_new:
        version, replica_set = ROLLOUT.version, ROLLOUT.replica_set
    node = service.nodes[number]
    pod_name = f"{name}-{replica_set}-{_POD_SUFFIXES[number]}"
    resource = {
        "service.namespace": service.namespace,
        "service.version": version,
        "service.instance.id": pod_name,
        "deployment.environment.name": "prod",
        "host.name": f"node-{node}",
        "k8s.deployment.name": name,
        "k8s.namespace.name": service.namespace,
        "k8s.node.name": f"node-{node}",
        "k8s.pod.name": pod_name,
        "telemetry.sdk.language": service.language,
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": SDK_VERSIONS[service.language],
    }
    return Pod(name, version, resource, SKEW_US.get(node, 0))
