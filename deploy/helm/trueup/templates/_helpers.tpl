{{- define "trueup.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* At most 52 characters: the StatefulSet appends an ordinal and a hash to the names of its pods. */}}
{{- define "trueup.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "trueup.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "trueup.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "trueup.selectorLabels" -}}
app.kubernetes.io/name: {{ include "trueup.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "trueup.labels" -}}
{{ include "trueup.selectorLabels" . }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "trueup.serviceAccountName" -}}
{{- default (ternary (include "trueup.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "trueup.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{/* A scalar or a list as the value of a Java property. Whole numbers of YAML are floats in Helm. */}}
{{- define "trueup.property" -}}
{{- $text := "" }}
{{- if kindIs "slice" . }}
{{- $parts := list }}
{{- range . }}{{ $parts = append $parts (include "trueup.number" .) }}{{ end }}
{{- $text = join "," $parts }}
{{- else }}
{{- $text = include "trueup.number" . }}
{{- end }}
{{- $text = $text | replace "\\" "\\\\" | replace "\r" "\\r" | replace "\n" "\\n" | replace "\t" "\\t" }}
{{- if hasPrefix " " $text }}\{{ end }}{{ $text }}
{{- end }}

{{- define "trueup.number" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) }}{{ printf "%.0f" . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* Fails with a message where values contradict each other. The schema refuses what is wrong by itself. */}}
{{- define "trueup.check" -}}
{{- range .Values.hostedReplicas }}
{{- if not (has . $.Values.replicas) }}
{{- fail (printf "hostedReplicas names %s, which is not in replicas: add it there, or correct the name" .) }}
{{- end }}
{{- end }}
{{- $own := dict "bootstrap.servers" "bootstrapServers" "dataset" "dataset" "replicas" "replicas" "hosted.replicas" "hostedReplicas"
  "state.dir" "persistence" "hash.secret" "secrets.hash" "hash.secret.file" "secrets.hash" "control.secrets" "secrets.control"
  "control.secrets.file" "secrets.control" "consumer.group.instance.id" "staticMembership" "kafka.group.instance.id" "staticMembership"
  "consumer.session.timeout.ms" "staticMembership.sessionTimeoutMs" "http.listen" "http" "http.token" "secrets.http"
  "http.token.file" "secrets.http" }}
{{- range $key, $value := merge (dict) .Values.config .Values.secrets.settings }}
{{- if hasKey $own $key }}
{{- fail (printf "the chart itself sets %s: remove it, and set the value %s" $key (get $own $key)) }}
{{- end }}
{{- end }}
{{- range $key, $value := .Values.config }}
{{- if regexMatch "(password|passphrase|secret|jaas\\.config|keystore\\.key|user\\.info|token|credentials?)$" $key }}
{{- fail (printf "config sets %s, whose value is a secret: move it to secrets.settings" $key) }}
{{- end }}
{{- end }}
{{- range $name, $source := .Values.secrets.files }}
{{- if has $name (list "hash.secret" "control.secrets" "http.token") }}
{{- fail (printf "secrets.files names %s: set secrets.hash, secrets.control or secrets.http" $name) }}
{{- end }}
{{- if not (regexMatch "^[A-Za-z0-9+/\\s]*={0,2}\\s*$" (default "" $source.base64)) }}
{{- fail (printf "secrets.files.%s.base64 is not Base64: encode the file with base64 -w0" $name) }}
{{- end }}
{{- end }}
{{- if and .Values.http.enabled (not .Values.secrets.http) }}
{{- fail "http.enabled needs a token, because the HTTP server is open to the network: set secrets.http. The probes do not need it" }}
{{- end }}
{{- $hasCertificate := or (hasKey .Values.config "http.tls.certificate") (hasKey .Values.config "http.tls.keystore") }}
{{- if and .Values.http.enabled (ne $hasCertificate (eq .Values.http.scheme "HTTPS")) }}
{{- fail "http.scheme is HTTPS if, and only if, config has http.tls.certificate or http.tls.keystore: change one of them" }}
{{- end }}
{{- if and .Values.serviceMonitor.enabled (not .Values.http.enabled) }}
{{- fail "serviceMonitor.enabled needs the HTTP server: set http.enabled" }}
{{- end }}
{{- end }}

{{/* The configuration file of the job. */}}
{{- define "trueup.properties" -}}
bootstrap.servers = {{ include "trueup.property" .Values.bootstrapServers }}
dataset = {{ .Values.dataset }}
replicas = {{ join "," .Values.replicas }}
{{- if .Values.hostedReplicas }}
hosted.replicas = {{ join "," .Values.hostedReplicas }}
{{- end }}
state.dir = /var/lib/trueup/state
hash.secret.file = /etc/trueup/secrets/hash.secret
{{- if .Values.secrets.control }}
control.secrets.file = /etc/trueup/secrets/control.secrets
{{- end }}
{{- if .Values.staticMembership.enabled }}
consumer.session.timeout.ms = {{ include "trueup.number" .Values.staticMembership.sessionTimeoutMs }}
{{- end }}
{{- if .Values.http.enabled }}
http.listen = 0.0.0.0:{{ include "trueup.number" .Values.http.port }}
http.token.file = /etc/trueup/secrets/http.token
{{- end }}
{{- range $key, $value := .Values.config }}
{{ $key }} = {{ include "trueup.property" $value }}
{{- end }}
{{- end }}

{{/* All files in /etc/trueup/secrets and their sources, as JSON. */}}
{{- define "trueup.secretFiles" -}}
{{- $files := dict "hash.secret" .Values.secrets.hash }}
{{- if .Values.secrets.control }}{{ $_ := set $files "control.secrets" .Values.secrets.control }}{{ end }}
{{- if .Values.http.enabled }}{{ $_ := set $files "http.token" .Values.secrets.http }}{{ end }}
{{- toJson (merge $files .Values.secrets.files) }}
{{- end }}

{{/* What the chart's own Secret contains, as JSON; an empty object if every secret is in a Secret that exists. */}}
{{- define "trueup.secretData" -}}
{{- $data := dict }}
{{- range $name, $source := include "trueup.secretFiles" . | fromJson }}
{{- if hasKey $source "value" }}{{ $_ := set $data $name ($source.value | b64enc) }}{{ end }}
{{- if hasKey $source "base64" }}{{ $_ := set $data $name $source.base64 }}{{ end }}
{{- end }}
{{- range $key, $source := .Values.secrets.settings }}
{{- if hasKey $source "value" }}{{ $_ := set $data (printf "setting.%s" $key) ($source.value | b64enc) }}{{ end }}
{{- end }}
{{- toJson $data }}
{{- end }}

{{/* The environment variable of a setting: see topology/CONFIGURATION.md. */}}
{{- define "trueup.variable" -}}
TRUEUP_{{ . | replace "_" "__" | replace "-" "___" | replace "." "_" | upper }}
{{- end }}
