import TestSupport
import Testing
import YAMLTree

@testable import Conversion

/// Pods to which others add a sidecar, before us or after us.
@Suite struct InjectedTests {
    private static let logger = """
          - name: logger
            image: shipper
            ports: [{containerPort: 2020}]
            env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: "true"}]
        """

    private static let known = "sidecar.k-pipe.cloud/terminate-known"

    private static func job(_ metadata: String, _ more: String = "", policy: String = "Never") -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: x}
        spec:
          template:
        \(metadata)
            spec:
              restartPolicy: \(policy)
              containers:
              - name: main
                image: a
        \(logger.split(separator: "\n").map { "    \($0)\n" }.joined())\(more)
        """
    }

    private func convert(_ text: String) throws -> ConvertedStream {
        try StreamConverter(ConversionOptions()).convert(Array(text.utf8))
    }

    /// A terminator ends what it knows in marked pods alone, and the marker goes.
    @Test(arguments: [
        ("    metadata:\n      labels:\n        sidecar.istio.io/inject: \"true\"  # the mesh", true),
        ("    metadata:\n      annotations:\n        linkerd.io/inject: enabled\n        # said\n        a: b", true),
        (
            "    metadata:\n      creationTimestamp: null\n      annotations: {linkerd.io/inject: enabled}\n      labels: {}",
            true
        ),
        ("    metadata:\n      labels:\n      annotations: {linkerd.io/inject: enabled}", true),
        ("    metadata:\n      annotations: {linkerd.io/inject: enabled}\n      creationTimestamp: null", true),
        ("    metadata: {annotations: {vault.hashicorp.com/agent-inject: 'true'}, name: y}", true),
        (
            "    metadata:\n      annotations: {dapr.io/enabled: 'true'}\n      labels:\n      # ours\n        app: x",
            true
        ),
        ("    metadata: {\"labels\": {\"sidecar.istio.io/inject\": \"true\"}}", true),
        ("    metadata:\n      labels: {sidecar.istio.io/inject: 'false'}", false),
        ("    metadata:\n      annotations: {dapr.io/enabled: 'true', dapr.io/enable-native-sidecar: 'true'}", false),
        ("    metadata:\n      labels: {app: x}", false),
        (
            "    metadata:\n      annotations: {vault.hashicorp.com/agent-inject: 'true'}\n      labels: {\(known): 'no'}",
            nil
        ),
    ])
    func whatIsStillToBeInjectedStaysKnown(_ metadata: String, _ isAwaited: Bool?) throws {
        let conversion = try convert(Self.job(metadata))
        let template = try YAMLNode(parsing: conversion.output)["spec"]?["template"]
        #expect(template?["spec"]?["initContainers"]?[0]?["name"]?.text == "logger", "\(conversion.diagnostics)")
        let label = template?["metadata"]?["labels"]?[Self.known]?.text ?? "none"
        #expect(
            label == isAwaited.map { $0 ? "enabled" : "none" } ?? "no",
            "\(String(decoding: conversion.output, as: UTF8.self))")
        #expect(conversion.diagnostics.contains { $0.rule == .injected } == (isAwaited ?? true))
        let again = try convert(String(decoding: conversion.output, as: UTF8.self))
        #expect(!again.isChanged && !again.isRefused)
    }

    /// Labels that stand elsewhere, too, are for their owner to change.
    @Test func sharedLabelsAreLeftAndToldOf() throws {
        let text = Self.job("    metadata:\n      annotations: {linkerd.io/inject: enabled}\n      labels: *l")
            .replacing("metadata: {name: x}", with: "metadata: {name: x, labels: &l {app: x}}")
        let conversion = try convert(text)
        #expect(conversion.isChanged && !conversion.isRefused, "\(conversion.diagnostics)")
        #expect(conversion.diagnostics.contains { $0.rule == .injected && $0.message.contains("label the pods") })
    }

    /// It would start behind the others, which have no network before it.
    @Test(arguments: [
        ("      labels: {sidecar.istio.io/inject: 'true'}", "istio-proxy", "istio/proxyv2:1.26"),
        ("      annotations: {linkerd.io/inject: enabled}", "linkerd-proxy", "cr.l5d.io/linkerd/proxy:edge"),
    ])
    func oneThatIsThereAlreadyIsNotLeftBehind(_ metadata: String, _ name: String, _ image: String) throws {
        let more = "      - name: \(name)\n        image: \(image)\n"
        let conversion = try convert(Self.job("    metadata:\n\(metadata)", more))
        #expect(conversion.diagnostics.filter { $0.severity == .error }.map(\.rule) == [.injectedStays])
        #expect(!conversion.isChanged)
    }

    /// By its namespace's label: the pod itself asks nobody, and all of them become native.
    @Test func whatCarriesAllTrafficStartsFirst() throws {
        let more =
            "      - name: istio-proxy\n        image: istio/proxyv2:1.26\n        ports: [{containerPort: 15090}]\n"
        let conversion = try convert(Self.job("    metadata: {labels: {app: x}}", more))
        let inits = try YAMLNode(parsing: conversion.output)["spec"]?["template"]?["spec"]?["initContainers"]?.sequence
        #expect(inits?.map { $0["name"]?.text } == ["istio-proxy", "logger"])
    }

    /// As another webhook adds it behind us, which asks us again.
    @Test func itGoesBeforeThoseThatAreNativeAlready() throws {
        let text = """
            apiVersion: v1
            kind: Pod
            metadata: {name: x, labels: {sidecar.k-pipe.cloud/terminate-known: enabled}}
            spec:
              restartPolicy: Never
              initContainers:
              - {name: migrate, image: a}
              - {name: logger, image: shipper, restartPolicy: Always, startupProbe: {tcpSocket: {port: 2020}}}
              - {name: linkerd-init, image: cr.l5d.io/linkerd/proxy-init:v2}
              containers:
              - {name: main, image: a}
              - {name: linkerd-proxy, image: 'cr.l5d.io/linkerd/proxy:edge'}
            """
        let inits = try YAMLNode(parsing: convert(text).output)["spec"]?["initContainers"]?.sequence
        #expect(inits?.map { $0["name"]?.text } == ["migrate", "linkerd-proxy", "logger", "linkerd-init"])
    }

    /// The kubelet ends it whenever main has failed.
    @Test(arguments: [("logger", true), ("main", false), ("other", false)])
    func aFailurePolicyThatNamesTheSidecarIsToldOf(_ name: String, _ isTold: Bool) throws {
        let policy =
            "  podFailurePolicy:\n    rules:\n    - action: Ignore\n      onExitCodes: {containerName: \(name), "
            + "operator: NotIn, values: [0]}\n"
        let text = Self.job("    metadata: {labels: {app: x}}").replacing(
            "spec:\n  template", with: "spec:\n\(policy)  template")
        let conversion = try convert(text)
        #expect(conversion.isChanged)
        #expect(conversion.diagnostics.contains { $0.rule == .failurePolicyOpen } == isTold)
    }
}
