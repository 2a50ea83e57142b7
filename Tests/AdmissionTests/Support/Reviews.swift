import Basics
import Foundation
import PodRules
import TestSupport
import YAMLTree

@testable import Admission

/// Reviews as a real API server sent them, and pods made by hand.
enum Reviews {
    static func recorded() throws -> [[UInt8]] {
        let file = URL(filePath: Repository.path("Tests/Fixtures/recordings/admission.reviews.jsonl"))
        return try Data(contentsOf: file).split(separator: 0x0A).map { Array($0) }
    }

    static func surroundings(_ change: (inout AdmissionSurroundings) -> Void = { _ in }) -> AdmissionSurroundings {
        var surroundings = AdmissionSurroundings(
            version: KubeVersion("1.36"), namespace: NamespaceLabels(converts: true),
            excludedNamespaces: ["kube-system", "kpipe-system"])
        change(&surroundings)
        return surroundings
    }

    /// A request to create `pod`, which is YAML without `apiVersion` and `kind`.
    static func creating(_ pod: String, namespace: String = "team") throws -> AdmissionRequest {
        AdmissionRequest(
            uid: "u", kind: .pod, namespace: namespace,
            object: try YAMLNode(json: Array(try json("apiVersion: v1\nkind: Pod\n" + pod).utf8)))
    }

    static func job(_ job: String, kind: AdmissionRequest.Kind = .job) throws -> AdmissionRequest {
        AdmissionRequest(
            uid: "u", kind: kind, namespace: "team",
            object: try YAMLNode(json: Array(try json("apiVersion: batch/v1\nkind: \(kind.kind)\n" + job).utf8)))
    }

    static func json(_ yaml: String) throws -> String { JSONValue(try YAMLNode(parsing: yaml)).text }

    static let marked = """
        metadata:
          name: step
        spec:
          restartPolicy: Never
          containers:
          - name: main
            image: busybox
          - name: logger
            image: busybox
            command: [sleep, "100"]
            env:
            - name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT
              value: "true"
        """
}
