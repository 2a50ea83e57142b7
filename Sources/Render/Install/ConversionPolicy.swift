internal import Conversion
internal import KubeModel
package import PodRules

/// Conversion without a webhook: a MutatingAdmissionPolicy that the API server carries out itself, in CEL. It makes of the
/// common pods what the webhook makes of them, and leaves alone whatever CEL cannot decide; those are still the
/// terminator's.
package struct ConversionPolicy: Sendable, Equatable {
    let rules: MarkerRules

    /// - Parameter rules: as the terminator's, so that both mean the same by a sidecar.
    package init(_ rules: MarkerRules) { self.rules = rules }

    static let name = "kpipe-convert"

    func documents(in installation: ClusterInstallation) -> [ManifestValue] {
        let label = WellKnownNames.Label.convert
        func requirement(_ key: String, _ operation: String, _ values: [String]) -> ManifestValue {
            ["key": .text(key), "operator": .text(operation), "values": .texts(values)]
        }
        let asks = requirement(label, "In", [WellKnownNames.Label.enabled])
        let outside = requirement(
            WellKnownNames.Label.namespaceName, "NotIn", [WellKnownNames.systemNamespace, installation.namespace])
        func binding(_ name: String, _ namespaces: [ManifestValue], _ objects: [ManifestValue]) -> ManifestValue {
            document(
                installation, "MutatingAdmissionPolicyBinding", "\(Self.name)-\(name)",
                [
                    "policyName": .text(Self.name),
                    "matchResources": [
                        "namespaceSelector": ["matchExpressions": .list(namespaces)],
                        "objectSelector": ["matchExpressions": .list(objects)],
                    ],
                ])
        }
        return [
            document(installation, "MutatingAdmissionPolicy", Self.name, policy),
            // The namespace or the object may ask. Each object meets one of the two at most.
            binding(
                "namespaces", [asks, outside], [requirement(label, "NotIn", [WellKnownNames.Label.disabled])]),
            binding(
                "objects", [requirement(label, "NotIn", [WellKnownNames.Label.enabled]), outside], [asks]),
        ]
    }

    private func document(
        _ installation: ClusterInstallation, _ kind: String, _ name: String, _ spec: ManifestValue
    ) -> ManifestValue {
        [
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": .text(kind),
            "metadata": installation.metadata(name, namespaced: false), "spec": spec,
        ]
    }

    private var policy: ManifestValue {
        [
            // An error in here never keeps a pod from being created.
            "failurePolicy": "Ignore", "reinvocationPolicy": "IfNeeded",
            "matchConstraints": [
                "matchPolicy": "Equivalent",
                "resourceRules": [
                    [
                        "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"],
                        "scope": "Namespaced",
                    ]
                ],
            ],
            "variables": .list(variables.map { ["name": .text($0.name), "expression": .text($0.expression + "\n")] }),
            "mutations": [["patchType": "JSONPatch", "jsonPatch": ["expression": .text(mutation + "\n")]]],
        ]
    }

    // MARK: CEL

    static func list(_ texts: [String]) -> String {
        "[" + texts.map { "'\($0.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'" }.joined(separator: ", ")
            + "]"
    }

    /// Each may look at those before it.
    private var variables: [(name: String, expression: String)] {
        let known = rules.sidecars
        let images = known.flatMap(\.images).map { $0.replacing(".", with: "[.]") }
        return [
            ("annotations", "has(object.metadata.annotations) ? object.metadata.annotations : {}"),
            ("containers", "object.spec.containers"),
            ("inits", "has(object.spec.initContainers) ? object.spec.initContainers : []"),
            (
                "listed",
                """
                \(Self.list(rules.sidecarAnnotations)).filter(k, k in variables.annotations)
                .map(k, variables.annotations[k].replace(',', ' ').split(' ')).flatten().filter(n, n != '')
                """
            ),
            (
                "marked",
                """
                variables.containers.transformList(i, c,
                  c.name in variables.listed || (has(c.env) && c.env.exists(e, has(e.value) && (
                    e.name == '\(WellKnownNames.Variable.terminate)' && e.value.lowerAscii() == 'true' ||
                    e.name == '\(WellKnownNames.Variable.terminateWithImage)' && e.value != '' ||
                    e.name == '\(WellKnownNames.Variable.eciType)' && e.value == 'sidecar'))), i)
                """
            ),
            ("sidecars", "variables.marked.map(i, variables.containers[i])"),
            ("mains", "variables.containers.transformList(i, c, !(i in variables.marked), c)"),
            (
                "mainPorts",
                """
                variables.mains.filter(c, has(c.ports)).map(c, c.ports.map(p, string(p.containerPort))).flatten() +
                variables.mains.filter(c, has(c.ports)).map(c, c.ports.filter(p, has(p.name)).map(p, p.name)).flatten() +
                variables.mains.filter(c, has(c.env)).map(c,
                  c.env.filter(e, has(e.value) && e.name in \(Self.list(ManifestContainer.portVariables))).map(e, e.value)
                ).flatten() +
                \(Self.ports(of: "variables.mains.map(c, \(Self.probes(of: "c"))).flatten()"))
                """
            ),
            ("mainLines", "variables.mains.map(c, ' ' + \(Self.words(of: "c")).join(' ') + ' ')"),
            ("probes", "variables.sidecars.map(c, \(Self.probes(of: "c"))).flatten()"),
            ("asked", Self.ports(of: "variables.probes")),
            ("proxies", Self.proxies),
            (
                "quitting",
                "variables.sidecars.transformList(k, c, has(c.lifecycle) && has(c.lifecycle.preStop) && \(Self.quits), k)"
            ),
            ("left", left(known.flatMap(\.names), images)),
            (
                "spent",
                Self.list([
                    WellKnownNames.Variable.terminate, WellKnownNames.Variable.terminateWithImage,
                    WellKnownNames.Variable.ignoreExitCode, WellKnownNames.Variable.eciType,
                    WellKnownNames.Variable.eciIgnoreExitCode,
                ])
            ),
        ]
    }

    /// Sidecars go behind the init containers that are there, in their order; then they go where they were, the last first.
    private var mutation: String {
        """
        variables.left ? [] : [
          has(object.spec.initContainers) ? [] : [JSONPatch{op: 'add', path: '/spec/initContainers', value: []}],
          variables.sidecars.map(c, JSONPatch{op: 'add', path: '/spec/initContainers/-', value: c}),
          variables.sidecars.transformList(k, c, JSONPatch{op: 'add',
            path: '/spec/initContainers/' + string(size(variables.inits) + k) + '/restartPolicy', value: 'Always'}),
          variables.sidecars.transformList(k, c,
            has(c.env) && c.env.exists(e, e.name in variables.spent) && c.env.exists(e, !(e.name in variables.spent)),
            JSONPatch{op: 'replace', path: '/spec/initContainers/' + string(size(variables.inits) + k) + '/env',
              value: c.env.filter(e, !(e.name in variables.spent))}),
          variables.sidecars.transformList(k, c, has(c.env) && c.env.all(e, e.name in variables.spent),
            JSONPatch{op: 'remove', path: '/spec/initContainers/' + string(size(variables.inits) + k) + '/env'}),
          variables.quitting.map(k, JSONPatch{op: 'remove',
            path: '/spec/initContainers/' + string(size(variables.inits) + k) + '/lifecycle' +
              (has(variables.sidecars[k].lifecycle.postStart) || has(variables.sidecars[k].lifecycle.stopSignal)
                ? '/preStop' : '')}),
          variables.sidecars.transformList(k, c, !has(c.startupProbe) && has(c.readinessProbe),
            [JSONPatch{op: 'add', path: '/spec/initContainers/' + string(size(variables.inits) + k) + '/startupProbe',
               value: c.readinessProbe}] +
            (has(c.readinessProbe.initialDelaySeconds) ? [JSONPatch{op: 'remove', path: '/spec/initContainers/' +
               string(size(variables.inits) + k) + '/startupProbe/initialDelaySeconds'}] : []) +
            [JSONPatch{op: 'add', path: '/spec/initContainers/' + string(size(variables.inits) + k) +
               '/startupProbe/successThreshold', value: 1},
             JSONPatch{op: 'add', path: '/spec/initContainers/' + string(size(variables.inits) + k) +
               '/startupProbe/periodSeconds', value: 2},
             JSONPatch{op: 'add', path: '/spec/initContainers/' + string(size(variables.inits) + k) +
               '/startupProbe/failureThreshold',
               value: [60, ((has(c.readinessProbe.initialDelaySeconds) ? c.readinessProbe.initialDelaySeconds : 0) +
                 (has(c.readinessProbe.periodSeconds) ? c.readinessProbe.periodSeconds : 10) *
                 (has(c.readinessProbe.failureThreshold) ? c.readinessProbe.failureThreshold : 3) + 1) / 2].max()}]).flatten(),
          variables.sidecars.transformList(k, c, !has(c.startupProbe) && !has(c.readinessProbe) && has(c.ports) &&
            c.ports.filter(p, !has(p.protocol) || p.protocol == 'TCP').map(p, !has(p.hostIP))[?0].orValue(false) &&
            !\(Self.words(of: "c")).exists(w, \(Self.local)),
            JSONPatch{op: 'add', path: '/spec/initContainers/' + string(size(variables.inits) + k) + '/startupProbe',
              value: Object.spec.initContainers.startupProbe{
                tcpSocket: Object.spec.initContainers.startupProbe.tcpSocket{
                  port: c.ports.filter(p, !has(p.protocol) || p.protocol == 'TCP')[0].containerPort},
                periodSeconds: 2, failureThreshold: 60}}),
          variables.marked.transformList(k, i, JSONPatch{op: 'remove',
            path: '/spec/containers/' + string(variables.marked[size(variables.marked) - 1 - k])}),
          \(Self.list(spentAnnotations)).filter(k, k in variables.annotations).map(k,
            JSONPatch{op: 'remove', path: '/metadata/annotations/' + jsonpatch.escapeKey(k)}),
          object.spec.restartPolicy == 'Always' || \(Self.list(lastingAnnotations)).exists(k, k in variables.annotations) ? [] :
            (has(object.metadata.labels) ? [] : [JSONPatch{op: 'add', path: '/metadata/labels', value: {}}]) +
            [JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('\(WellKnownNames.Label.terminateKnown)'),
              value: '\(WellKnownNames.Label.enabled)'}],
          has(object.spec.terminationGracePeriodSeconds) && object.spec.terminationGracePeriodSeconds < 10
            ? [JSONPatch{op: 'replace', path: '/spec/terminationGracePeriodSeconds', value: 10}] : []
        ].flatten()
        """
    }

    private var spentAnnotations: [String] {
        [WellKnownNames.Annotation.sidecars, WellKnownNames.Annotation.nrmitchiSidecars]
    }

    /// The operator's own: they stay, and with them the pod is marked.
    private var lastingAnnotations: [String] { rules.sidecarAnnotations.filter { !spentAnnotations.contains($0) } }
}
