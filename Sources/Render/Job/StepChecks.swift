internal import Basics
internal import YAMLTree

/// What the API server, or the kubelet, would refuse of the fields that are handed on as they stand.
extension FieldReader {
    /// - Parameter problem: `nil` for a text that is fine.
    mutating func check(_ name: String, _ problem: (String) -> String?) {
        guard let value = node(name), let text = value.text, let message = problem(text) else { return }
        report(value, at: name, message)
    }

    /// Variables have names, what they are taken from too; amounts can be read, and none is beyond its limit.
    mutating func checkContainer() {
        for (index, variable) in list("env").enumerated() {
            let name = variable["name"]?.text ?? ""
            if name.isEmpty || name.contains("=") {
                report(variable, at: "env[\(index)].name", "expected a variable's name, found \u{201C}\(name)\u{201D}")
            }
        }
        for (index, source) in list("envFrom").enumerated() {
            for kind in ["secretRef", "configMapRef"] {
                guard let node = source[kind]?["name"], let name = node.text,
                    let problem = ObjectName.problem(ofSubdomain: name)
                else { continue }
                report(node, at: "envFrom[\(index)].\(kind).name", problem)
            }
        }
        guard let resources = node("resources") else { return }
        let requests = amounts(resources, "requests")
        let limits = amounts(resources, "limits")
        for (name, request) in requests.sorted(by: { $0.key < $1.key }) {
            guard let limit = limits[name], limit.amount < request.amount else { continue }
            report(request.node, at: "resources.requests.\(name)", "is more than its limit")
        }
    }

    private mutating func amounts(_ resources: YAMLNode, _ field: String) -> [String: Amount] {
        var amounts: [String: Amount] = [:]
        for pair in resources[field]?.mapping?.pairs ?? [] {
            if let amount = pair.value.text.flatMap({ Quantity($0) }) {
                amounts[pair.key] = Amount(node: pair.value, amount: amount)
            } else {
                report(
                    pair.value, at: "resources.\(field).\(pair.key)",
                    "expected an amount such as 500m or 4Gi, found \u{201C}\(pair.value.text ?? "")\u{201D}")
            }
        }
        return amounts
    }

    private struct Amount {
        let node: YAMLNode
        let amount: Quantity
    }
}
