import Basics
import YAMLTree

/// A column of what `kubectl get` prints.
struct TableColumn: Sendable {
    let name: String
    var type = "string"
    var format = ""
    let cell: @Sendable (JSONValue, KubeTime) -> JSONValue

    var definition: JSONValue {
        [
            "name": .string(name), "type": .string(type), "format": .string(format), "description": "", "priority": 0,
        ]
    }

    static func columns(of type: ResourceType) -> [TableColumn] {
        switch type.storage {
        case "pods": [named, ready, podStatus, restarts, age]
        case "jobs.batch": [named, jobStatus, completions, age]
        case "namespaces": [named, text("Status", "status.phase"), age]
        case "leases.coordination.k8s.io": [named, text("Holder", "spec.holderIdentity"), age]
        case "events":
            [text("Type", "type"), text("Reason", "reason"), text("Message", type.group.isEmpty ? "message" : "note")]
        default: [named, age]
        }
    }

    private static let named = TableColumn(name: "Name", format: "name") { object, _ in
        object[path: ["metadata", "name"]] ?? ""
    }

    private static let age = TableColumn(name: "Age") { object, now in
        guard let made = object.text(at: "metadata.creationTimestamp").flatMap(KubeTime.init) else {
            return "<unknown>"
        }
        return .string(duration(now.seconds - made.seconds))
    }

    private static let ready = TableColumn(name: "Ready") { pod, _ in
        let statuses = pod[path: ["status", "containerStatuses"]]?.array ?? []
        let count = pod[path: ["spec", "containers"]]?.array?.count ?? 0
        return .string("\(statuses.count { $0["ready"]?.boolean == true })/\(count)")
    }

    private static let podStatus = TableColumn(name: "Status") { pod, _ in
        if pod.text(at: "metadata.deletionTimestamp") != nil { return "Terminating" }
        return .string(pod.text(at: "status.reason") ?? pod.text(at: "status.phase") ?? "")
    }

    private static let restarts = TableColumn(name: "Restarts", type: "integer") { pod, _ in
        let statuses = pod[path: ["status", "containerStatuses"]]?.array ?? []
        return .integer(Int64(statuses.reduce(0) { $0 + ($1["restartCount"]?.integer ?? 0) }))
    }

    private static let jobStatus = TableColumn(name: "Status") { job, _ in
        let conditions = job[path: ["status", "conditions"]]?.array ?? []
        let isTrue = { (name: String) in conditions.contains { $0["type"]?.string == name && $0["status"] == "True" } }
        return .string(["Complete", "Failed", "Suspended"].first(where: isTrue) ?? "Running")
    }

    private static let completions = TableColumn(name: "Completions") { job, _ in
        let done = job[path: ["status", "succeeded"]]?.integer ?? 0
        return .string("\(done)/\(job[path: ["spec", "completions"]]?.integer ?? 1)")
    }

    private static func text(_ name: String, _ path: String) -> TableColumn {
        TableColumn(name: name) { object, _ in .string(object.text(at: path) ?? "") }
    }

    private static func duration(_ seconds: Int64) -> String {
        switch max(0, seconds) {
        case let seconds where seconds < 120: "\(seconds)s"
        case let seconds where seconds < 7200: "\(seconds / 60)m"
        case let seconds where seconds < 172_800: "\(seconds / 3600)h"
        case let seconds: "\(seconds / 86_400)d"
        }
    }
}
