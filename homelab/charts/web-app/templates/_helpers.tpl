{{- define "web-app.selector" -}}
app.kubernetes.io/name: {{ .Release.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "web-app.labels" -}}
{{ include "web-app.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | quote }}
app.kubernetes.io/component: web
app.kubernetes.io/part-of: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "web-app.homepage" -}}
gethomepage.dev/enabled: "true"
gethomepage.dev/name: {{ .Values.web.title | quote }}
gethomepage.dev/group: {{ .Values.web.group | quote }}
gethomepage.dev/description: {{ .Values.web.description | quote }}
gethomepage.dev/icon: {{ .Values.web.icon | default (printf "%s.png" .Release.Name) }}
gethomepage.dev/href: https://{{ .Values.web.host }}
gethomepage.dev/pod-selector: app.kubernetes.io/name={{ .Release.Name }}
{{- end }}
