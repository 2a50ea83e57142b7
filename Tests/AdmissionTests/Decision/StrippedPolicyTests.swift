import KubeClient
import KubeRuntime
import Testing
import YAMLTree

@testable import Admission

/// Other webhooks that drop `restartPolicy` from init containers.
@Suite struct StrippedPolicyTests {
    static func pod(managed: String, initContainer: String = "") -> String {
        """
        metadata:
          name: step
          ownerReferences: [{apiVersion: batch/v1, kind: Job, name: step, uid: j, controller: true}]
          managedFields:
          - fieldsV1:
              f:spec: \(managed)
        spec:
          initContainers: [{name: logger, image: b\(initContainer)}]
          containers: [{name: main, image: b}]
        """
    }

    @Test(
        arguments: [
            // Its creator sent a native sidecar.
            (#"{"f:initContainers": {"k:{\"name\":\"logger\"}": {"f:restartPolicy": {}}}}"#, "", true),
            // Its creator sent an ordinary container, which we had moved.
            (#"{"f:containers": {"k:{\"name\":\"logger\"}": {"f:image": {}}}}"#, "", true),
            // An ordinary init container, as its creator sent it.
            (#"{"f:initContainers": {"k:{\"name\":\"logger\"}": {"f:image": {}}}}"#, "", false),
            // The API server refuses such an init container.
            ("{}", ", startupProbe: {tcpSocket: {port: 80}}", true),
            ("{}", "", false),
            // Nobody took anything.
            (
                #"{"f:initContainers": {"k:{\"name\":\"logger\"}": {"f:restartPolicy": {}}}}"#,
                ", restartPolicy: Always", false
            ),
            (#"{"f:containers": {"nonsense": 1, "k:[": {}, "k:{}": {}}}"#, "", false),
        ] as [(String, String, Bool)])
    func isPutBack(managed: String, more: String, isStripped: Bool) throws {
        let request = try Reviews.creating(Self.pod(managed: managed, initContainer: more))
        let decision = AdmissionDecision(request, in: Reviews.surroundings())
        #expect(decision.result == (isStripped ? .restored : .unchanged))
        #expect(decision.sidecars == (isStripped ? ["logger"] : []))
        #expect(decision.event?.reason == (isStripped ? AdmissionEvent.restored : nil))
        #expect(decision.warnings.isEmpty == !isStripped)
    }
}
