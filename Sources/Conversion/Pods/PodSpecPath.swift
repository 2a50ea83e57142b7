/// Where a custom resource keeps a pod's spec: `spec.workers[].template.spec`. Names with dots between them; `[]` behind a
/// name means every element of a list, `*` every value of a mapping.
package struct PodSpecPath: Sendable {
    enum Step: Sendable {
        case field(String)
        case elements(String)
        case values
    }

    let steps: [Step]

    init(_ path: String) {
        steps = path.split(separator: ".").map { step in
            step == "*" ? .values : step.hasSuffix("[]") ? .elements(String(step.dropLast(2))) : .field(String(step))
        }
    }

    package static func isValid(_ path: String) -> Bool {
        path.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { step in
            let name = step.hasSuffix("[]") ? step.dropLast(2) : step
            return !name.isEmpty && !name.contains { "[] ".contains($0) }
        }
    }
}
