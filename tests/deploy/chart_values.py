"""Values for the Helm chart: sets that it takes, and sets that it refuses with what it says.

Must not be here: what a set comes to.
"""

from tests.deploy.tools import Json

NAME = "release-vtmcp"
"""What everything of the release is called."""

URL = {"url": "https://traces.example.com"}
KEYS = {"authToken": "token", "sessionKey": "session"}
SECRET = {"name": "vtmcp-secret", "keys": KEYS}
PLAIN: Json = {"database": URL, "secret": SECRET}

EVERY_KEY = {
    **KEYS,
    "policy": "policy.toml",
    "oauthClientSecret": "oauth",
    "databaseToken": "database",
    "databaseHeaders": "headers",
    "databaseCa": "ca.pem",
    "databaseCert": "cert.pem",
    "databaseKey": "key.pem",
    "instances": "instances.toml",
    "tlsCert": "tls.crt",
    "tlsKey": "tls.key",
}
OAUTH = {
    "introspectionUrl": "https://login.example.com:8443/introspect",
    "issuer": "https://login.example.com",
    "resource": "https://mcp.example.com/mcp",
    "clientId": "vtmcp",
    "scopes": "traces:read",
}
INGRESS = {"enabled": True, "host": "mcp.example.com", "className": "nginx", "tlsSecret": "tls"}

CASES: dict[str, Json] = {
    "a database and a token": PLAIN,
    "one replica needs no session key": {
        "database": URL,
        "replicas": 1,
        "secret": {"name": "s", "keys": {"authToken": "token"}},
    },
    "demo data, and a Secret of the chart": {
        "database": {"url": "demo"},
        "secret": {"data": {"token": "t" * 16, "session": "s" * 16}, "keys": KEYS},
    },
    "the old transport": {**PLAIN, "mode": "sse", "ingress": INGRESS},
    "plain http within the cluster": {
        **PLAIN,
        "database": {"url": "http://vtselect.monitoring.svc:10471", "allowInsecure": True},
    },
    "no authentication, wanted": {
        "database": URL,
        "replicas": 1,
        "allowUnauthenticated": True,
    },
    "OAuth behind an ingress": {
        "database": URL,
        "oauth": OAUTH,
        "ingress": INGRESS,
        "secret": {"name": "s", "keys": {"oauthClientSecret": "oauth", "sessionKey": "session"}},
    },
    "several databases": {
        "secret": {"name": "s", "keys": {**KEYS, "instances": "instances.toml"}},
        "networkPolicy": {"databasePorts": [443, 10428]},
    },
    "all there is": {
        "image": {"repository": "registry.example.com/vtmcp", "digest": "sha256:" + "0" * 64},
        "imagePullSecrets": [{"name": "pull"}],
        "fullnameOverride": NAME,
        "database": URL,
        "secret": {"name": "s", "keys": EVERY_KEY},
        "oauth": OAUTH,
        "allowedHosts": ["mcp.internal"],
        "settings": {"MCP_RATE_LIMIT": "600", "MCP_LOG_FORMAT": "text"},
        "extraEnv": [
            {
                "name": "OTEL_EXPORTER_OTLP_HEADERS",
                "valueFrom": {"secretKeyRef": {"name": "collector", "key": "headers"}},
            }
        ],
        "autoscaling": {"enabled": True},
        "ingress": {**INGRESS, "annotations": {"a": "b"}},
        "service": {"type": "LoadBalancer", "port": 443, "annotations": {"a": "b"}},
        "networkPolicy": {
            "from": [{"namespaceSelector": {"matchLabels": {"name": "agents"}}}],
            "databasePeers": [{"ipBlock": {"cidr": "10.0.0.0/8"}}],
            "egress": [{"ports": [{"port": 4318, "protocol": "TCP"}]}],
        },
        "metrics": {
            "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
            "vmServiceScrape": {"enabled": True},
        },
        "serviceAccount": {"annotations": {"a": "b"}},
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "high",
        "podAnnotations": {"a": "b"},
        "podLabels": {"team": "sre"},
        "extraVolumes": [{"name": "docs", "configMap": {"name": "docs"}}],
        "extraVolumeMounts": [{"name": "docs", "mountPath": "/docs", "readOnly": True}],
    },
    "nothing that can be left out": {
        **PLAIN,
        "podDisruptionBudget": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "serviceAccount": {"create": False},
        "topologyKeys": [],
    },
}

REFUSED: dict[str, tuple[Json, str]] = {
    "no database": ({"secret": SECRET}, "database.url is not set"),
    "nobody is asked for a token": ({"database": URL, "replicas": 1}, "anyone could read"),
    "a session key is no authentication": (
        {"database": URL, "secret": {"name": "s", "keys": {"sessionKey": "session"}}},
        "anyone could read",
    ),
    "plain http, not wanted": (
        {**PLAIN, "database": {"url": "http://traces:10428"}},
        "database.allowInsecure=true",
    ),
    "several replicas without a session key": (
        {"database": URL, "secret": {"name": "s", "keys": {"authToken": "token"}}},
        "secret.keys.sessionKey",
    ),
    "scaling without a session key": (
        {
            "database": URL,
            "replicas": 1,
            "autoscaling": {"enabled": True},
            "secret": {"name": "s", "keys": {"authToken": "token"}},
        },
        "secret.keys.sessionKey",
    ),
    "a key of no Secret": ({"database": URL, "secret": {"keys": KEYS}}, "there is no Secret"),
    "a key that the Secret does not have": (
        {"database": URL, "secret": {"data": {"token": "t"}, "keys": KEYS}},
        "names the key session",
    ),
    "two Secrets": (
        {"database": URL, "secret": {**SECRET, "data": {"token": "t"}}},
        "set one of them",
    ),
    "a certificate without its key": (
        {"database": URL, "secret": {"name": "s", "keys": {**KEYS, "tlsCert": "tls.crt"}}},
        "go together",
    ),
    "an ingress without a host": ({**PLAIN, "ingress": {"enabled": True}}, "ingress.host"),
    "databases whose ports nobody knows": (
        {"secret": {"name": "s", "keys": {**KEYS, "instances": "instances.toml"}}},
        "networkPolicy.databasePorts",
    ),
    "a misspelt value": ({**PLAIN, "replica": 3}, "replica"),
    "a misspelt key": ({"database": URL, "secret": {"keys": {"token": "t"}}}, "token"),
    "the tag latest": ({**PLAIN, "image": {"tag": "latest"}}, "tag"),
    "a secret in the settings": (
        {**PLAIN, "settings": {"MCP_AUTH_TOKEN": "secret-0123456789"}},
        "MCP_AUTH_TOKEN",
    ),
    "a variable whose value stands there": (
        {**PLAIN, "extraEnv": [{"name": "MCP_AUTH_TOKEN", "value": "secret-0123456789"}]},
        "extraEnv",
    ),
    "a setting that another value is for": (
        {**PLAIN, "settings": {"MCP_LISTEN_ADDR": ":80"}},
        "MCP_LISTEN_ADDR",
    ),
    "a setting that is no text": ({**PLAIN, "settings": {"MCP_RATE_LIMIT": 600}}, "MCP_RATE_LIMIT"),
    "a password in the URL": (
        {**PLAIN, "database": {"url": "https://user:password@traces.example.com"}},
        "url",
    ),
}
