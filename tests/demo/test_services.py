"""Services and their pods: what a rollout changes, and which clock is wrong."""

import pytest

from vtmcp.demo.services import ROLLOUT, SDK_VERSIONS, SERVICES, SKEW_US, pods_of


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("rolled_out", [False, True])
def test_a_pod_says_what_opentelemetry_says(name: str, rolled_out: bool) -> None:
    for pod in pods_of(name, rolled_out=rolled_out):
        assert pod.service == name
        assert pod.resource["service.version"] == pod.version
        assert pod.resource["k8s.pod.name"].startswith(f"{name}-")
        assert pod.resource["telemetry.sdk.version"] in SDK_VERSIONS.values()
        assert all(pod.resource.values())


def test_pod_names_are_unique() -> None:
    names = [
        pod.resource["k8s.pod.name"] for name in SERVICES for pod in pods_of(name, rolled_out=True)
    ]
    assert len(set(names)) == len(names)


def test_the_rollout_has_reached_some_pods_of_one_service() -> None:
    changed = {
        name
        for name in SERVICES
        if pods_of(name, rolled_out=True) != pods_of(name, rolled_out=False)
    }
    assert changed == {ROLLOUT.service}
    versions = [pod.version for pod in pods_of(ROLLOUT.service, rolled_out=True)]
    assert versions.count(ROLLOUT.version) == ROLLOUT.pods
    assert versions.count(SERVICES[ROLLOUT.service].version) == len(versions) - ROLLOUT.pods > 0


def test_the_wrong_clock_is_one_pod_of_one_service() -> None:
    skewed = [pod for name in SERVICES for pod in pods_of(name, rolled_out=True) if pod.skew_us]
    assert [pod.resource["host.name"] for pod in skewed] == [f"node-{node}" for node in SKEW_US]
