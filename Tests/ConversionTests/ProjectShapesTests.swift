import Testing

@testable import Conversion

/// How public projects write pods with sidecars: what was looked at, a small manifest of our own of the same shape, and what is
/// right for it. `GoldenTests` validates each by the API's schema, and has what becomes of it.
@Suite struct ProjectShapesTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        var project: String
        /// The release before, and the commit.
        var version: String
        var file: String
        /// In `Tests/Fixtures/render`.
        var manifest: String
        /// The containers that become native.
        var moves: [String] = []
        /// What its owner is told, but for which Kubernetes it takes.
        var warnings: [String] = []

        var testDescription: String { "\(project) \(version): \(file)" }
    }

    static let shapes: [Shape] = [
        Shape(
            project: "projectcontour/contour", version: "v1.33.6, 31c4bb38e", file: "examples/contour/03-envoy.yaml",
            manifest: "unchanged-contour-gateway.yaml", warnings: ["KS130"]),
        Shape(
            project: "GoogleCloudPlatform/cloud-sql-proxy", version: "v2.25.3, 31c3b33e",
            file: "examples/k8s-sidecar/job_with_shutdown_hook.yaml", manifest: "cloud-sql-shutdown-hook.yaml",
            moves: ["cloud-sql-proxy"], warnings: ["KS103", "KS109"]),
        Shape(
            project: "ray-project/kuberay", version: "v1.7.0-rc.0, feeaf72fa",
            file: "ray-operator/config/samples/ray-cluster.fluentbit.yaml", manifest: "kuberay-logs.yaml",
            moves: ["fluentbit"], warnings: ["KS103"]),
        Shape(
            project: "prometheus-operator/kube-prometheus", version: "v0.18.0, 4d719f1d",
            file: "manifests/blackboxExporter-deployment.yaml", manifest: "kube-prometheus-exporter.yaml",
            moves: ["reloader", "kube-rbac-proxy"], warnings: ["KS103", "KS112", "KS129"]),
        Shape(
            project: "kubernetes-csi/csi-driver-nfs", version: "v4.13.4, d3b27c00",
            file: "deploy/csi-nfs-controller.yaml",
            manifest: "csi-controller.yaml", moves: ["csi-provisioner", "liveness-probe"], warnings: ["KS103"]),
        Shape(
            project: "argoproj/argo-workflows", version: "v4.1.2, f016ad89eb", file: "examples/sidecar-nginx.yaml",
            manifest: "unchanged-argo-sidecars.yaml"),
        Shape(
            project: "tektoncd/pipeline", version: "v1.15.0, 3ee1745ae",
            file: "examples/v1/taskruns/sidecar-ready.yaml",
            manifest: "unchanged-tekton-sidecars.yaml"),
        Shape(
            project: "kubernetes/git-sync", version: "v4.7.1, e2be7fa", file: "demo/deployment.yaml",
            manifest: "git-sync-site.yaml", moves: ["git-sync"], warnings: ["KS103"]),
        Shape(
            project: "dapr/dapr", version: "v1.18.3-rc.2, d8450742ce", file: "tests/apps/job-publisher/service.yaml",
            manifest: "unchanged-dapr-annotated.yaml", warnings: ["KS118"]),
        Shape(
            project: "openkruise/kruise", version: "v1.9.0-alpha3, 07169cfac",
            file: "docs/proposals/20230130-job-sidecar-terminator.md", manifest: "kruise-log.yaml", moves: ["log"],
            warnings: ["KS103"]),
    ]

    @Test(arguments: shapes) func aProjectsShapeIsTakenForWhatItIs(_ shape: Shape) throws {
        let bytes = try GoldenTests.bytes(shape.manifest)
        let conversion = try GoldenTests.converter(bytes).convert(bytes)
        #expect(
            conversion.diagnostics.filter { $0.rule.id == Rule.converted.id }.compactMap(\.container) == shape.moves)
        let told = conversion.diagnostics.filter { $0.severity != .note && $0.rule.id != Rule.kubelets.id }
        #expect(Set(told.map(\.rule.id)).sorted() == shape.warnings)
        #expect(conversion.isChanged == !shape.moves.isEmpty)
    }

    @Test func tenProjectsAreThere() { #expect(Set(Self.shapes.map(\.project)).count >= 10) }
}
