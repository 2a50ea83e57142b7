import Basics
import YAMLTree

/// What a real server fills in, for the kinds whose defaults clients rely on.
enum Defaults {
    /// What a creator may not decide.
    static func prepare(_ object: inout JSONValue, _ type: ResourceType, _ now: KubeTime) {
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"] {
            object[path: ["metadata", field]] = nil
        }
        // Status belongs to controllers; a new object has none, whatever was sent.
        if type.subresources.contains("status"), type.storage != "nodes" { object["status"] = nil }
        if ["pods", "jobs.batch", "cronjobs.batch"].contains(type.storage) || type.group == "apps" {
            object[path: ["metadata", "generation"]] = 1
        }
    }

    static func apply(to object: inout JSONValue, _ type: ResourceType) {
        switch type.storage {
        case "namespaces":
            object[path: ["metadata", "labels", "kubernetes.io/metadata.name"]] = object[path: ["metadata", "name"]]
            object["spec"] = ["finalizers": ["kubernetes"]]
            object["status"] = ["phase": "Active"]
        case "pods":
            pod(&object)
            object["status"] = ["phase": "Pending", "qosClass": .string(qualityOfService(object["spec"] ?? .null))]
        case "jobs.batch": job(&object)
        default: break
        }
    }

    private static func pod(_ object: inout JSONValue) {
        var spec = object["spec"] ?? .object([])
        podSpec(&spec)
        spec.setDefault("serviceAccountName", "default")
        spec.setDefault("serviceAccount", spec["serviceAccountName"] ?? "default")
        spec.setDefault("enableServiceLinks", true)
        spec.setDefault("preemptionPolicy", "PreemptLowerPriority")
        spec.setDefault("priority", 0)
        var tolerations = spec["tolerations"]?.array ?? []
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
        where !tolerations.contains(where: { $0["key"]?.string == key }) {
            tolerations.append([
                "key": .string(key), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300,
            ])
        }
        spec["tolerations"] = .array(tolerations)
        object["spec"] = spec
    }

    /// Also for the template of a Job.
    private static func podSpec(_ spec: inout JSONValue) {
        spec.setDefault("restartPolicy", "Always")
        spec.setDefault("terminationGracePeriodSeconds", 30)
        spec.setDefault("dnsPolicy", "ClusterFirst")
        spec.setDefault("securityContext", .object([]))
        spec.setDefault("schedulerName", "default-scheduler")
        for field in ["initContainers", "containers"] {
            guard let containers = spec[field]?.array else { continue }
            spec[field] = .array(containers.map(container))
        }
    }

    static func container(_ given: JSONValue) -> JSONValue {
        var container = given
        container.setDefault("resources", .object([]))
        container.setDefault("terminationMessagePath", "/dev/termination-log")
        container.setDefault("terminationMessagePolicy", "File")
        let image = given["image"]?.string ?? ""
        let name = image.split(separator: "/").last ?? ""
        let isLatest = image.hasSuffix(":latest") || !(name.contains(":") || name.contains("@"))
        container.setDefault("imagePullPolicy", isLatest ? "Always" : "IfNotPresent")
        if let ports = container["ports"]?.array {
            container["ports"] = .array(
                ports.map { port in
                    var port = port
                    port.setDefault("protocol", "TCP")
                    return port
                })
        }
        return container
    }

    private static func job(_ object: inout JSONValue) {
        var spec = object["spec"] ?? .object([])
        spec.setDefault("parallelism", 1)
        spec.setDefault("completions", 1)
        spec.setDefault("backoffLimit", 6)
        spec.setDefault("completionMode", "NonIndexed")
        spec.setDefault("suspend", false)
        spec.setDefault("podReplacementPolicy", "TerminatingOrFailed")
        if spec["selector"] == nil {
            let uid = object[path: ["metadata", "uid"]] ?? ""
            let name = object[path: ["metadata", "name"]] ?? ""
            for (label, value) in [
                ("batch.kubernetes.io/controller-uid", uid), ("batch.kubernetes.io/job-name", name),
                ("controller-uid", uid), ("job-name", name),
            ] {
                spec[path: ["template", "metadata", "labels", label]] = value
            }
            spec["selector"] = ["matchLabels": ["batch.kubernetes.io/controller-uid": uid]]
        }
        if var template = spec[path: ["template", "spec"]] {
            podSpec(&template)
            spec[path: ["template", "spec"]] = template
        }
        object["spec"] = spec
        object["status"] = .object([])
    }

    /// `Guaranteed`: every container limits CPU and memory to what it requests. `BestEffort`: none says anything.
    static func qualityOfService(_ spec: JSONValue) -> String {
        let resources = ["initContainers", "containers"].flatMap { spec[$0]?.array ?? [] }
            .map { $0["resources"] ?? .null }
        if resources.allSatisfy({ ($0["requests"]?.texts ?? [:]).isEmpty && ($0["limits"]?.texts ?? [:]).isEmpty }) {
            return "BestEffort"
        }
        let isGuaranteed = resources.allSatisfy { resource in
            let limits = resource["limits"]?.texts ?? [:]
            let requests = resource["requests"]?.texts ?? limits
            return ["cpu", "memory"].allSatisfy { limits[$0] != nil && (requests[$0] ?? limits[$0]) == limits[$0] }
        }
        return isGuaranteed ? "Guaranteed" : "Burstable"
    }
}

extension JSONValue {
    /// Sets a member that is missing or null.
    mutating func setDefault(_ name: String, _ value: JSONValue) {
        if self[name]?.isNull ?? true { self[name] = value }
    }
}
