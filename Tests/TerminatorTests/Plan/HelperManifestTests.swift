import Basics
import KubeClient
import KubeModel
import PodRules
import PodTestSupport
import Testing
import YAMLTree

@testable import Terminator

/// What an ephemeral container takes over of the one beside it: what decides whether a program starts, and nothing that
/// the API server refuses in such a container.
@Suite struct HelperManifestTests {
    static let container = """
        {"name":"sidecar","image":"busybox:1","command":["sh","-c"],"args":["sleep 9"],"workingDir":"/w",
        "env":[{"name":"A","value":"1"},{"name":"B","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}],
        "envFrom":[{"configMapRef":{"name":"c"}}],"securityContext":{"runAsNonRoot":true,"runAsUser":1000},
        "imagePullPolicy":"IfNotPresent","ports":[{"containerPort":1}],"resources":{"limits":{"cpu":"1"}},
        "livenessProbe":{"tcpSocket":{"port":1}},"lifecycle":{"preStop":{"sleep":{"seconds":1}}},
        "terminationMessagePath":"/dev/termination-log","restartPolicy":"Never",
        "volumeMounts":[{"name":"d","mountPath":"/d"},{"name":"p","mountPath":"/p","subPath":"x"},
        {"name":"q","mountPath":"/q","subPathExpr":"$(A)"}]}
        """

    static func node() throws -> YAMLNode { try YAMLNode(parsing: Array(container.utf8)) }

    @Test func `a rehearsal`() throws {
        let manifest = HelperManifest.rehearsal("kpipe-reh-1", of: try Self.node(), image: "exit0:latest").value
        #expect(
            manifest.text == #"{"name":"kpipe-reh-1","image":"exit0:latest","command":["sh","-c"],"args":["sleep 9"],"#
                + #""workingDir":"/w","env":[{"name":"A","value":"1"},"#
                + #"{"name":"B","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}],"#
                + #""envFrom":[{"configMapRef":{"name":"c"}}],"#
                + #""securityContext":{"runAsNonRoot":true,"runAsUser":1000},"imagePullPolicy":"IfNotPresent","#
                + #""volumeMounts":[{"name":"d","mountPath":"/d"}]}"#)
    }

    @Test func `finding out as whom it runs`() throws {
        let manifest = HelperManifest.user("kpipe-user-1", of: try Self.node(), image: "exit0:latest").value
        #expect(
            manifest.text == #"{"name":"kpipe-user-1","image":"exit0:latest","#
                + #""securityContext":{"runAsNonRoot":true,"runAsUser":1000},"command":["/kpipe-signal","user"],"#
                + #""imagePullPolicy":"IfNotPresent","targetContainerName":"sidecar"}"#)
    }

    @Test(arguments: [
        (Int64(1000), #"{"runAsNonRoot":true,"runAsUser":1000}"#), (7, #"{"runAsNonRoot":true,"runAsUser":7}"#),
        (0, #"{"runAsUser":0}"#),
    ])
    func `a signal, as that user`(_ user: Int64, _ security: String) throws {
        let manifest = HelperManifest.signal("kpipe-sig-1", "INT", to: try Self.node(), as: user, image: "x").value
        #expect(
            manifest.text == #"{"name":"kpipe-sig-1","image":"x","securityContext":\#(security),"#
                + #""command":["/kpipe-signal","INT"],"imagePullPolicy":"IfNotPresent","targetContainerName":"sidecar"}"#
        )
    }

    @Test func `the swap is tried as it would be made`() {
        let pod = PodSketch().container("main", .exit(0)).sidecar("b").sidecar("a").facts()
        let request = PlanRequests.trial(["a": "x", "b": "x"], Progress("a=image@1/0?"), of: pod)
        #expect(request.query.map { "\($0.name)=\($0.value)" } == ["dryRun=All"])
        #expect(request.path == "/api/v1/namespaces/team/pods/step-x7")
        #expect(
            PlanRequestsTests.text(request) == #"{"metadata":{\#(PlanRequestsTests.head),"#
                + #""annotations":{"sidecar.k-pipe.cloud/terminating":"a=image@1/0?"}},"#
                + #""spec":{"containers":[{"name":"b","image":"x"},{"name":"a","image":"x"}]}}"#)
    }
}
