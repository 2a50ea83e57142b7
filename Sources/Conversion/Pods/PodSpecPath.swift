/// Where a custom resource keeps a pod's spec: `spec.workers[].template.spec`.
package enum PodSpecPath {
    /// Names with dots between them; `[]` behind a name means every element of a list.
    package static func isValid(_ path: String) -> Bool {
        path.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { step in
            let name = step.hasSuffix("[]") ? step.dropLast(2) : step
            return !name.isEmpty && !name.contains { "[] ".contains($0) }
        }
    }
}
