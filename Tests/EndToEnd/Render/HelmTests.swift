import Basics
import FakeKube
import TestSupport
import Testing

/// The post-renderer plugin as Helm 4 runs it: Helm's own library installs a chart into a cluster.
@Suite(.requires(module: .helm)) struct HelmTests {
    private static let job = """
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: {{ .Release.Name }}
        spec:
          template:
            spec:
              restartPolicy: Never
              containers:
              - name: main
                image: a
              - name: side
                image: b
                env:
                - {name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: "true"}

        """

    /// Helm finds the plugin as it does after `helm plugin install`, and the program on the `PATH`.
    private static let script = """
        import json, sys
        from helm_python import Config, _native
        kubeconfig, chart, *arguments = sys.argv[1:]
        options = {"namespace": "default", "post_renderer": "kpipe-sidecar", "post_renderer_args": arguments}
        with Config(kubeconfig_path=kubeconfig, namespace="default") as config:
            _native.call_string(
                "helm_install", config._raw(), _native.HANDLE(0), _native.HANDLE(0), chart, "report", None,
                json.dumps(options))
        """

    private static func install(
        _ arguments: [String], into server: FakeAPIServer, _ folder: TemporaryFolder
    ) async throws -> Finished {
        try folder.write("apiVersion: v2\nname: shop\nversion: 0.1.0\n", to: "shop/Chart.yaml")
        try folder.write(job, to: "shop/templates/job.yaml")
        try folder.write(server.kubeconfig(), to: "kubeconfig")
        let programs = try Product.sidecar.path.split(separator: "/").dropLast().joined(separator: "/")
        return try await run(
            Tool.python.path ?? "python3", ["-c", script, folder["kubeconfig"], folder["shop"]] + arguments,
            environment: [
                "HELM_PLUGINS": Repository.path("manifests"), "PATH": "/\(programs):/usr/bin:/bin", "HOME": folder.path,
            ])
    }

    @Test func aReleaseIsConvertedAndItsFindingsNameTheTemplate() async throws {
        let server = try await FakeAPIServer.start()
        let folder = try TemporaryFolder("helm")
        let helm = try await Self.install(
            ["--output-file=\(folder["findings"])", "--kube-version=1.36", "-v"], into: server, folder)
        #expect(helm.status == .exited(0), "\(helm.error)")
        let job = try #require(server.update { $0.object("Job", "report", in: "default") })
        let spec = job[path: ["spec", "template", "spec"]]
        #expect(spec?["initContainers"]?[0]?["restartPolicy"] == "Always")
        #expect(spec?["containers"]?.array?.map { $0["name"] } == ["main"])
        let findings = try folder.text("findings").split(separator: "\n")
        #expect(findings.contains { $0.contains(" KS100 ") })
        #expect(findings.allSatisfy { $0.hasSuffix(" [shop/templates/job.yaml]") }, "\(findings)")
    }

    @Test func aPodThatIsRefusedEndsTheReleaseBeforeAnythingIsApplied() async throws {
        let server = try await FakeAPIServer.start()
        let folder = try TemporaryFolder("helm")
        let helm = try await Self.install(["--sidecar=main"], into: server, folder)
        #expect(helm.error.contains("kpipe-sidecar"))
        #expect(!helm.status.isSuccess && server.update { $0.object("Job", "report", in: "default") } == nil)
    }
}
