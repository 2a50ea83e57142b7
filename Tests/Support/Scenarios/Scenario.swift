package import Basics
internal import Testing
internal import YAMLTree

/// A Job with sidecars that keep it open, and what becomes of it under a terminator. Run on a real node and on a
/// simulated one; both have to agree.
package struct Scenario: Sendable, CustomTestStringConvertible {
    /// What happens to the pod beside its own programs.
    package enum Incident: Sendable {
        /// It is deleted as soon as main runs.
        case deletion
    }

    /// The Job's name, too.
    package var id: String
    package var title: String
    package var policy: String
    package var backoffLimit: Int
    /// How many pods have to succeed, two of them at a time.
    package var completions: Int
    package var containers: [ScenarioContainer]
    package var annotations: [String: String]
    /// Further fields of the pod's spec.
    package var podFields: [JSONValue.Member]
    /// Of the Job's.
    package var jobFields: [JSONValue.Member]
    package var incident: Incident?
    /// The Job's whole spec, where it is somebody else's and to be used as it is.
    package var spec: JSONValue?
    package var expected: Outcome

    package var testDescription: String { title }

    /// - Parameter expected: by default the Job completes with main's 0 and a pod that has succeeded.
    init(
        _ id: String, _ title: String, policy: String = "Never", backoffLimit: Int = 0,
        completions: Int = 1, _ containers: [ScenarioContainer], annotations: [String: String] = [:],
        pod: JSONValue = .object([]),
        job: JSONValue = .object([]), incident: Incident? = nil, expect expected: Outcome
    ) {
        self.id = id
        self.title = title
        self.policy = policy
        self.backoffLimit = backoffLimit
        self.completions = completions
        self.containers = containers
        self.annotations = annotations
        podFields = if case .object(let members) = pod { members } else { [] }
        jobFields = if case .object(let members) = job { members } else { [] }
        self.incident = incident
        self.expected = expected
    }

    /// Of somebody else's Job. What its containers run is known by image and command.
    init(_ id: String, _ title: String, spec: JSONValue, expect expected: Outcome) {
        self.init(id, title, [], expect: expected)
        self.spec = spec
    }

    /// Names of those that are no sidecars.
    package var mains: [String] { Array(expected.codes.keys) }

    /// The Job as its author would write it.
    package func job(in namespace: String, name: String? = nil) -> JSONValue {
        let metadata: JSONValue = ["name": .string(name ?? id), "namespace": .string(namespace)]
        if let spec { return ["apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec] }
        var spec: [JSONValue.Member] = [
            .init("restartPolicy", .string(policy)), .init("terminationGracePeriodSeconds", 3),
            .init("automountServiceAccountToken", false),
            .init("containers", .array(containers.map(\.manifest))),
        ]
        spec += podFields
        let annotations = annotations.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
        let jobSpec: [JSONValue.Member] = [
            .init("backoffLimit", .integer(Int64(backoffLimit))),
            .init("completions", .integer(Int64(completions))),
            .init("parallelism", .integer(Int64(min(completions, 2)))),
            .init("template", ["metadata": ["annotations": .object(annotations)], "spec": .object(spec)]),
        ]
        return [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": .object(jobSpec + jobFields),
        ]
    }
}
