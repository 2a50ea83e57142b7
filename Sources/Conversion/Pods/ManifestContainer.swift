package import PodRules

/// A container of a pod, by its place in the text.
package struct ManifestContainer {
    package let node: SourceNode
    package let name: String
    /// The position in its list.
    package let index: Int

    package var image: String? { node["image"]?.text }
    package var known: KnownSidecar? { KnownSidecar.named(name, image: image) }
    var marks: ContainerMarks { ContainerMarks(name: name, image: image ?? "", variable: environment) }
    package var isNativeSidecar: Bool { node["restartPolicy"]?.text == "Always" }

    /// The program and its arguments.
    package var words: [String] { [node["command"], node["args"]].flatMap { $0?.elements ?? [] }.compactMap(\.text) }

    /// The same as one text, for looking at.
    package var commandLine: String { words.joined(separator: " ") }

    /// The literal value of a variable.
    package func environment(_ name: String) -> String? {
        node["env"]?.elements?.last { $0["name"]?.text == name }?["value"]?.text
    }

    package static func list(_ node: SourceNode?, called field: String) throws(EditRefusal) -> [ManifestContainer] {
        guard let node, !node.isNull else { return [] }
        guard let elements = node.elements else {
            throw EditRefusal(.shape, at: node, "expected \(field) to be a list")
        }
        var containers: [ManifestContainer] = []
        for (index, element) in elements.enumerated() {
            guard element.isMapping, let name = element["name"]?.text else {
                throw EditRefusal(.shape, at: element, "expected an element of \(field) to be a mapping with a name")
            }
            containers.append(ManifestContainer(node: element, name: name, index: index))
        }
        return containers
    }
}
