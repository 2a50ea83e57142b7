internal import Basics
package import YAMLTree

/// What a cluster's Flyte makes of every task's pod, by its `plugins.k8s` (`flytek8s`): resources that are missing,
/// where the pod may run, variables. Without such a document it is what Flyte does by itself.
package struct FlyteCluster: Sendable {
    private var cpu: ManifestValue = "1000m"
    private var memory: ManifestValue = "1024Mi"
    private var gpu = "nvidia.com/gpu"
    private(set) var labels: [ManifestValue.Field] = []
    private(set) var annotations: [ManifestValue.Field] = [
        .init("cluster-autoscaler.kubernetes.io/safe-to-evict", "false")
    ]
    private var variables: [ManifestValue] = []
    private var variableSources: [ManifestValue] = []
    private var nodes = FlyteNodes()
    /// Fields of the pod's spec that count where the spec has none.
    private var podDefaults: [ManifestValue.Field] = []
    private var securityContext: ManifestValue?
    private var hostNetwork: Bool?

    package init() {}

    /// Throws with everything that is wrong in the document's `plugins.k8s`.
    package init(_ document: YAMLNode) throws(InputError) {
        guard let node = document["plugins"]?["k8s"] else {
            let message = "is missing; give the configuration of Flyte's propeller or executor, which has it"
            throw InputError([InputProblem(path: "plugins.k8s", mark: document.mark, message: message)])
        }
        var reader = FieldReader(node, path: "plugins.k8s")
        cpu = reader.manifest("default-cpus") ?? cpu
        memory = reader.manifest("default-memory") ?? memory
        gpu = reader.text("gpu-resource-name") ?? gpu
        labels = Self.texts("default-labels", &reader)
        if reader.node("default-annotations") != nil { annotations = Self.texts("default-annotations", &reader) }
        variables = Self.variables(&reader)
        for (field, source) in [
            ("default-env-from-secrets", "secretRef"), ("default-env-from-configmaps", "configMapRef"),
        ] {
            variableSources += (reader.texts(field) ?? []).map {
                .map([.init(source, ["name": .text($0), "optional": true])])
            }
        }
        nodes = FlyteNodes(&reader)
        for (field, name) in [
            ("scheduler-name", "schedulerName"), ("default-pod-security-context", "securityContext"),
            ("default-pod-dns-config", "dnsConfig"),
        ] {
            if let value = reader.manifest(field) { podDefaults.append(.init(name, value)) }
        }
        securityContext = reader.manifest("default-security-context")
        hostNetwork = reader.boolean("enable-host-networking-pod")
        guard reader.problems.isEmpty else { throw InputError(reader.problems) }
    }

    /// By name: Flyte's own order is another one each time.
    private static func texts(_ field: String, _ reader: inout FieldReader) -> [ManifestValue.Field] {
        reader.pairs(field).map { .init($0.key, .text($0.value.text ?? "")) }.sorted { $0.name < $1.name }
    }

    /// A mapping, or as Flyte's charts write it a list of mappings with one variable each.
    private static func variables(_ reader: inout FieldReader) -> [ManifestValue] {
        let field = "default-env-vars"
        let isList = reader.node(field)?.sequence != nil
        let pairs = isList ? reader.list(field).flatMap { $0.mapping?.pairs ?? [] } : reader.pairs(field)
        return pairs.sorted { $0.key < $1.key }.map { ["name": .text($0.key), "value": .text($0.value.text ?? "")] }
    }

    // MARK: A pod

    /// What Flyte makes of a pod's spec before it sends it.
    func apply(to spec: inout ManifestValue, primary: String, isInterruptible: Bool) {
        for list in ["initContainers", "containers"] {
            guard let containers = spec[list]?.elements else { continue }
            spec[list] = .list(
                containers.map { completed($0, isPrimary: list == "containers" && $0["name"]?.scalar == primary) })
        }
        spec["enableServiceLinks"] = false
        if spec["restartPolicy"] == nil { spec["restartPolicy"] = "Never" }
        nodes.apply(to: &spec, isInterruptible: isInterruptible)
        for field in podDefaults where spec[field.name] == nil { spec[field.name] = field.value }
        if let hostNetwork { spec["hostNetwork"] = .plain(String(hostNetwork)) }
    }

    private func completed(_ container: ManifestValue, isPrimary: Bool) -> ManifestValue {
        var container = container
        container["resources"] = resources(container["resources"], assigns: isPrimary)
        for (field, more) in [("env", variables), ("envFrom", variableSources)] where !more.isEmpty {
            container[field] = .list((container[field]?.elements ?? []) + more)
        }
        if isPrimary, container["securityContext"] == nil { container["securityContext"] = securityContext }
        return container
    }

    /// `gpu` becomes the resource's own name, and a request is at most its limit.
    ///
    /// - Parameter assigns: what is missing of requests and limits is taken from the other or the default.
    private func resources(_ own: ManifestValue?, assigns: Bool) -> ManifestValue? {
        var groups = ["requests", "limits"].map { group in
            ManifestValue.map((own?[group]?.fields ?? []).map { .init($0.name == "gpu" ? gpu : $0.name, $0.value) })
        }
        let written = groups.flatMap { $0.fields.map(\.name) }
        let kinds =
            ["cpu", "memory"].filter { assigns || written.contains($0) }
            + ["ephemeral-storage", gpu].filter(written.contains)
        for kind in kinds {
            var (request, limit) = (groups[0][kind], groups[1][kind])
            if assigns {
                request = Self.amount(request) ?? Self.amount(limit) ?? ["cpu": cpu, "memory": memory][kind]
                limit = Self.amount(limit) ?? request
            }
            if let asked = request?.scalar.flatMap({ Quantity($0) }),
                let most = limit?.scalar.flatMap({ Quantity($0) }),
                most > .zero, asked > most
            {
                request = limit
            }
            (groups[0][kind], groups[1][kind]) = (request, limit)
        }
        let fields = zip(["requests", "limits"], groups).filter { !$1.fields.isEmpty }.map {
            ManifestValue.Field($0, $1)
        }
        return fields.isEmpty
            ? nil : .map(fields + (own?.fields ?? []).filter { !["requests", "limits"].contains($0.name) })
    }

    /// Nothing is none.
    private static func amount(_ value: ManifestValue?) -> ManifestValue? {
        value?.scalar.flatMap { Quantity($0) } == .zero ? nil : value
    }
}

/// Where a cluster's Flyte lets pods run.
struct FlyteNodes: Sendable {
    private var tolerations: [ManifestValue] = []
    private var interruptibleTolerations: [ManifestValue] = []
    private var resourceTolerations: [String: [ManifestValue]] = [:]
    private var selector: [ManifestValue.Field] = []
    private var interruptibleSelector: [ManifestValue.Field] = []
    private var requirement: ManifestValue?
    private var interruptibleRequirement: ManifestValue?
    private var affinity: ManifestValue?

    init() {}

    init(_ reader: inout FieldReader) {
        tolerations = reader.list("default-tolerations").map { ManifestValue($0) }
        interruptibleTolerations = reader.list("interruptible-tolerations").map { ManifestValue($0) }
        for pair in reader.pairs("resource-tolerations") {
            resourceTolerations[pair.key] = (pair.value.sequence ?? []).map { ManifestValue($0) }
        }
        selector = reader.manifest("default-node-selector")?.fields ?? []
        interruptibleSelector = reader.manifest("interruptible-node-selector")?.fields ?? []
        requirement = reader.manifest("non-interruptible-node-selector-requirement")
        interruptibleRequirement = reader.manifest("interruptible-node-selector-requirement")
        affinity = reader.manifest("default-affinity")
    }

    func apply(to spec: inout ManifestValue, isInterruptible: Bool) {
        let asked = (spec["containers"]?.elements ?? []).flatMap { container in
            ["limits", "requests"].flatMap { container["resources"]?[$0]?.fields.map(\.name) ?? [] }
        }
        let all =
            Set(asked).sorted().flatMap { resourceTolerations[$0] ?? [] }
            + (isInterruptible ? interruptibleTolerations : []) + tolerations + (spec["tolerations"]?.elements ?? [])
        if !all.isEmpty { spec["tolerations"] = .list(all) }
        var labels = ManifestValue.map(selector)
        for field in (spec["nodeSelector"]?.fields ?? []) + (isInterruptible ? interruptibleSelector : []) {
            labels[field.name] = field.value
        }
        if !labels.fields.isEmpty { spec["nodeSelector"] = labels }
        if spec["affinity"] == nil { spec["affinity"] = affinity }
        if let one = isInterruptible ? interruptibleRequirement : requirement {
            spec["affinity"] = Self.requiring(one, spec["affinity"] ?? .map([]))
        }
    }

    /// Terms are alternatives: each of them has to ask for it.
    private static func requiring(_ requirement: ManifestValue, _ affinity: ManifestValue) -> ManifestValue {
        let field = "requiredDuringSchedulingIgnoredDuringExecution"
        var (affinity, node) = (affinity, affinity["nodeAffinity"] ?? .map([]))
        var required = node[field] ?? .map([])
        let terms = required["nodeSelectorTerms"]?.elements ?? []
        required["nodeSelectorTerms"] = .list(
            (terms.isEmpty ? [.map([])] : terms).map { term in
                var term = term
                let expressions = term["matchExpressions"]?.elements ?? []
                if !expressions.contains(requirement) { term["matchExpressions"] = .list(expressions + [requirement]) }
                return term
            })
        node[field] = required
        affinity["nodeAffinity"] = node
        return affinity
    }
}
