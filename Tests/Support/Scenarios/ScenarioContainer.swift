package import Basics
internal import YAMLTree

/// A container of a scenario's pod.
package struct ScenarioContainer: Sendable {
    package var name: String
    package var program: Program
    package var variables: [String: String]
    /// Further fields of the container.
    package var fields: [JSONValue.Member] = []

    init(_ name: String, _ program: Program, _ variables: [String: String] = [:], _ fields: JSONValue = .object([])) {
        self.name = name
        self.program = program
        self.variables = variables
        if case .object(let members) = fields { self.fields = members }
    }

    static func main(_ program: Program, name: String = "main", _ fields: JSONValue = .object([])) -> Self {
        Self(name, program, [:], fields)
    }

    /// With OpenKruise's marker.
    static func sidecar(
        _ program: Program, name: String = "sidecar", ignoresExitCode: Bool = false, _ fields: JSONValue = .object([])
    ) -> Self {
        var variables = [Marker.terminate: "true"]
        if ignoresExitCode { variables[Marker.ignoreExitCode] = "true" }
        return Self(name, program, variables, fields)
    }

    /// What says that it is a sidecar stands elsewhere.
    static func unmarked(_ program: Program) -> Self { Self("sidecar", program) }

    var manifest: JSONValue {
        let manifest = JSONValue.object(present: [
            "name": .string(name), "image": .string(program.image), "imagePullPolicy": "IfNotPresent",
            "command": program.command.isEmpty ? nil : .array(program.command.map(JSONValue.string)),
            "env": variables.isEmpty
                ? nil
                : .array(
                    variables.sorted { $0.key < $1.key }.map { ["name": .string($0.key), "value": .string($0.value)] }),
        ])
        guard case .object(let members) = manifest else { return manifest }
        return .object(members + fields)
    }
}
