"""The Helm chart: what it renders, what it refuses, and that both agree with the code."""

import json
import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from tests.deploy.chart_values import CASES, KEYS, NAME, PLAIN, REFUSED, URL
from tests.deploy.tools import (
    CHART,
    HELM,
    NAMESPACE,
    Json,
    lint,
    needs_helm,
    needs_schemas,
    render,
    schema_faults,
)
from vtmcp import __version__
from vtmcp.app_web import CLOSING_S
from vtmcp.config import Config
from vtmcp.config_variables import VARIABLES
from vtmcp.transports.access import METADATA_PATH
from vtmcp.transports.ops import LIVENESS_PATH, METRICS_PATH, READINESS_PATH
from vtmcp.transports.sse import MESSAGE_PATH, STREAM_PATH
from vtmcp.web import ENDPOINT_PATH

MOUNT = "/etc/vtmcp"

OLDEST, NEWEST = "1.25", "1.37"
"""Versions of Kubernetes: the chart's `kubeVersion`, and the newest that we have schemas of."""

CUSTOM = ("ServiceMonitor", "VMServiceScrape")
"""Kinds of operators, which Kubernetes has no schemas of."""

EACH = pytest.mark.parametrize("values", CASES.values(), ids=CASES)


def container(values: Json) -> Json:
    found = pod(values)["containers"]
    assert len(found) == 1
    return dict(found[0])


def pod(values: Json) -> Json:
    return dict(render(values).only("Deployment")["spec"]["template"]["spec"])


def env_of(values: Json) -> dict[str, str]:
    """What the container's environment says; a reference says its Secret and key."""
    env: dict[str, str] = {}
    for each in container(values)["env"]:
        assert each["name"] not in env, f"{each['name']} stands there twice"
        source = each.get("valueFrom", {}).get("secretKeyRef")
        env[each["name"]] = f"{source['name']}/{source['key']}" if source else each["value"]
    return env


def walk(value: Any) -> list[Json]:
    """All objects within a value, itself among them."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [*([value] if isinstance(value, dict) else []), *(one for v in inner for one in walk(v))]


@needs_helm
@EACH
def test_helm_finds_nothing_to_complain_of(values: Json) -> None:
    assert lint(values) == ""


@needs_helm
@needs_schemas
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@EACH
def test_kubernetes_takes_each_object(values: Json, version: str) -> None:
    objects = [each for each in render(values).objects if each["kind"] not in CUSTOM]
    assert objects
    faults = {each["kind"]: schema_faults(version, json.dumps(each)) for each in objects}
    assert not any(faults.values()), faults


@needs_helm
@needs_schemas
def test_an_unknown_word_would_be_found() -> None:
    wrong = render(PLAIN).only("Service") | {"specs": {}}
    assert "specs" in "".join(schema_faults(NEWEST, json.dumps(wrong)))


@needs_helm
@pytest.mark.parametrize(("values", "said"), REFUSED.values(), ids=REFUSED)
def test_these_values_are_refused(values: Json, said: str) -> None:
    found = render(values)
    assert not found.objects
    assert said in found.refused
    assert "secret-0123456789" not in found.refused


@needs_helm
@EACH
def test_all_objects_have_one_name_and_namespace_and_labels(values: Json) -> None:
    for each in render(values).objects:
        assert each["metadata"]["namespace"] == NAMESPACE
        assert each["metadata"]["name"] == NAME
        assert each["metadata"]["labels"]["app.kubernetes.io/version"] == __version__


@needs_helm
@EACH
def test_whoever_selects_pods_selects_those_of_the_deployment(values: Json) -> None:
    found = render(values)
    deployment = found.only("Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"].items()
    selectors = [
        deployment["spec"]["selector"]["matchLabels"],
        found.only("Service")["spec"]["selector"],
        *(one["spec"]["selector"]["matchLabels"] for one in found.all("PodDisruptionBudget")),
        *(one["spec"]["podSelector"]["matchLabels"] for one in found.all("NetworkPolicy")),
        *(one["labelSelector"]["matchLabels"] for one in pod(values).get(_SPREAD, ())),
    ]
    for selector in selectors:
        assert selector.items() <= labels
        # Not the version: the pods of the one before are meant too.
        assert selector.keys() == {f"app.kubernetes.io/{word}" for word in ("name", "instance")}
    service = found.only("Service")["metadata"]["labels"].items()
    for kind in CUSTOM:
        for one in found.all(kind):
            assert one["spec"]["selector"]["matchLabels"].items() <= service


_SPREAD = "topologySpreadConstraints"


@needs_helm
@EACH
def test_ports_that_are_named_are_there(values: Json) -> None:
    found, served = render(values), container(values)["ports"]
    assert [port["name"] for port in served] == ["http"]
    assert f":{served[0]['containerPort']}" == env_of(values)["MCP_LISTEN_ADDR"]
    service = found.only("Service")["spec"]["ports"]
    assert [(port["name"], port["targetPort"]) for port in service] == [("http", "http")]
    for scaler in found.all("HorizontalPodAutoscaler"):
        assert (
            scaler["spec"]["scaleTargetRef"]["name"] == found.only("Deployment")["metadata"]["name"]
        )
    backends = [
        one["service"] for each in found.all("Ingress") for one in walk(each) if "service" in one
    ]
    assert all(one == {"name": NAME, "port": {"name": "http"}} for one in backends)


@needs_helm
@EACH
def test_probes_ask_what_the_server_answers(values: Json) -> None:
    served = container(values)
    paths = {
        word: served[f"{word}Probe"]["httpGet"] for word in ("startup", "liveness", "readiness")
    }
    scheme = "HTTPS" if "MCP_TLS_CERT_FILE" in env_of(values) else "HTTP"
    assert {word: (get["path"], get["port"], get["scheme"]) for word, get in paths.items()} == {
        "startup": (LIVENESS_PATH, "http", scheme),
        "liveness": (LIVENESS_PATH, "http", scheme),
        "readiness": (READINESS_PATH, "http", scheme),
    }


@needs_helm
@EACH
def test_what_is_scraped_is_what_the_server_counts(values: Json) -> None:
    scheme = "https" if "MCP_TLS_CERT_FILE" in env_of(values) else "http"
    for kind in CUSTOM:
        for one in render(values).all(kind):
            [endpoint] = one["spec"]["endpoints"]
            assert endpoint == {
                "port": "http",
                "path": METRICS_PATH,
                "scheme": scheme,
                "interval": "30s",
            }


@needs_helm
@EACH
def test_each_variable_is_one_of_ours_and_no_secret_is_in_clear(values: Json) -> None:
    known = {variable.name: variable for variable in VARIABLES}
    for name, value in env_of(values).items():
        assert name in known
        in_clear = "value" in next(one for one in container(values)["env"] if one["name"] == name)
        assert not (known[name].secret and in_clear), value


@needs_helm
@EACH
def test_vtmcp_takes_the_settings(values: Json) -> None:
    env = env_of(values) | (
        {"MCP_SESSION_KEY": "k" * 16} if "MCP_SESSION_KEY" in env_of(values) else {}
    )
    config = Config.from_env(env)
    assert config.listen == ("", 8081)
    assert config.mode == values.get("mode", "http")
    assert config.allow_unauthenticated == values.get("allowUnauthenticated", False)


@needs_helm
@EACH
def test_files_are_within_what_is_mounted_read_only(values: Json) -> None:
    files = {name: value for name, value in env_of(values).items() if name.endswith("_FILE")}
    mounts = {one["name"]: one for one in container(values).get("volumeMounts", ())}
    volumes = {one["name"]: one for one in pod(values).get("volumes", ())}
    assert mounts.keys() == volumes.keys()
    if not files:
        return
    assert mounts["secret"] == {"name": "secret", "mountPath": MOUNT, "readOnly": True}
    keys = values["secret"]["keys"].values()
    assert all(value in {f"{MOUNT}/{key}" for key in keys} for value in files.values())
    # The group that owns the files is the pod's; nobody else reads them.
    assert volumes["secret"]["secret"]["defaultMode"] == 0o440
    assert pod(values)["securityContext"]["fsGroup"] == pod(values)["securityContext"]["runAsGroup"]
    made = [one["metadata"]["name"] for one in render(values).all("Secret")]
    assert volumes["secret"]["secret"]["secretName"] in [values["secret"].get("name"), *made]


@needs_helm
@EACH
def test_the_pod_may_do_nothing_but_serve(values: Json) -> None:
    inside = pod(values)
    assert inside["automountServiceAccountToken"] is False
    assert inside["enableServiceLinks"] is False
    assert inside["securityContext"]["runAsNonRoot"] is True
    assert inside["securityContext"]["runAsUser"] > 0
    assert inside["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(values)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container(values)["resources"]["limits"]["memory"]
    for account in render(values).all("ServiceAccount"):
        assert account["automountServiceAccountToken"] is False
        assert account["metadata"]["name"] == inside["serviceAccountName"]


@needs_helm
@EACH
def test_a_pod_gets_the_time_that_vtmcp_takes_to_stop(values: Json) -> None:
    shutdown_s = Config.from_env(
        {
            "VT_INSTANCE_ENTRYPOINT": "demo",
            "MCP_SHUTDOWN_TIMEOUT": env_of(values)["MCP_SHUTDOWN_TIMEOUT"],
        }
    ).shutdown_timeout_s
    before_s = int(container(values)["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod(values)["terminationGracePeriodSeconds"] > before_s + shutdown_s + CLOSING_S


USUAL = {"Deployment", "Service", "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget"}

KINDS = {
    "a database and a token": USUAL,
    "demo data, and a Secret of the chart": USUAL | {"Secret"},
    "all there is": USUAL | {"HorizontalPodAutoscaler", "Ingress", *CUSTOM},
    "nothing that can be left out": {"Deployment", "Service"},
}


@needs_helm
@pytest.mark.parametrize(("case", "kinds"), KINDS.items(), ids=KINDS)
def test_what_is_asked_for_is_made(case: str, kinds: set[str]) -> None:
    found = [each["kind"] for each in render(CASES[case]).objects]
    assert sorted(found) == sorted(kinds)


@needs_helm
def test_replicas_are_left_to_the_scaler_where_there_is_one() -> None:
    assert render(PLAIN).only("Deployment")["spec"]["replicas"] == 2
    assert "replicas" not in render(CASES["all there is"]).only("Deployment")["spec"]


@needs_helm
def test_names_that_clients_use_are_allowed() -> None:
    names = env_of(CASES["OAuth behind an ingress"])["MCP_ALLOWED_HOSTS"].split(",")
    assert {"mcp.example.com", f"{NAME}.{NAMESPACE}.svc", "localhost"} <= set(names)
    assert "mcp.internal" in env_of(CASES["all there is"])["MCP_ALLOWED_HOSTS"].split(",")


@needs_helm
def test_the_outside_reaches_the_endpoints_only() -> None:
    def paths(case: str) -> list[str]:
        found = render(CASES[case]).only("Ingress")
        return [one["path"] for one in found["spec"]["rules"][0]["http"]["paths"]]

    assert paths("OAuth behind an ingress") == [ENDPOINT_PATH, METADATA_PATH]
    assert paths("the old transport") == [STREAM_PATH, MESSAGE_PATH]


@needs_helm
def test_both_halves_of_the_old_transport_meet() -> None:
    service = render(CASES["the old transport"]).only("Service")
    assert service["spec"]["sessionAffinity"] == "ClientIP"
    assert "sessionAffinity" not in render(PLAIN).only("Service")["spec"]


WAYS_OUT = {
    "a database and a token": [443],
    "plain http within the cluster": [10471],
    "several databases": [443, 10428],
    "OAuth behind an ingress": [443, 8443],
    "demo data, and a Secret of the chart": [],
    "all there is": [443, 8443, 4318],
}


@needs_helm
@pytest.mark.parametrize(("case", "ports"), WAYS_OUT.items(), ids=WAYS_OUT)
def test_the_way_out_is_to_names_and_databases(case: str, ports: list[int]) -> None:
    policy = render(CASES[case]).only("NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    dns, *others = policy["egress"]
    assert [port["port"] for port in dns["ports"]] == [53, 53]
    assert [port["port"] for rule in others for port in rule["ports"]] == ports


@needs_helm
def test_the_way_in_is_from_chosen_peers_to_the_port() -> None:
    def way_in(case: str) -> Any:
        [rule] = render(CASES[case]).only("NetworkPolicy")["spec"]["ingress"]
        assert [port["port"] for port in rule["ports"]] == ["http"]
        return rule["from"]

    assert way_in("a database and a token") == [{"podSelector": {}}]
    assert way_in("all there is") == CASES["all there is"]["networkPolicy"]["from"]


@needs_helm
def test_a_secret_that_changes_starts_new_pods() -> None:
    def checksum(token: str) -> str:
        secret = {"data": {"token": token, "session": "s" * 16}, "keys": KEYS}
        deployment = render({"database": URL, "secret": secret}).only("Deployment")
        return str(deployment["spec"]["template"]["metadata"]["annotations"]["checksum/secret"])

    assert checksum("a" * 16) != checksum("b" * 16)


NOTES = {
    "a database and a token": (
        f"http://{NAME}.{NAMESPACE}.svc:8081{ENDPOINT_PATH}",
        "still has OWNER in it",
    ),
    "OAuth behind an ingress": (f"https://mcp.example.com{ENDPOINT_PATH}",),
    "the old transport": (f"http://localhost:8081{STREAM_PATH}",),
    "no authentication, wanted": ("reads every trace",),
    "demo data, and a Secret of the chart": ("are kept in this release",),
}


@needs_helm
@pytest.mark.skipif(HELM is not None, reason="helm template shows no notes")
@pytest.mark.parametrize(("case", "said"), NOTES.items(), ids=NOTES)
def test_the_notes_say_where_it_is_and_what_to_mind(case: str, said: tuple[str, ...]) -> None:
    notes = render(CASES[case]).notes
    assert all(each in notes for each in said)
    quiet = render(CASES["all there is"]).notes
    assert not any(word in quiet for word in ("OWNER", "reads every trace", "kept in this release"))


def test_the_schema_knows_the_values_and_no_others() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    Draft7Validator.check_schema(schema)
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    assert not list(Draft7Validator(schema).iter_errors(values))

    def compare(part: Json, found: Any, place: str) -> None:
        if "properties" in part:
            assert part["additionalProperties"] is False, place
            assert found.keys() == part["properties"].keys() - {"global"}, place
            for name, inner in found.items():
                compare(part["properties"][name], inner, f"{place}.{name}")

    compare(schema, values, "")


def test_settings_have_no_secrets_and_nothing_that_the_chart_sets() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    names = schema["properties"]["settings"]["propertyNames"]
    template = (CHART / "templates" / "deployment.yaml").read_text("utf-8")
    known = {variable.name for variable in VARIABLES}
    set_here = set(re.findall(r"- name: ((?:MCP|VT)_\w+)", template))
    secrets = {variable.name for variable in VARIABLES if variable.secret}
    assert set_here <= known
    assert set(names["not"]["enum"]) == (set_here | secrets) - {"MCP_LOG_FORMAT"}
    assert all(re.fullmatch(names["pattern"], name) for name in known)


def test_the_chart_is_of_this_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert chart["appVersion"] == __version__
    assert chart["kubeVersion"] == f">={OLDEST}.0-0"
