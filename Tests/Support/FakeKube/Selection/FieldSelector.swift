import Basics
import YAMLTree

/// `status.phase=Running,spec.nodeName!=a`, checked against the few fields that a resource can be selected by.
struct FieldSelector: Sendable, Equatable {
    struct Term: Sendable, Equatable {
        var field: String
        var value: String
        var isEqual: Bool
    }

    var terms: [Term] = []
    var isEmpty: Bool { terms.isEmpty }

    init() {}

    init(_ text: String, for type: ResourceType) throws(StatusError) {
        for part in text.split(separator: ",") {
            guard let match = part.wholeMatch(of: /([^!=]+)(!=|==|=)(.*)/) else {
                throw .badRequest("invalid selector: '\(text)'; can't understand '\(part)'")
            }
            let field = String(match.1)
            guard Self.fields(of: type).contains(field) else {
                let known = Self.fields(of: type).map { "\"\($0)\"" }.joined(separator: ", ")
                throw .badRequest(
                    Self.particular[type.storage] == nil
                        ? "\"\(field)\" is not a known field selector: only \(known)"
                        : "field label not supported: \(field)")
            }
            terms.append(Term(field: field, value: String(match.3), isEqual: match.2 != "!="))
        }
    }

    /// A missing field counts as an empty text.
    func matches(_ object: JSONValue) -> Bool {
        terms.allSatisfy { term in
            (Self.value(term.field, of: object) == term.value) == term.isEqual
        }
    }

    /// The value that `metadata.name` must have, where this asks for one.
    var name: String? { terms.first { $0.field == "metadata.name" && $0.isEqual }?.value }

    private static func value(_ field: String, of object: JSONValue) -> String {
        let value = object[path: field.split(separator: ".").map(String.init)]
        switch value {
        case .string(let text)?: return text
        case .bool(let value)?: return String(value)
        case .integer(let value)?: return String(value)
        default: break
        }
        switch field {
        case "spec.hostNetwork", "spec.unschedulable": return "false"
        case "status.successful": return String(object[path: ["status", "succeeded"]]?.integer ?? 0)
        case _ where field.hasPrefix("involvedObject."):
            return object.text(at: field.replacing("involvedObject.", with: "regarding.")) ?? ""
        case "reportingComponent": return object.text(at: "reportingController") ?? ""
        case "source": return object.text(at: "source.component") ?? object.text(at: "reportingComponent") ?? ""
        default: return ""
        }
    }

    private static func fields(of type: ResourceType) -> [String] {
        let common = type.isNamespaced ? ["metadata.name", "metadata.namespace"] : ["metadata.name"]
        return common + (particular[type.storage] ?? [])
    }

    private static let particular: [String: [String]] = [
        "pods": [
            "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
            "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
        ],
        "events": [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
            "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
            "reportingComponent", "source", "type",
        ],
        "namespaces": ["status.phase"], "nodes": ["spec.unschedulable"], "secrets": ["type"],
        "jobs.batch": ["status.successful"], "replicasets.apps": ["status.replicas"],
        "services": ["spec.clusterIP", "spec.type"],
    ]
}
