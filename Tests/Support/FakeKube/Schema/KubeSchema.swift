import Foundation
import TestSupport

/// Kubernetes' own types: what members they have, how these are numbered in protobuf, how lists merge. Made by
/// `scripts/lib/kube-schema.py`.
struct KubeSchema: Sendable {
    private let messages: [String: SchemaMessage]

    static let builtIn = KubeSchema(
        text: (try? String(contentsOfFile: Repository.path("Tests/Fixtures/kube/schema.txt"), encoding: .utf8)) ?? "")

    init(text: String) {
        var messages: [String: SchemaMessage] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let name = words.first else { continue }
            messages[String(name)] = SchemaMessage(String(name), words.dropFirst().compactMap { SchemaField($0) })
        }
        self.messages = messages
    }

    func message(_ name: String) -> SchemaMessage? { messages[name] }

    func message(of field: SchemaField) -> SchemaMessage? {
        if case .message(let name) = field.value { messages[name] } else { nil }
    }

    /// `nil` for custom resources.
    func message(apiVersion: String, kind: String) -> SchemaMessage? {
        if kind == "Status" || kind == "DeleteOptions" { return messages["meta.\(kind)"] }
        let group = apiVersion.contains("/") ? apiVersion.split(separator: "/")[0] : "core"
        return messages["\(group.split(separator: ".").first ?? "")" + ".\(kind)"]
    }

    func message(for type: ResourceType) -> SchemaMessage? { message(apiVersion: type.apiVersion, kind: type.kind) }

    /// Messages that JSON writes as one value.
    static func isScalarInJSON(_ name: String) -> Bool {
        ["meta.Time", "meta.MicroTime", "resource.Quantity", "intstr.IntOrString", "meta.FieldsV1"].contains(name)
    }
}
