{{/* An image by repository, and tag or digest: (list . .Values.image) */}}
{{- define "kpipe.image" -}}
{{- $root := index . 0 }}{{ $image := index . 1 -}}
{{- $name := $image.repository }}
{{- with $root.Values.registry }}{{ $name = printf "%s/%s" . $name }}{{ end -}}
{{- if $image.digest }}{{ $name }}@{{ $image.digest }}{{ else }}{{ $name }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end -}}
{{- end }}

{{/* Labels of a component, also by which its pods are selected. */}}
{{- define "kpipe.labels" -}}
app.kubernetes.io/name: kpipe-sidecar
app.kubernetes.io/component: {{ . }}
{{- end }}

{{- define "kpipe.metadata" -}}
{{- $root := index . 0 }}{{ $component := index . 1 -}}
name: kpipe-{{ $component }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "kpipe.labels" $component | nindent 2 }}
{{- end }}

{{/* What a cluster-wide object is called. */}}
{{- define "kpipe.clusterMetadata" -}}
name: kpipe-{{ . }}
labels:
  {{- include "kpipe.labels" . | nindent 2 }}
{{- end }}

{{/* The configuration file. */}}
{{- define "kpipe.configuration" -}}
{{- $configuration := .Values.configuration | default dict }}
{{- if and .Values.nodeAgent.enabled (not (hasKey $configuration "nodeAgent")) }}{{ $configuration = merge (dict "nodeAgent" true) $configuration }}{{ end -}}
{{- if and .Values.nodeAgent.enabled (not $configuration.nodeAgent) }}{{ fail "configuration.nodeAgent: false, but nodeAgent.enabled: true: the terminator would ask nothing of it" }}{{ end -}}
{{- toYaml $configuration -}}
{{- end }}

{{/* The rungs of all ladders, as a JSON list. */}}
{{- define "kpipe.rungs" -}}
{{- $configuration := .Values.configuration | default dict }}
{{- $rungs := $configuration.ladder | default (list "http" "image" "crr" "node" "exec" "debug" "hold") }}
{{- range $configuration.markers }}{{ $rungs = concat $rungs (.ladder | default list) }}{{ end -}}
{{- range $configuration.sidecars }}{{ $rungs = concat $rungs (.ladder | default list) }}{{ end -}}
{{- $rungs | uniq | toJson -}}
{{- end }}

{{/* Whether pods are asked about as they are created. */}}
{{- define "kpipe.webhook" -}}
{{- if and .Values.webhook.enabled (not .Values.onlyNamespace) }}true{{ end -}}
{{- end }}

{{/* configuration.webhook with its defaults, as JSON. */}}
{{- define "kpipe.webhookConfiguration" -}}
{{- $given := (.Values.configuration | default dict).webhook | default dict -}}
{{- merge (deepCopy $given) (dict "port" 9443 "certificates" "own" "certificateFolder" "/etc/kpipe-webhook" "service" "kpipe-webhook" "secret" "kpipe-webhook-certificate" "configuration" "kpipe-webhook" "deadline" "3s") | toJson -}}
{{- end }}

{{/* Role and binding: (dict "root" . "component" "terminator" "rules" "…" "scope" "") */}}
{{- define "kpipe.access" -}}
{{- $kind := ternary "Role" "ClusterRole" (not (empty .scope)) }}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: kpipe-{{ .component }}
  {{- with .scope }}
  namespace: {{ . | quote }}
  {{- end }}
  labels:
    {{- include "kpipe.labels" .component | nindent 4 }}
rules:
{{ .rules | trim }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  name: kpipe-{{ .component }}
  {{- with .scope }}
  namespace: {{ . | quote }}
  {{- end }}
  labels:
    {{- include "kpipe.labels" .component | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: {{ $kind }}, name: kpipe-{{ .component }}}
subjects:
- {kind: ServiceAccount, name: kpipe-{{ .component }}, namespace: {{ .root.Release.Namespace }}}
{{- end }}

{{/* The pod of a Deployment, but for its container and volumes: (list . component) */}}
{{- define "kpipe.podMetadata" -}}
{{- $root := index . 0 }}{{ $component := index . 1 -}}
labels:
  {{- include "kpipe.labels" $component | nindent 2 }}
annotations:
  kubectl.kubernetes.io/default-container: {{ $component }}
  {{- if not $root.Values.reload }}
  checksum/configuration: {{ include "kpipe.configuration" $root | sha256sum }}
  {{- end }}
  {{- with $root.Values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "kpipe.pod" -}}
{{- $root := index . 0 }}{{ $component := index . 1 -}}
serviceAccountName: kpipe-{{ $component }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
{{- range . }}
- name: {{ . | quote }}
{{- end }}
{{- end }}
{{- with $root.Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with $root.Values.nodeSelector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations: {{ toJson . }}
{{- end }}
{{- with $root.Values.affinity }}
affinity: {{ toJson . }}
{{- end }}
securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
topologySpreadConstraints:
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "kpipe.labels" $component | nindent 6 }}
{{- end }}

{{/* What all containers have: (list . resources) */}}
{{- define "kpipe.container" -}}
{{- $root := index . 0 -}}
image: {{ include "kpipe.image" (list $root $root.Values.image) }}
{{- with $root.Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
livenessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 20}
readinessProbe: {httpGet: {path: /readyz, port: http}, periodSeconds: 5}
resources: {{ toJson (index . 1) }}
{{- end }}

{{- define "kpipe.identity" -}}
env:
- {name: KPIPE_POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
- {name: KPIPE_POD_UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}
{{- end }}

{{/* (list . component port-of-reviews) */}}
{{- define "kpipe.networkPolicy" -}}
{{- $root := index . 0 }}{{ $component := index . 1 }}{{ $reviews := index . 2 -}}
{{- if $root.Values.networkPolicies }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "kpipe.metadata" (list $root $component) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "kpipe.labels" $component | nindent 6 }}
  policyTypes: [Ingress{{ if $root.Values.apiServerCIDRs }}, Egress{{ end }}]
  ingress:
  - ports: [{protocol: TCP, port: http}]
  {{- if $reviews }}
  - ports: [{protocol: TCP, port: webhook}]
    {{- with $root.Values.apiServerCIDRs }}
    from:
    {{- range . }}
    - ipBlock: {cidr: {{ . | quote }}}
    {{- end }}
    {{- end }}
  {{- end }}
  {{- with $root.Values.apiServerCIDRs }}
  egress:
  - to:
    {{- range . }}
    - ipBlock: {cidr: {{ . | quote }}}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "kpipe.disruptionBudget" -}}
{{- $root := index . 0 }}{{ $component := index . 1 -}}
{{- if $root.Values.podDisruptionBudgets }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "kpipe.metadata" (list $root $component) | nindent 2 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "kpipe.labels" $component | nindent 6 }}
{{- end }}
{{- end }}

{{- define "kpipe.serviceMonitor" -}}
{{- $root := index . 0 }}{{ $component := index . 1 -}}
{{- if $root.Values.serviceMonitor.enabled }}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  {{- include "kpipe.metadata" (list $root $component) | nindent 2 }}
    {{- with $root.Values.serviceMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "kpipe.labels" $component | nindent 6 }}
  # The pods that metrics tell of are in other namespaces than ours.
  endpoints: [{port: http, path: /metrics, honorLabels: true}]
{{- end }}
{{- end }}

{{- define "kpipe.terminatorRules" -}}
{{- $rungs := include "kpipe.rungs" . | fromJsonArray }}
- {apiGroups: [""], resources: [pods], verbs: [get, list, watch, patch]}
- {apiGroups: [""], resources: [pods/status], verbs: [patch]}
{{- if or (has "image" $rungs) (has "debug" $rungs) }}
- {apiGroups: [""], resources: [pods/ephemeralcontainers], verbs: [patch]}
{{- end }}
{{- if has "http" $rungs }}
- {apiGroups: [""], resources: [{{ ternary "pods/proxy" "pods/portforward" (eq ((.Values.configuration | default dict).quitVia | default "") "proxy") }}], verbs: [get, create]}
{{- end }}
{{- if has "exec" $rungs }}
- {apiGroups: [""], resources: [pods/exec], verbs: [get, create]}
{{- end }}
{{- if and .Values.kruise (has "crr" $rungs) }}
- {apiGroups: [apps.kruise.io], resources: [containerrecreaterequests], verbs: [create, get]}
{{- end }}
{{- if not .Values.onlyNamespace }}
- {apiGroups: [""], resources: [nodes], verbs: [get]}
{{- end }}
- {apiGroups: [""], resources: [namespaces], verbs: [{{ ternary "get" "list, watch" (not (empty .Values.onlyNamespace)) }}]}
- {apiGroups: [batch], resources: [jobs], verbs: [get]}
- {apiGroups: [events.k8s.io], resources: [events], verbs: [create, patch]}
{{- end }}

{{- define "kpipe.electionRules" }}
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create]}
- {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [kpipe-sidecar-terminator], verbs: [get, patch]}
{{- end }}

{{- define "kpipe.webhookRules" -}}
{{- $webhook := include "kpipe.webhookConfiguration" . | fromJson }}
- {apiGroups: [""], resources: [namespaces], verbs: [get]}
- {apiGroups: [""], resources: [nodes], verbs: [list]}
- {apiGroups: [events.k8s.io], resources: [events], verbs: [create, patch]}
{{- if eq $webhook.certificates "own" }}
- {apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], resourceNames: [{{ $webhook.configuration }}], verbs: [get, patch]}
{{- end }}
{{- end }}

{{- define "kpipe.nodeAgentRules" }}
- {apiGroups: [""], resources: [pods], verbs: [get, list, watch]}
- {apiGroups: [""], resources: [namespaces], verbs: [get]}
{{- end }}
