{{/* The name of all that belongs to one release. */}}
{{- define "vtmcp.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "vtmcp.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "vtmcp.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "vtmcp.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "vtmcp.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "vtmcp.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "vtmcp.secret" -}}
{{- default (include "vtmcp.fullname" .) .Values.secret.name -}}
{{- end -}}

{{- define "vtmcp.scheme" -}}
{{- if .Values.secret.keys.tlsCert }}HTTPS{{ else }}HTTP{{ end -}}
{{- end -}}

{{- define "vtmcp.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* The names that clients may use, with commas between them. */}}
{{- define "vtmcp.allowedHosts" -}}
{{- $name := include "vtmcp.fullname" . -}}
{{- $inside := printf "%s.%s" $name .Release.Namespace -}}
{{- $hosts := list "localhost" $name $inside (printf "%s.svc" $inside) (printf "%s.svc.cluster.local" $inside) -}}
{{- if .Values.ingress.enabled -}}
{{- $hosts = append $hosts .Values.ingress.host -}}
{{- end -}}
{{- concat $hosts .Values.allowedHosts | uniq | join "," -}}
{{- end -}}

{{/* The port of a URL: the one that it says, or its scheme's. */}}
{{- define "vtmcp.port" -}}
{{- $url := urlParse . -}}
{{- $said := regexFind ":[0-9]+$" $url.host -}}
{{- if $said -}}
{{- trimPrefix ":" $said -}}
{{- else if eq $url.scheme "https" -}}
443
{{- else -}}
80
{{- end -}}
{{- end -}}

{{/* What would start open, start not at all, or lose sessions is refused here, with what to set. */}}
{{- define "vtmcp.check" -}}
{{- $keys := .Values.secret.keys -}}
{{- $url := .Values.database.url -}}
{{- if not (or $url $keys.instances) -}}
{{- fail "database.url is not set: say where VictoriaTraces is, or demo (or several, in secret.keys.instances)" -}}
{{- end -}}
{{- if and (hasPrefix "http://" $url) (not .Values.database.allowInsecure) -}}
{{- fail "database.url is plain http: use https, or set database.allowInsecure=true" -}}
{{- end -}}
{{- if not (or $keys.authToken $keys.policy .Values.oauth.introspectionUrl .Values.allowUnauthenticated) -}}
{{- fail "anyone could read every trace: set secret.keys.authToken, secret.keys.policy or oauth.introspectionUrl, or allowUnauthenticated=true behind something that checks who calls" -}}
{{- end -}}
{{- $several := or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) -}}
{{- if and $several (eq .Values.mode "http") (not $keys.sessionKey) -}}
{{- fail "several replicas need secret.keys.sessionKey, the same key for all: without it a session is known to one of them only (or set replicas=1)" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.host is not set" -}}
{{- end -}}
{{- if ne (empty $keys.tlsCert) (empty $keys.tlsKey) -}}
{{- fail "secret.keys.tlsCert and secret.keys.tlsKey go together" -}}
{{- end -}}
{{- if and .Values.secret.name .Values.secret.data -}}
{{- fail "secret.name and secret.data are two ways for one thing: set one of them" -}}
{{- end -}}
{{- range $what, $key := $keys -}}
{{- if $key -}}
{{- if not (or $.Values.secret.name $.Values.secret.data) -}}
{{- fail (printf "secret.keys.%s names a key, but there is no Secret: set secret.name, or secret.data for trying" $what) -}}
{{- end -}}
{{- if and $.Values.secret.data (not (hasKey $.Values.secret.data $key)) -}}
{{- fail (printf "secret.keys.%s names the key %s, which secret.data does not have" $what $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.databasePorts) (not $url) -}}
{{- fail "networkPolicy.databasePorts is not set, and there is no database.url to take the port from" -}}
{{- end -}}
{{- end -}}
