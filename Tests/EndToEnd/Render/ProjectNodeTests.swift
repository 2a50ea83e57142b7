import Basics
import TestSupport
import Testing

/// Manifests of our own in the shapes of public projects, converted and run to their end on a real node: Jobs complete,
/// Deployments become ready. A gate that waits for main would keep either from it.
@Suite(.requires(.kubectl), .requiresRealNode, .serialized, .timeLimit(.minutes(8)))
struct ProjectNodeTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let kind: String
        /// Each with its name; scripts of a shell.
        var sidecar: (name: String, script: String)
        var main: String
        /// Further fields of the sidecar, of main, and of the pod, a line each.
        var sidecarFields: [String] = []
        var mainFields: [String] = []
        var podFields: [String] = []
        /// A line that the converted manifest has.
        var holds: String

        var isJob: Bool { kind == "Job" }
    }

    /// Answers every request on a port as a script decides: `$path` is what is asked.
    private static func server(_ port: Int, _ decide: String = "true") -> String {
        let handler =
            "read -r m path v; while read -r l; do [ ${#l} -gt 1 ] || break; done; "
            + #"if \#(decide); then s="200 OK"; else s="503 Down"; fi; "#
            + #"printf "HTTP/1.0 $s\r\nContent-Length: 3\r\n\r\nok\n""#
        return "printf '%s' '\(handler)' > /tmp/h; exec nc -ll -p \(port) -e sh /tmp/h"
    }

    private static func asks(_ port: Int, _ path: String = "/") -> String {
        #"printf "GET \#(path) HTTP/1.0\r\n\r\n" | nc -w 2 127.0.0.1 \#(port) | grep -q "200 OK""#
    }

    private static func readiness(_ path: String, _ port: Int) -> String {
        "readinessProbe: {httpGet: {path: \(path), port: \(port)}, periodSeconds: 2}"
    }

    private static let app = "mkdir -p /www; echo hi > /www/index.html; exec httpd -f -p 8080 -h /www"
    private static let shared = ["volumes: [{name: shared, emptyDir: {}}]"]
    private static let mount = "volumeMounts: [{name: shared, mountPath: /shared}]"

    static let shapes = [
        Shape(
            testDescription: "nginx-before-an-app", kind: "Deployment",
            sidecar: ("nginx", server(8443, asks(8080))), main: app,
            sidecarFields: ["ports: [{containerPort: 8443}]", readiness("/", 8443)],
            mainFields: ["ports: [{containerPort: 8080}]"], holds: "restartPolicy: Always"),
        Shape(
            testDescription: "envoy-in-a-job", kind: "Job", sidecar: ("envoy", server(9901)),
            main: asks(9901, "/ready"),
            sidecarFields: ["ports: [{containerPort: 9901}]", readiness("/ready", 9901)], holds: "startupProbe:"),
        Shape(
            testDescription: "oauth2-proxy", kind: "Deployment",
            sidecar: ("oauth2-proxy", server(4180, "[ $path = /ping ] || \(asks(8080))")), main: app,
            sidecarFields: [
                "args: [--upstream=http://localhost:8080]", "ports: [{containerPort: 4180}]", readiness("/ping", 4180),
            ], mainFields: ["ports: [{containerPort: 8080}]"], holds: "path: /ping"),
        Shape(
            testDescription: "cloud-sql-proxy", kind: "Job",
            sidecar: ("cloud-sql-proxy", "sleep 3; \(server(5432))"), main: "nc -w 2 127.0.0.1 5432 < /dev/null",
            sidecarFields: ["ports: [{containerPort: 5432}]"],
            podFields: [
                "initContainers:", "- name: migrate", "  image: busybox:latest",
                "  command: [sh, -c, 'until nc -w 2 127.0.0.1 5432 < /dev/null; do sleep 1; done']",
            ], holds: "restartPolicy: Always"),
        Shape(
            testDescription: "vault-agent", kind: "Job",
            sidecar: ("vault-agent", "sleep 3; echo s > /shared/token; exec sleep 1000"), main: "cat /shared/token",
            sidecarFields: [mount, "readinessProbe: {exec: {command: [cat, /shared/token]}, periodSeconds: 1}"],
            mainFields: [mount], podFields: shared, holds: "startupProbe:"),
        Shape(
            testDescription: "fluent-bit", kind: "Deployment",
            sidecar: ("fluent-bit", "touch /shared/log; exec tail -F /shared/log"),
            main: "while date >> /shared/log; do sleep 1; done", sidecarFields: [mount], mainFields: [mount],
            podFields: shared, holds: "restartPolicy: Always"),
        Shape(
            testDescription: "git-sync", kind: "Deployment",
            sidecar: ("git-sync", "echo page > /shared/index.html; \(server(1234))"),
            main: "[ -f /shared/index.html ] && exec httpd -f -p 8080 -h /shared",
            sidecarFields: [mount, "ports: [{containerPort: 1234}]", readiness("/", 1234)],
            mainFields: [mount, readiness("/", 8080)], podFields: shared, holds: "startupProbe:"),
        Shape(
            testDescription: "dapr", kind: "Deployment",
            sidecar: ("daprd", server(3500, "[ $path = /v1.0/healthz/outbound ] || \(asks(8080))")), main: app,
            sidecarFields: ["ports: [{containerPort: 3500}]", readiness("/v1.0/healthz", 3500)],
            mainFields: ["ports: [{containerPort: 8080}]"], holds: "path: /v1.0/healthz/outbound"),
        Shape(
            testDescription: "a-mesh", kind: "Job", sidecar: ("mesh-proxy", "sleep 2; \(server(15021))"),
            main: asks(15021, "/healthz/ready"),
            sidecarFields: [
                "ports: [{containerPort: 15021}]", readiness("/healthz/ready", 15021),
                "lifecycle: {preStop: {exec: {command: [sh, -c, 'sleep 2; kill 1']}}}",
            ], holds: "startupProbe:"),
        Shape(
            testDescription: "a-collector", kind: "Job", sidecar: ("otel-collector", server(13133)), main: asks(13133),
            sidecarFields: [
                "ports: [{containerPort: 13133}]",
                "livenessProbe: {httpGet: {path: /, port: 13133}}",
            ], holds: "port: 13133"),
        Shape(
            testDescription: "an-exporter", kind: "Deployment",
            sidecar: ("exporter", server(9121)), main: app,
            sidecarFields: [
                "env: [{name: TARGET, value: 'http://localhost:8080'}]", "ports: [{containerPort: 9121}]",
                readiness("/metrics", 9121),
            ], mainFields: ["ports: [{containerPort: 8080}]"], holds: "path: /metrics"),
    ]

    private static func manifest(_ shape: Shape) -> String {
        func container(_ name: String, _ script: String, _ fields: [String]) -> [String] {
            ["- name: \(name)", "  image: busybox:latest", "  command: [sh, -c, \(JSONValue.string(script).text)]"]
                + fields.map { "  \($0)" }
        }
        let pod =
            ["terminationGracePeriodSeconds: 5"] + (shape.isJob ? ["restartPolicy: Never"] : []) + shape.podFields
            + ["containers:"] + container(shape.sidecar.name, shape.sidecar.script, shape.sidecarFields)
            + container("app", shape.main, shape.mainFields)
        let head =
            shape.isJob
            ? [
                "apiVersion: batch/v1", "kind: Job", "metadata: {name: \(shape.testDescription)}", "spec:",
                "  backoffLimit: 0",
            ]
            : [
                "apiVersion: apps/v1", "kind: Deployment", "metadata: {name: \(shape.testDescription)}", "spec:",
                "  selector: {matchLabels: {app: \(shape.testDescription)}}",
            ]
        let template = [
            "  template:", "    metadata:", "      labels: {app: \(shape.testDescription)}",
            "      annotations: {sidecar.k-pipe.cloud/sidecars: \(shape.sidecar.name)}", "    spec:",
        ]
        return (head + template + pod.map { "      \($0)" }).joined(separator: "\n") + "\n"
    }

    @Test func convertedProjectsCompleteOrBecomeReady() async throws {
        var converted: [String] = []
        for shape in Self.shapes {
            let text = try await output(
                Product.sidecar.path, ["render", "convert", "--kube-version", "1.36", "-"],
                input: Array(Self.manifest(shape).utf8))
            #expect(text.contains("initContainers:") && text.contains(shape.holds), "\(text)")
            converted.append(text)
        }
        try await NodeTrial.run("projects") { trial in
            try await trial.apply(converted.joined(separator: "---\n"))
            for shape in Self.shapes where shape.isJob {
                #expect(try await trial.end(of: shape.testDescription) == "Complete", "\(shape.testDescription)")
            }
            for shape in Self.shapes where !shape.isJob {
                try await trial.kubectl(["rollout", "status", "deployment/\(shape.testDescription)", "--timeout=110s"])
            }
        }
    }
}
