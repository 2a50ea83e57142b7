import Basics
import Foundation
import TestSupport
import Testing
import YAMLTree

/// A kustomization and its patches, converted together: what a real kustomize builds of it afterwards is what it built before,
/// converted.
@Suite(.requires(.kubectl)) struct KustomizeFolderTests {
    private static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - name: log
                image: registry.example/log:1
                env:
                - name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT
                  value: "true"
              - name: main
                image: registry.example/web:1
              - name: proxy
                image: registry.example/proxy:1
                ports: [{containerPort: 8080}]
                env:
                - name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT
                  value: "true"

        """

    private static let merge = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          template:
            spec:
              containers:
              # More for the proxy.
              - name: proxy
                resources: {limits: {memory: 64Mi}}
              - name: main
                resources: {limits: {memory: 256Mi}}

        """

    /// The overlay's kustomization and further files; whether all of it could be rewritten.
    static let overlays: [(name: String, kustomization: String, files: [String: String], isWhole: Bool)] = [
        ("a strategic merge patch", "patches:\n- path: patch.yaml\n", ["patch.yaml": merge], true),
        ("an old one", "patchesStrategicMerge:\n- patch.yaml\n", ["patch.yaml": merge], true),
        (
            "one for the proxy alone, in the kustomization",
            "patches:\n- target: {kind: Deployment, name: web}\n  patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n"
                + "    metadata:\n      name: web\n    spec:\n      template:\n        spec:\n          containers:\n"
                + "          - name: proxy\n            image: registry.example/proxy:2\n", [:], true
        ),
        (
            "a JSON patch",
            "patches:\n- target: {kind: Deployment}\n  path: patch.json\n",
            [
                "patch.json":
                    #"[{"op": "replace", "path": "/spec/template/spec/containers/2/image", "value": "p:3"},"#
                    + #" {"op": "replace", "path": "/spec/template/spec/containers/1/image", "value": "w:3"}]"#
            ], true
        ),
        (
            "a JSON patch in YAML, in the kustomization",
            "patches:\n- target: {kind: Deployment, name: web}\n  patch: |\n    - op: add\n"
                + "      path: /spec/template/spec/containers/0/workingDir\n      value: /tmp\n", [:], true
        ),
        (
            "another image, beside a patch",
            "images: [{name: registry.example/proxy, newName: mirror.example/relay, newTag: '2'}]\n"
                + "patches:\n- path: patch.yaml\n", ["patch.yaml": merge], true
        ),
        (
            "one that adds a container in the middle",
            "patches:\n- target: {kind: Deployment, name: web}\n  patch: |\n    - op: add\n"
                + "      path: /spec/template/spec/containers/1\n      value: {name: more, image: m}\n", [:], false
        ),
        (
            "a patch of another object", "patches:\n- path: patch.yaml\n",
            ["patch.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n"], true
        ),
    ]

    private func folder(_ index: Int) throws -> TemporaryFolder { try written(Self.overlays[index]) }

    private func written(
        _ overlay: (name: String, kustomization: String, files: [String: String], isWhole: Bool)
    ) throws -> TemporaryFolder {
        let folder = try TemporaryFolder("overlay")
        try folder.write(Self.deployment, to: "base/web.yaml")
        try folder.write("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n", to: "base/map.yaml")
        try folder.write("resources: [web.yaml, map.yaml]\n", to: "base/kustomization.yaml")
        try folder.write(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../../base]\n"
                + overlay.kustomization, to: "overlays/prod/kustomization.yaml")
        for (name, text) in overlay.files { try folder.write(text, to: "overlays/prod/\(name)") }
        return folder
    }

    private func build(_ folder: TemporaryFolder) async throws -> String {
        try await output(try #require(Tool.kubectl.path), ["kustomize", folder["overlays/prod"]])
    }

    @Test(arguments: overlays.indices) func whatIsBuiltIsWhatWasBuiltAndConverted(_ index: Int) async throws {
        let folder = try folder(index)
        let before = try await build(folder)
        let expected = try await output(
            Product.sidecar.path, ["render", "convert", "--kube-version", "1.36", "-"], input: Array(before.utf8))
        let finished = try await run(
            Product.sidecar.path, ["render", "convert", "-i", "-v", "-R", ".", "--kube-version", "1.36"],
            folder: folder.path)
        #expect(finished.status == .exited(0), "\(finished.error)")
        #expect(finished.error.contains("KS120 warning: ") != Self.overlays[index].isWhole, "\(finished.error)")
        guard Self.overlays[index].isWhole else { return }
        let after = try await build(folder)
        #expect(try Self.canonical(after) == Self.canonical(expected), "\(after)\n\(finished.error)")
        // Once more, there is nothing left to do.
        let again = try await run(
            Product.sidecar.path, ["render", "convert", "--check", "-R", ".", "--kube-version", "1.36"],
            folder: folder.path)
        #expect(again.status == .exited(0), "\(again.error)")
        #expect(try await build(folder) == after)
    }

    /// What a patch brings or takes back, the findings about it with the line of the patch, and what the patch has to have
    /// besides, so that what is built afterwards is what was built and converted.
    static let outcomes: [(patch: String, findings: [String], mended: String?)] = [
        (
            "      - name: proxy\n        readinessProbe: {httpGet: {path: /ready, port: 8080}}\n",
            [
                "9: KS139 warning: as patched, containers.proxy.startupProbe has to be "
                    + #"{"httpGet":{"path":"/ready","port":8080},"periodSeconds":2,"failureThreshold":60,"tcpSocket":null}"#
                    + ": write it into the patch"
            ],
            "        startupProbe:\n          httpGet: {path: /ready, port: 8080}\n          tcpSocket: null\n"
                + "          periodSeconds: 2\n          failureThreshold: 60\n"
        ),
        (
            "      - name: proxy\n        command: [sh, -c, 'until nc -z localhost 80; do sleep 1; done; exec proxy']\n"
                + "      - name: main\n        ports: [{containerPort: 80}]\n",
            [
                "8: KS139 warning: as patched, containers.proxy.startupProbe has to go: set it to null in the patch",
                "9: KS125 warning: the program of proxy waits for port 80 of main",
                "8: KS103 warning: proxy has no startupProbe, and none could be derived",
            ], "        startupProbe: null\n"
        ),
        (
            "      - name: log\n        lifecycle: {preStop: {exec: {command: [sleep, '90']}}}\n",
            [
                "9: KS106 warning: the preStop hook of log spends the grace period",
                "8: KS127 warning: 30 s of grace, but needed are the hook of log 90 s, to end in 10 s",
            ], "      terminationGracePeriodSeconds: 100\n"
        ),
        (
            "      - name: log\n        env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, $patch: delete}]\n",
            [
                "9: KS139 warning: log is no sidecar as patched, but native in what is patched: let both say the same"
            ], nil
        ),
        (
            "      - name: log\n        # sidecar.k-pipe.cloud/ignore: KS139 it may be native\n"
                + "        env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: null}]\n", [], nil
        ),
        (
            "      - name: more\n        image: m\n        env: [{name: ECI_CONTAINER_TYPE, value: sidecar}]\n",
            [
                "8: KS131 warning: ECI_CONTAINER_TYPE of more stands in a patch, which is not converted; mark it in what "
                    + "is patched"
            ], nil
        ),
    ]

    @Test(arguments: outcomes.indices) func whatAPatchAsksForIsNamedThere(_ index: Int) async throws {
        let one = Self.outcomes[index]
        let head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n"
        func converted(_ patch: String) async throws -> (folder: TemporaryFolder, before: String, told: [String]) {
            let patch = head + "      containers:\n" + patch
            let folder = try written(
                (name: "", kustomization: "patches:\n- path: patch.yaml\n", files: ["patch.yaml": patch], isWhole: true)
            )
            let before = try await build(folder)
            let finished = try await run(
                Product.sidecar.path, ["render", "convert", "-i", "-R", ".", "--kube-version", "1.36"],
                folder: folder.path)
            #expect(finished.status == .exited(0), "\(finished.error)")
            let lines = finished.error.split(separator: "\n").filter { $0.contains(": KS") }
            return (folder, before, lines.filter { !$0.hasPrefix("base/web.yaml:") }.map(String.init))
        }
        let told = try await converted(one.patch).told
        #expect(told == one.findings.map { "overlays/prod/patch.yaml:\($0)" })
        guard let mended = one.mended else { return }
        // The containers' own fields end where the next container begins.
        let parts = one.patch.split(separator: "      - name: main", maxSplits: 1).map(String.init)
        let whole = parts[0] + mended + parts.dropFirst().map { "      - name: main" + $0 }.joined()
        let (folder, before, left) = try await converted(whole)
        #expect(!left.contains { $0.contains("KS139") || $0.contains("KS127") }, "\(left)")
        let expected = try await output(
            Product.sidecar.path, ["render", "convert", "--kube-version", "1.36", "-"], input: Array(before.utf8))
        let after = try await build(folder)
        #expect(try Self.canonical(after) == Self.canonical(expected), "\(after)")
    }

    /// Fields have no order.
    private static func canonical(_ text: String) throws -> String {
        try YAMLNode.documents(in: Array(text.utf8)).map { document in
            let object = try JSONSerialization.jsonObject(with: Data(JSONValue(document).text.utf8))
            let bytes = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
            return String(decoding: bytes, as: UTF8.self)
        }.sorted().joined(separator: "\n")
    }
}
