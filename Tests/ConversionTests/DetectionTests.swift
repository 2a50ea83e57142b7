import PodRules
import Testing
import YAMLTree

@testable import Conversion

/// Known sidecars that nobody marked: moved beside a container that is plainly the workload, asked about where they may be
/// main themselves.
@Suite struct DetectionTests {
    private static func deployment(
        _ containers: String..., name: String = "shop", labels: String = "app: shop", annotations: String = "",
        kind: String = "Deployment", more: String = ""
    ) -> String {
        """
        apiVersion: apps/v1
        kind: \(kind)
        metadata: {name: \(name)}
        spec:
          template:
            metadata: {labels: {\(labels)}, annotations: {\(annotations)}}
            spec:
              containers: [\(containers.map { "{\($0)}" }.joined(separator: ", "))]

        """ + more
    }

    private static func service(_ target: String, _ selector: String = "app: shop", namespace: String = "") -> String {
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: front\(namespace)}\n"
            + "spec: {selector: {\(selector)}, ports: [{port: 80, targetPort: \(target)}]}\n"
    }

    private static let app = "name: app, image: shop, ports: [{containerPort: 8080}]"
    private static let proxy = "name: oauth2-proxy, image: oauth2-proxy, ports: [{containerPort: 4180, name: auth}]"
    private static let envoy =
        "name: envoy, image: envoy, lifecycle: {preStop: {httpGet: {path: /shutdown, port: 8090}}}"
    private static let manager = "name: drainer, image: contour, livenessProbe: {httpGet: {path: /healthz, port: 8090}}"

    /// What is moved, and what is asked about with which words.
    @Test(
        arguments: [
            ("beside the workload", deployment(app, proxy), ["oauth2-proxy"], nil),
            ("alone", deployment(proxy), [], nil),
            (
                "beside another known one", deployment(proxy, "name: fluent-bit, image: fluent-bit"), [],
                "stands beside nothing but"
            ),
            (
                "kubectl takes it",
                deployment(app, proxy, annotations: "kubectl.kubernetes.io/default-container: oauth2-proxy"), [],
                "default container"
            ),
            ("beside a helper", deployment(proxy, "name: config-reloader, image: r"), [], "helpers alone"),
            ("beside its sessions", deployment(proxy, "name: cache, image: 'redis:7'"), [], "helpers alone"),
            ("beside its limiter", deployment(envoy, "name: limits, image: envoyproxy/ratelimit"), [], "helpers alone"),
            (
                "beside a helper by its image",
                deployment(
                    "name: oauth2-proxy, image: oauth2-proxy", "name: watch, image: 'jimmidyson/configmap-reload:v0.9'"),
                [], "helpers alone"
            ),
            (
                "beside a proxy", deployment(proxy, "name: auth, image: brancz/kube-rbac-proxy"), [], "helpers alone"
            ),
            (
                "beside another process of it",
                deployment("name: oauth2-proxy, image: 'acme/all:7'", "name: other, image: 'acme/all:7'"), [],
                "helpers alone"
            ),
            ("beside a web server", deployment(proxy, "name: web, image: 'nginx:1'"), ["oauth2-proxy"], nil),
            (
                "a store that is the workload", deployment("name: envoy, image: envoy", "name: cache, image: redis"),
                ["envoy"], nil
            ),
            ("on every node", deployment(app, proxy, kind: "DaemonSet"), [], "runs on every node"),
            (
                "a mesh's on every node",
                deployment(app, "name: linkerd-proxy, image: linkerd-proxy", kind: "DaemonSet"), ["linkerd-proxy"], nil
            ),
            ("named after it", deployment(app, proxy, name: "my-oauth2-proxy"), [], "my-oauth2-proxy is named after"),
            (
                "labelled so", deployment(app, proxy, labels: "app.kubernetes.io/name: oauth2-proxy"), [],
                "is named after"
            ),
            ("a Service leads there", deployment(app, proxy, more: service("4180")), [], "the Service front leads"),
            ("by the port's name", deployment(app, proxy, more: service("auth")), [], "the Service front leads"),
            (
                "its hook asks a port that nobody declares",
                deployment(
                    app, envoy.replacing("image: envoy,", with: "image: envoy, ports: [{containerPort: 8443}],")), [],
                "asks port 8090 in its preStop hook"
            ),
            (
                "its hook asks itself to leave",
                deployment(
                    app,
                    "name: envoy, image: envoy, ports: [{containerPort: 8443}], "
                        + "lifecycle: {preStop: {httpGet: {path: /quitquitquit, port: 9901}}}"), ["envoy"], nil
            ),
            (
                "the node's port is its",
                deployment(app, "name: envoy, image: envoy, ports: [{containerPort: 80, hostPort: 80}]"),
                [], "has a port of the node"
            ),
            ("a Service leads to main", deployment(app, proxy, more: service("8080")), ["oauth2-proxy"], nil),
            ("a Service of others", deployment(app, proxy, more: service("4180", "app: other")), ["oauth2-proxy"], nil),
            ("drained by its helper", deployment(envoy, manager), [], "is drained by drainer"),
            (
                "marked",
                deployment(
                    app, proxy + ", env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: 'true'}]",
                    name: "oauth2-proxy"), ["oauth2-proxy"], nil
            ),
            (
                "its label asks for known ones",
                deployment(app, proxy, name: "oauth2-proxy", labels: "sidecar.k-pipe.cloud/terminate-known: enabled"),
                ["oauth2-proxy"], nil
            ),
        ] as [(String, String, [String], String?)])
    func aKnownSidecarIsMovedOrAskedAbout(_ what: String, _ text: String, _ moved: [String], _ asked: String?)
        async throws
    {
        var options = ConversionOptions()
        options.detectsKnown = true
        for cores in [1, 4] {
            let conversion = try await StreamConverter(options).convert(Array(text.utf8), cores: cores)
            let natives = conversion.diagnostics.filter { $0.rule.id == "KS100" }.map {
                String($0.message.prefix { $0 != " " })
            }
            #expect(natives == moved, "\(what): \(conversion.diagnostics.map { $0.text(file: "x") })")
            let question = conversion.diagnostics.first { $0.rule.id == "KS130" }?.message
            #expect(
                (question != nil) == (asked != nil) && question?.contains(asked ?? "") ?? true,
                "\(what): \(question ?? "")")
            #expect(!conversion.isRefused)
        }
        // Whoever names it has it moved.
        guard asked != nil else { return }
        options.sidecars = [text.contains("name: envoy") ? "envoy" : "oauth2-proxy"]
        #expect(try StreamConverter(options).convert(Array(text.utf8)).isChanged, "\(what)")
    }

    /// Nothing to do is no error, but a pod whose author marked all of it is.
    @Test(arguments: [
        ("[{name: side, image: a}]", false), ("[{name: fluent-bit, image: a}]", false),
        ("[{name: side, image: a, restartPolicy: Always}]", false),
        ("[{name: side, image: a}, {name: other, image: b}]", true),
        ("[{name: side, image: a, env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: 'true'}]}]", true),
    ])
    func aPodWithoutMainIsLeft(_ containers: String, _ isRefused: Bool) throws {
        var options = ConversionOptions()
        options.detectsKnown = true
        options.sidecars = ["side", "other"]
        let text = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: \(containers)}}"
        let conversion = try StreamConverter(options).convert(Array(text.utf8))
        #expect(!conversion.isChanged)
        #expect(conversion.isRefused == isRefused, "\(conversion.diagnostics)")
    }

    /// Main, which serves 8080, starts only after the sidecar: whatever of the sidecar waits for main holds it back for ever.
    @Test(
        arguments: [
            ("readinessProbe: {exec: {command: [nc, -z, localhost, '8080']}}", "KS125", "tcpSocket"),
            ("readinessProbe: {exec: {command: [nc, -z, localhost, '9187']}}", nil, "exec"),
            (
                "env: [{name: P, value: '8080'}], readinessProbe: {exec: {command: [sh, -c, 'nc -z localhost $P']}}",
                "KS125",
                "tcpSocket"
            ),
            ("startupProbe: {exec: {command: [nc, -z, localhost, '8080']}}", "KS009", nil),
            ("args: ['--upstream=http://localhost:8080'], \(health)", "KS129", "tcpSocket"),
            ("args: ['--upstream-url=http://127.0.0.1:8080/'], \(health)", "KS129", "tcpSocket"),
            ("args: ['--backend=127.0.0.1:8080'], \(health)", "KS129", "tcpSocket"),
            ("args: [--to, 'localhost:8080'], \(health)", "KS129", "tcpSocket"),
            ("args: ['--upstream=http://localhost:3000'], \(health)", "KS129", "tcpSocket"),
            ("args: ['--upstream=http://db:3000'], \(health)", nil, "httpGet"),
            ("env: [{name: UPSTREAM_URL, value: 'http://localhost:8080'}], \(health)", "KS129", "tcpSocket"),
            ("env: [{name: UPSTREAM_URL, value: 'http://[::1]:3000'}], \(health)", "KS129", "tcpSocket"),
            ("env: [{name: WHERE, value: 'http://$(POD_IP):8080'}], \(health)", "KS129", "tcpSocket"),
            (
                "env: [{name: ME, valueFrom: {fieldRef: {fieldPath: status.podIP}}}], args: ['--to=$(ME):8080'], \(health)",
                "KS129", "tcpSocket"
            ),
            (
                "args: ['--upstream=http://localhost:8080'], startupProbe: {httpGet: {path: /, port: 9187}}", "KS129",
                "httpGet"
            ),
            ("image: haproxytech/haproxy-alpine, \(health)", "KS129", "tcpSocket"),
            ("readinessProbe: {exec: {command: [wget, 'http://$POD_IP:8080/health']}}", "KS125", "tcpSocket"),
            ("ports: [{containerPort: 8080}]", nil, ""),
            ("ports: [{containerPort: 8080}, {containerPort: 9187}]", nil, "tcpSocket"),
            ("ports: [{containerPort: 8080}], readinessProbe: {httpGet: {path: /, port: 8080}}", "KS125", ""),
            ("command: [sh, -c, 'until nc -z localhost 8080; do sleep 1; done; exec x']", "KS125", ""),
            (
                "command: [sh, -c, 'until nc -z localhost 8080; do sleep 1; done; exec x'], "
                    + "startupProbe: {httpGet: {path: /, port: 9187}}", "KS009", nil
            ),
            (
                "command: [./wait-for-it.sh, '127.0.0.1:8080', --, x], readinessProbe: {httpGet: {path: /, port: 9187}}",
                "KS125", ""
            ),
            ("command: [sh, -c, 'while true; do nc -z localhost 8080 && break; done; x']", "KS125", ""),
            ("command: [sh, -c, 'x & while true; do curl localhost:8080; sleep 9; done']", nil, ""),
            ("command: [x, '--target=localhost', '--port=9187']", nil, ""),
            ("env: [{name: LISTEN_ADDR, value: 127.0.0.1}]", nil, ""),
            ("env: [{name: HOST, value: '::1'}]", nil, ""),
            ("env: [{name: HTTP_BIND, value: 'localhost:9187'}]", nil, ""),
            ("env: [{name: DATA_SOURCE, value: 'postgres://u@localhost:5432/d'}]", nil, "tcpSocket"),
            ("env: [{name: REDIS_HOST, value: localhost}, {name: NO_PROXY, value: '127.0.0.1'}]", nil, "tcpSocket"),
            ("env: [{name: LISTEN_ADDR, value: 0.0.0.0}]", nil, "tcpSocket"),
            ("command: [x, '--listen=[::1]:9187']", nil, ""),
            ("command: [sh, -c, 'until nc -z db 8080; do sleep 1; done; exec x']", nil, "tcpSocket"),
            (
                "lifecycle: {postStart: {exec: {command: [sh, -c, 'until curl -sf localhost:8080/; do sleep 1; done']}}}",
                "KS009", nil
            ),
            ("lifecycle: {postStart: {httpGet: {path: /, port: 8080}}}", "KS009", nil),
            (
                "lifecycle: {postStart: {exec: {command: [sh, -c, 'until nc -z localhost 9187; do sleep 1; done']}}}",
                nil, "tcpSocket"
            ),
        ] as [(String, String?, String?)])
    func nothingThatWaitsForMainHoldsItBack(_ more: String, _ rule: String?, _ gate: String?) throws {
        let text =
            "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: main, image: a, "
            + "ports: [{containerPort: 8080}]}, {name: side, \(more.contains("image:") ? "" : "image: b, ")"
            + "\(more.contains("ports:") ? "" : "ports: [{containerPort: 9187}], ")\(more)}]}}"
        var options = ConversionOptions()
        options.sidecars = ["side"]
        let conversion = try StreamConverter(options).convert(Array(text.utf8))
        let found = conversion.diagnostics.map(\.rule.id).filter { ["KS125", "KS129", "KS009"].contains($0) }
        #expect(found == (rule.map { [$0] } ?? []), "\(conversion.diagnostics)")
        #expect(conversion.isChanged == (gate != nil))
        let probe = try YAMLNode(parsing: conversion.output)["spec"]?["initContainers"]?[0]?["startupProbe"]
        if let gate { #expect((probe?.mapping?.pairs.first?.key ?? "") == gate, "\(conversion.diagnostics)") }
    }

    private static let health = "readinessProbe: {httpGet: {path: /healthz, port: 9187}}"

    /// What was native before is looked at as well.
    @Test(
        arguments: [
            ("startupProbe: {tcpSocket: {port: 8080}}", nil, "KS009"),
            ("lifecycle: {postStart: {httpGet: {path: /, port: 8080}}}", nil, "KS009"),
            ("startupProbe: {httpGet: {path: /, port: 80}}, args: ['--upstream=localhost:8080']", nil, "KS129"),
            ("startupProbe: {tcpSocket: {port: 80}}", "1.33.5", "KS121"),
            ("startupProbe: {tcpSocket: {port: 80}}", "1.33.6", nil),
            ("startupProbe: {tcpSocket: {port: 80}}", nil, nil),
            ("readinessProbe: {tcpSocket: {port: 8080}}", nil, nil),
        ] as [(String, String?, String?)])
    func aNativeSidecarThatHoldsMainBackIsNamed(_ more: String, _ version: String?, _ rule: String?) throws {
        let text =
            "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {restartPolicy: Never, initContainers: [{name: side, "
            + "image: b, restartPolicy: Always, \(more)}], containers: [{name: main, image: a, ports: [{containerPort: 8080}]}]}}"
        var options = ConversionOptions()
        options.kubeVersion = version.flatMap { KubeVersion($0) }
        let conversion = try StreamConverter(options).convert(Array(text.utf8))
        #expect(conversion.diagnostics.map(\.rule.id) == (rule.map { [$0] } ?? []), "\(conversion.diagnostics)")
        #expect(!conversion.isChanged)
    }

    /// What only waits before it becomes another program, and what passes SIGTERM on, does not end by itself.
    @Test(arguments: [
        ("until [ -f /x ]; do sleep 1; done; exec server", false), ("trap 'kill $!' TERM; nginx & wait $!", false),
        ("trap cleanup EXIT; exec server", false), ("server & while [ ! -f /x ]; do sleep 1; done; kill $!", true),
        ("while [ 1 ]; do x; sleep 1; done", false),
        ("proxy & P=$!; (while true; do if [ -f /x ]; then kill $P; fi; sleep 1; done) & wait $P", true),
        ("proxy & P=$!; while kill -0 $P; do if [ -f /x ]; then kill $P; fi; sleep 1; done", true),
    ])
    func aScriptThatEndsIsNamed(_ script: String, _ isNamed: Bool) throws {
        let text =
            "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: main}, {name: side, "
            + "command: [sh, -c, \"\(script)\"]}]}}"
        var options = ConversionOptions()
        options.sidecars = ["side"]
        let conversion = try StreamConverter(options).convert(Array(text.utf8))
        #expect(conversion.diagnostics.contains { $0.rule.id == "KS108" } == isNamed, "\(conversion.diagnostics)")
    }

    /// A terminator waits after main's end; a native sidecar's hook does.
    @Test(
        arguments: [
            ("", "linger.side: 15s", "1.30", "KS137", "15", "30"),
            ("", "linger.side: 40s", "1.36", "KS137", "40", "50"),
            ("", "'linger': '{\"side\": \"15s\"}'", "1.30", "KS137", "15", "30"),
            ("", "linger.side: 15s", "1.29", "KS138", nil, nil),
            ("", "linger.side: 15s", nil, "KS138", nil, nil), ("", "linger.side: 0s", "1.30", nil, nil, nil),
            ("lifecycle: {preStop: {exec: {command: [flush]}}}", "linger.side: 15s", "1.30", "KS138", nil, nil),
            ("lifecycle: {preStop: {exec: {command: [kill, '1']}}}", "linger.side: 15s", "1.30", "KS137", "15", nil),
            ("lifecycle: {postStart: {exec: {command: [warm]}}}", "linger.side: 15s", "1.30", "KS137", "15", nil),
        ] as [(String, String, String?, String?, String?, String?)])
    func aSidecarLingers(
        _ more: String, _ annotation: String, _ version: String?, _ rule: String?, _ seconds: String?, _ grace: String?
    ) throws {
        let key = annotation.replacing("linger", with: "sidecar.k-pipe.cloud/linger")
        for isFlow in [true, false] {
            let side =
                isFlow
                ? "  - {name: side, image: b\(more.isEmpty ? "" : ", \(more)")}\n"
                : "  - name: side\n    image: b\n" + (more.isEmpty ? "" : "    \(more)\n")
            let text =
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    \(key)\n"
                + "    sidecar.k-pipe.cloud/sidecars: side\nspec:\n  containers:\n  - {name: main, image: a}\n" + side
            var options = ConversionOptions()
            options.kubeVersion = version.flatMap { KubeVersion($0) }
            let conversion = try StreamConverter(options).convert(Array(text.utf8))
            let found = conversion.diagnostics.map(\.rule.id).filter { $0 == "KS137" || $0 == "KS138" }
            #expect(found == (rule.map { [$0] } ?? []), "\(conversion.diagnostics)")
            let output = try YAMLNode(parsing: conversion.output)
            let native = output["spec"]?["initContainers"]?[0]
            #expect(native?["lifecycle"]?["preStop"]?["sleep"]?["seconds"]?.text == seconds)
            #expect(native?["lifecycle"]?["postStart"] != nil || !more.contains("postStart"))
            if seconds == "40" { #expect(output["spec"]?["terminationGracePeriodSeconds"]?.text == grace) }
            #expect(output["metadata"]?["annotations"] == nil, "\(String(decoding: conversion.output, as: UTF8.self))")
        }
    }
}
