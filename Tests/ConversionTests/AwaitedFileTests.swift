import Testing
import YAMLTree

@testable import Conversion

/// Sidecars that look for a file which main writes: as native ones they would hold main back, and wait for ever.
@Suite struct AwaitedFileTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Fields of the sidecar, each a line.
        var fields: [String]
        var isReadOnly = true
        var mainReads = false
        /// Handlers of the startupProbe afterwards; `nil`: the pod is refused.
        var gate: [String]?
        var rule: String?

        init(_ name: String, _ fields: [String], _ gate: [String]?, _ rule: String?) {
            testDescription = name
            self.fields = fields
            self.gate = gate
            self.rule = rule
        }

        func with(_ change: (inout Self) -> Void) -> Self {
            var copy = self
            change(&copy)
            return copy
        }
    }

    private static let ready = "readinessProbe: {exec: {command: [test, -f, /logs/app.log]}}"
    private static let ports = "ports: [{containerPort: 2020}]"
    private static let startup = "startupProbe: {tcpSocket: {port: 2020}}"
    private static let waits = "command: [sh, -c, 'until [ -f /logs/app.log ]; do sleep 1; done; exec serve']"
    private static let beside = "command: [sh, -c, 'serve & while [ ! -f /logs/done ]; do sleep 1; done; kill %1']"
    private static let hook =
        "lifecycle: {postStart: {exec: {command: [sh, -c, 'until [ -f /logs/app.log ]; do sleep 1; done']}}}"

    static let cases = [
        Case("it cannot have written the file itself", [ready], [], "KS129"),
        Case("its port serves instead", [ready, ports], ["tcpSocket"], "KS129"),
        Case("it may write the file itself", [ready], ["exec"], nil).with { $0.isReadOnly = false },
        Case("main does not write there", [ready], ["exec"], nil).with { $0.mainReads = true },
        Case("another file", ["readinessProbe: {exec: {command: [test, -f, /tmp/ready]}}"], ["exec"], nil),
        Case("its own startupProbe stays", [ready.replacing("readiness", with: "startup")], ["exec"], "KS129"),
        Case("its program waits", [waits, ports], [], "KS125"),
        Case("its program waits, wherever it may write", [waits, ports], [], "KS125").with { $0.isReadOnly = false },
        Case("its program waits, and a probe for that", [waits, startup], nil, "KS009"),
        Case("its program waits, and nothing waits for it", [waits], [], nil),
        Case("its program serves meanwhile", [beside, ports], ["tcpSocket"], nil),
        Case("its hook waits", [hook], nil, "KS009"),
        Case("its hook waits for what it may write itself", [hook], [], nil).with { $0.isReadOnly = false },
    ]

    @Test(arguments: cases) func mainIsNotHeldBackForIt(_ example: Case) throws {
        let text = """
            apiVersion: v1
            kind: Pod
            metadata: {name: x, annotations: {sidecar.k-pipe.cloud/sidecars: side}}
            spec:
              containers:
              - name: main
                image: a
                volumeMounts: [{name: logs, mountPath: /var/logs, readOnly: \(example.mainReads)}]
              - name: side
                image: b
                volumeMounts: [{name: logs, mountPath: /logs, readOnly: \(example.isReadOnly)}]
            \(example.fields.map { "    \($0)" }.joined(separator: "\n"))
            """
        let conversion = try StreamConverter(ConversionOptions()).convert(Array(text.utf8))
        let probe = try YAMLNode(parsing: conversion.output)["spec"]?["initContainers"]?[0]?["startupProbe"]
        let told = conversion.diagnostics.map(\.rule.id)
        #expect(conversion.isRefused == (example.gate == nil), "\(told)")
        let handlers = ["exec", "tcpSocket", "httpGet"].filter { probe?[$0] != nil }
        #expect(handlers == example.gate ?? [], "\(told)")
        #expect(["KS125", "KS129", "KS009"].filter(told.contains) == [example.rule].compactMap(\.self))
    }
}
