{{/* Labels of one part: call with (list . "server" "2026.8.2"). */}}
{{- define "authentik.labels" -}}
{{- $root := index . 0 -}}
{{ include "authentik.selector" (list $root (index . 1)) }}
app.kubernetes.io/version: {{ index . 2 | quote }}
app.kubernetes.io/part-of: authentik
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
{{- end }}

{{- define "authentik.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}
