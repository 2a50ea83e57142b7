import Basics
import Conversion
import KubeModel
import PodRules
import Terminator
import Testing
import YAMLTree

@testable import Admission
@testable import SidecarAgent

private typealias Annotation = WellKnownNames.Annotation
private typealias Variable = WellKnownNames.Variable

/// One question, five doors: which containers of a pod are main and which are sidecars.
@Suite struct ContainerRoleTests {
    enum Door: CaseIterable {
        case terminator
        case diagnose
        case webhook
        case render
        case agent
    }

    @Test(arguments: pods, Door.allCases) func `what a container is`(_ pod: RolePod, by door: Door) throws {
        switch door {
        case .terminator:
            let kept = try MarkerRules().selection { _ in false }.pod(.json, in: pod.json.span)
            #expect(kept.map { PodFacts($0, rules: MarkerRules()).sidecars.map(\.name) } ?? [] == pod.sidecars)
        case .diagnose:
            let facts = PodFacts(try pod.model, rules: MarkerRules())
            let diagnosis = PodDiagnosis(facts, Verdict(for: facts, holdsPhase: false), Surroundings(now: 0))
            #expect(diagnosis.rows.filter { $0.role == "sidecar" }.map(\.container) == pod.sidecars)
        case .webhook:
            let request = AdmissionRequest(
                uid: "u", kind: .init(kind: "Pod"), namespace: "team", object: try YAMLNode(json: pod.json))
            let decision = AdmissionDecision(
                request, in: .init(version: KubeVersion("1.36"), namespace: NamespaceLabels(converts: true)))
            switch pod.outcome {
            case .converts: #expect(decision.sidecars == pod.sidecars && decision.patch != nil, "\(decision.warnings)")
            case .stays: #expect(decision.result == .unchanged, "\(decision.warnings)")
            case .isRefused: #expect(decision.result == .left)
            }
        case .render:
            let conversion = try StreamConverter(ConversionOptions()).convert(pod.json)
            let isRefused = conversion.diagnostics.contains { $0.rule.severity == .error }
            #expect(isRefused == (pod.outcome == .isRefused), "\(conversion.diagnostics)")
            guard !isRefused else { return }
            let natives = try YAMLNode(json: conversion.output)["spec"]?["initContainers"]?.sequence ?? []
            #expect(natives.compactMap { $0["name"]?.text }.filter { $0 != "native" } == pod.sidecars)
        case .agent:
            // The agent says that main runs exactly where one of its containers is the only one that does.
            let sidecars = try pod.names.filter { name in
                var model = try pod.model
                var status = ContainerStatus()
                status.name = name
                status.state = .running(startedAt: 1)
                model.status.containerStatuses = [status]
                return MainStatus(model) != .running
            }
            #expect(sidecars == pod.sidecars)
        }
    }

    /// What a watch keeps of a pod is all that is looked at.
    @Test(arguments: pods) func `nothing is lost on the wire`(_ pod: RolePod) throws {
        let selection = MarkerRules().selection { _ in true }
        let kept = try #require(try selection.pod(.json, in: pod.json.span))
        #expect(PodFacts(kept, rules: MarkerRules()) == PodFacts(try pod.model, rules: MarkerRules()))
    }

    static let pods = [
        RolePod("no marker", ["main", "log"], sidecars: []),
        RolePod("Kruise's variable", ["main", .init("log", [Variable.terminate: "true"])], sidecars: ["log"]),
        RolePod("in any case", ["main", .init("log", [Variable.terminate: "TrUe"])], sidecars: ["log"]),
        RolePod("it says no", ["main", .init("log", [Variable.terminate: "false"])], sidecars: []),
        RolePod("it says something else", ["main", .init("log", [Variable.terminate: "yes"])], sidecars: []),
        RolePod("it is empty", ["main", .init("log", [Variable.terminate: ""])], sidecars: []),
        RolePod("its value is elsewhere", ["main", .init("log", [Variable.terminate: nil])], sidecars: []),
        RolePod(
            "it stands twice, the later counts",
            ["main", .init("log", [Variable.terminate: "true", Variable.terminate: "false"])], sidecars: []),
        RolePod(
            "it stands twice, the later says yes",
            ["main", .init("log", [Variable.terminate: "false", Variable.terminate: "true"])], sidecars: ["log"]),
        RolePod("the first of two", [.init("log", [Variable.terminate: "true"]), "main"], sidecars: ["log"]),
        RolePod(
            "an image to end with", ["main", .init("log", [Variable.terminateWithImage: "exit:1"])], sidecars: ["log"]),
        RolePod("no image to end with", ["main", .init("log", [Variable.terminateWithImage: ""])], sidecars: []),
        RolePod(
            "no image to end with, but marked",
            ["main", .init("log", [Variable.terminateWithImage: "", Variable.terminate: "true"])], sidecars: ["log"]),
        RolePod("an exit code to ignore", ["main", .init("log", [Variable.ignoreExitCode: "true"])], sidecars: []),
        RolePod("Alibaba's type", ["main", .init("log", [Variable.eciType: "sidecar"])], sidecars: ["log"]),
        RolePod("Alibaba's type, another", ["main", .init("log", [Variable.eciType: "main"])], sidecars: []),
        RolePod(
            "Alibaba's type, in another case", ["main", .init("log", [Variable.eciType: "Sidecar"])], sidecars: []),
        RolePod(
            "Alibaba's exit code to ignore", ["main", .init("log", [Variable.eciIgnoreExitCode: "true"])], sidecars: []),
        RolePod("named", ["main", "log"], [Annotation.sidecars: "log"], sidecars: ["log"]),
        RolePod(
            "two named", ["log", "main", "proxy"], [Annotation.sidecars: "proxy, log"], sidecars: ["log", "proxy"]),
        RolePod("nobody named", ["main", "log"], [Annotation.sidecars: ""], sidecars: []),
        RolePod("named by nrmitchi's", ["main", "log"], [Annotation.nrmitchiSidecars: "log"], sidecars: ["log"]),
        RolePod(
            "named by both", ["main", "log", "proxy"],
            [Annotation.nrmitchiSidecars: "log", Annotation.sidecars: "proxy"], sidecars: ["log", "proxy"]),
        RolePod(
            "named and marked", ["main", "log", .init("proxy", [Variable.eciType: "sidecar"])],
            [Annotation.nrmitchiSidecars: "log"], sidecars: ["log", "proxy"]),
        RolePod("a native one named", ["main"], [Annotation.sidecars: "native"], hasNative: true, sidecars: []),
        RolePod(
            "one named that is not there", ["main", "log"], [Annotation.sidecars: "log,gone"], sidecars: ["log"],
            .isRefused),
        RolePod(
            "all but the primary", ["a", "main", "b"], [Annotation.primaryContainer: "main"], sidecars: ["a", "b"]),
        RolePod(
            "the primary is main although it is marked", [.init("main", [Variable.terminate: "true"]), "log"],
            [Annotation.primaryContainer: "main"], sidecars: ["log"]),
        RolePod(
            "the primary is main although it is named", ["main", "log"],
            [Annotation.primaryContainer: "main", Annotation.sidecars: "main"], sidecars: ["log"]),
        RolePod("Flyte's primary", ["main", "log"], [Annotation.flytePrimaryContainer: "log"], sidecars: ["main"]),
        RolePod(
            "our primary before Flyte's", ["main", "log"],
            [Annotation.flytePrimaryContainer: "log", Annotation.primaryContainer: "main"], sidecars: ["log"]),
        RolePod(
            "a primary that is not there", ["main", "log"], [Annotation.primaryContainer: "gone"], sidecars: [],
            .isRefused),
        RolePod(
            "our primary is not there, Flyte's is", ["main", "log"],
            [Annotation.primaryContainer: "gone", Annotation.flytePrimaryContainer: "main"], sidecars: ["log"]),
        RolePod("an empty primary", ["main", "log"], [Annotation.primaryContainer: ""], sidecars: []),
        RolePod("known, nobody asks", ["main", "daprd"], sidecars: []),
        RolePod(
            "known, a label asks", ["main", "daprd"], labels: [WellKnownNames.Label.terminateKnown: "enabled"],
            sidecars: ["daprd"]),
        RolePod(
            "known, a label says something else", ["main", "daprd"],
            labels: [WellKnownNames.Label.terminateKnown: "true"], sidecars: []),
        RolePod(
            "known, beside a marked one", ["main", "daprd", .init("log", [Variable.terminate: "true"])],
            sidecars: ["daprd", "log"]),
        RolePod(
            "known, beside Alibaba's", ["main", "envoy", .init("log", [Variable.eciType: "sidecar"])],
            sidecars: ["envoy", "log"]),
        RolePod(
            "known, beside nrmitchi's", ["main", "vault-agent", "log"], [Annotation.nrmitchiSidecars: "log"],
            sidecars: ["vault-agent", "log"]),
        RolePod(
            "known by image, beside a named one",
            ["main", .init("mesh", image: "registry:5000/istio/proxyv2:1.20@sha256:abc"), "log"],
            [Annotation.sidecars: "log"], sidecars: ["mesh", "log"]),
        RolePod(
            "known, beside an empty image that marks nothing",
            ["main", "daprd", .init("log", [Variable.terminateWithImage: ""])], sidecars: []),
        RolePod(
            "known, but the primary", ["daprd", "main"], [Annotation.primaryContainer: "daprd"], sidecars: ["main"]),
        RolePod(
            "nobody is main",
            [.init("log", [Variable.terminate: "true"]), .init("proxy", [Variable.eciType: "sidecar"])],
            sidecars: ["log", "proxy"], .isRefused),
        RolePod(
            "under OnFailure", ["main", .init("log", [Variable.eciType: "sidecar"])], policy: "OnFailure",
            sidecars: ["log"]),
    ]
}

/// A pod as it is written, and which of its containers are sidecars.
struct RolePod: Sendable, CustomTestStringConvertible {
    struct Container: Sendable, ExpressibleByStringLiteral {
        var name: String
        var image = "busybox"
        /// In their order; a value that is not in the pod is `nil`.
        var variables: KeyValuePairs<String, String?> = [:]

        init(stringLiteral name: String) { self.name = name }

        init(_ name: String, image: String = "busybox", _ variables: KeyValuePairs<String, String?> = [:]) {
            self.name = name
            self.image = image
            self.variables = variables
        }

        var json: JSONValue {
            let env = variables.map { name, value -> JSONValue in
                guard let value else {
                    return ["name": .string(name), "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]]
                }
                return ["name": .string(name), "value": .string(value)]
            }
            return ["name": .string(name), "image": .string(image), "env": .array(env)]
        }
    }

    /// What becomes of it where sidecars are made native.
    enum Outcome: Sendable {
        case converts
        case stays
        case isRefused
    }

    var testDescription: String
    /// Of the containers, in their order.
    var names: [String]
    var sidecars: [String]
    var outcome: Outcome
    var json: [UInt8]

    init(
        _ name: String, _ containers: [Container], _ annotations: [String: String] = [:],
        labels: [String: String] = [:], policy: String = "Never", hasNative: Bool = false, sidecars: [String],
        _ outcome: Outcome? = nil
    ) {
        testDescription = name
        names = containers.map(\.name)
        self.sidecars = sidecars
        self.outcome = outcome ?? (sidecars.isEmpty ? .stays : .converts)
        func members(_ values: [String: String]) -> JSONValue {
            .object(values.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
        }
        let native: JSONValue = ["name": "native", "image": "busybox", "restartPolicy": "Always"]
        let pod: JSONValue = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": "step", "annotations": members(annotations), "labels": members(labels)],
            "spec": [
                "restartPolicy": .string(policy), "initContainers": .array(hasNative ? [native] : []),
                "containers": .array(containers.map(\.json)),
            ],
        ]
        json = Array(pod.text.utf8)
    }

    var model: Pod { get throws { try Pod(.json, in: json.span) } }
}
