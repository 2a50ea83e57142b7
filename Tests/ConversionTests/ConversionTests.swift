import Basics
import PodRules
import TestSupport
import Testing
import YAMLTree

@testable import Conversion

private func convert(_ text: String, _ change: (inout ConversionOptions) -> Void = { _ in }) throws -> ConvertedStream {
    var options = ConversionOptions()
    change(&options)
    return try StreamConverter(options).convert(Array(text.utf8))
}

private func pod(_ containers: String, kind: String = "Pod", api: String = "v1") -> String {
    "apiVersion: \(api)\nkind: \(kind)\nmetadata: {name: x}\nspec:\n  containers:\n\(containers)"
}

@Suite struct ConversionTests {
    private static let two = "  - name: main\n    image: a\n  - name: side\n    image: b\n"

    @Test func aNameOnTheCommandLineIsEnough() throws {
        let conversion = try convert(pod(Self.two)) { $0.sidecars = ["side"] }
        #expect(
            String(decoding: conversion.output, as: UTF8.self)
                == "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  initContainers:\n  - name: side\n"
                + "    image: b\n    restartPolicy: Always\n  containers:\n  - name: main\n    image: a\n")
    }

    @Test(arguments: [("Never", true), ("Always", false)]) func theWayBackSaysWhatItCannotRestore(
        _ policy: String, _ isMarked: Bool
    ) throws {
        let text = """
            apiVersion: v1
            kind: Pod
            metadata: {name: x}
            spec:
              restartPolicy: \(policy)
              initContainers:
              - name: side
                image: b
                restartPolicy: Always
                startupProbe: {tcpSocket: {port: 80}}
              containers:
              - name: main
                image: a

            """
        let conversion = try convert(text) { $0.direction = .toOrdinary }
        let said = conversion.diagnostics.map { "\($0.rule.id) \($0.line) \($0.message)" }
        #expect(
            said == [
                "KS122 7 side becomes an ordinary container",
                "KS123 7 side no longer starts before main, and its startupProbe no longer holds main back"
                    + (isMarked ? "; a terminator has to end it" : ""),
            ])
        let containers = try YAMLNode(parsing: conversion.output)["spec"]?["containers"]
        #expect(containers?.sequence?.compactMap { $0["name"]?.text } == ["main", "side"])
        #expect((containers?[1]?["env"] != nil) == isMarked)
        #expect(containers?[1]?["restartPolicy"] == nil)
        // And there again: what comes of it is what was there.
        let again = try convert(String(decoding: conversion.output, as: UTF8.self)) { $0.sidecars = ["side"] }
        #expect(try YAMLNode(parsing: again.output) == YAMLNode(parsing: text))
    }

    /// A container in flow style, by an alias with a probe in block style: one line says the same.
    @Test(arguments: [
        ("path: /a\nport: 80", "{path: /a, port: 80}"),
        ("path: /a\n# see: x\nport: 80 # the port: web", "{path: /a, port: 80}"),
        ("path: x,y\nport: 'yes'", #"{path: "x,y", port: "yes"}"#),
        ("path: \"x: y\"\nport: web", #"{path: "x: y", port: web}"#),
        ("port: 80\nhttpHeaders:\n- name: A\n  value: |\n    b", #"{port: 80, httpHeaders: [{name: A, value: "b"}]}"#),
        ("port: 80\n? scheme", "{port: 80, scheme: null}"),
        ("port: !!str 80", nil),
    ])
    func aProbeInBlockStyleBecomesOneLine(_ block: String, _ expected: String?) throws {
        let lines = block.split(separator: "\n").map { "    \($0)\n" }.joined()
        let text =
            "x: &r\n  httpGet:\n\(lines)"
            + pod("  - {name: main, image: a}\n  - {name: s, image: b, readinessProbe: *r}\n")
        let conversion = try convert(text) { $0.sidecars = ["s"] }
        let probe = expected.map { ", startupProbe: {httpGet: \($0), periodSeconds: 2, failureThreshold: 60}" } ?? ""
        #expect(
            String(decoding: conversion.output, as: UTF8.self).contains(
                "  - {name: s, image: b, restartPolicy: Always\(probe), readinessProbe: *r}\n"),
            "\(conversion.diagnostics)")
    }

    /// A hook that waits for a file: another container's leaves it behind, its own is work that the hook waits for.
    @Test(arguments: [(false, true), (true, false)]) func aHookThatWaitsForAFileIsKeptWhereItIsItsOwn(
        _ mainMountsIt: Bool, _ isKept: Bool
    ) throws {
        let mount = ", volumeMounts: [{name: v, mountPath: /v}]"
        let hook = "{preStop: {exec: {command: [sh, -c, 'until [ -f /v/done ]; do sleep 1; done']}}}"
        let text = pod(
            "  - {name: main, image: a\(mainMountsIt ? mount : "")}\n"
                + "  - {name: side, image: b\(mount), lifecycle: \(hook)}\n  volumes: [{name: v, emptyDir: {}}]\n")
        let conversion = try convert(text) { $0.sidecars = ["side"] }
        let native = try YAMLNode(parsing: conversion.output)["spec"]?["initContainers"]?[0]
        #expect((native?["lifecycle"] != nil) == isKept, "\(conversion.diagnostics)")
    }

    /// Hundreds of placements agree with the kubelet's formula; here the ones that differ in kind.
    @Test(arguments: [
        ("requests: {cpu: 100m}", "requests: {cpu: 50m}", "cpu 150m, Burstable"),
        ("limits: {cpu: 1, memory: 1Gi}", "limits: {cpu: 500m, memory: 512Mi}", "cpu 1500m, memory 1536Mi, Guaranteed"),
        ("requests: {memory: 1e3}", "limits: {memory: 1k}", "memory 2000, Burstable"),
        ("requests: {nvidia.com/gpu: 1}", "requests: {nvidia.com/gpu: 0}", "nvidia.com/gpu 1, BestEffort"),
    ])
    func effectiveRequestsAreReported(_ main: String, _ side: String, _ words: String) throws {
        let text = pod(
            "  - name: main\n    image: a\n    resources: {\(main)}\n"
                + "  - name: side\n    image: b\n    resources: {\(side)}\n")
        let conversion = try convert(text) { $0.sidecars = ["side"] }
        let said = conversion.diagnostics.first { $0.rule.id == "KS126" }
        #expect(said?.message == "\(words), as before")
    }

    @Test(arguments: [
        ("terminationGracePeriodSeconds: 5\n", "terminationGracePeriodSeconds: 10"),
        ("terminationGracePeriodSeconds: 40\n", "terminationGracePeriodSeconds: 40"), ("", nil),
        ("restartPolicy: Never\n", nil),
    ])
    func theGraceIsRaisedWhereItIsShort(_ line: String, _ expected: String?) throws {
        let text = pod(Self.two).replacing("spec:\n", with: line.isEmpty ? "spec:\n" : "spec:\n  \(line)")
        let output = String(decoding: try convert(text) { $0.sidecars = ["side"] }.output, as: UTF8.self)
        #expect(expected.map { output.contains("  \($0)\n") } ?? !output.contains("Grace"))
    }

    @Test(arguments: ["", "restartPolicy: Never\n  "]) func aGraceIsAddedForHooksThatSleep(_ line: String) throws {
        let main = "  - name: main\n    image: a\n    lifecycle: {preStop: {sleep: {seconds: 50}}}\n"
        let text = pod(main + "  - name: side\n    image: b\n").replacing("spec:\n  ", with: "spec:\n  \(line)")
        let conversion = try convert(text) { $0.sidecars = ["side"] }
        #expect(try YAMLNode(parsing: conversion.output)["spec"]?["terminationGracePeriodSeconds"]?.text == "60")
        #expect(
            conversion.diagnostics.contains { $0.rule.id == "KS107" && $0.message.contains("the hook of main 50 s") })
    }

    /// What goes together goes at once, wherever in its mapping it stands: an API server sorts annotations.
    @Test(arguments: [
        #"{"app":"x","sidecar.k-pipe.cloud/quit.side":"POST :1/q","sidecar.k-pipe.cloud/sidecars":"side"}"#,
        #"{"sidecar.k-pipe.cloud/quit.side":"POST :1/q","sidecar.k-pipe.cloud/sidecars":"side","app":"x"}"#,
        #"{"sidecar.k-pipe.cloud/quit.side":"POST :1/q","app":"x","sidecar.k-pipe.cloud/sidecars":"side"}"#,
        "\n      app: x\n      sidecar.k-pipe.cloud/quit.side: POST :1/q\n      sidecar.k-pipe.cloud/sidecars: side",
    ])
    func annotationsThatAreSpentGoTogether(_ annotations: String) throws {
        let text = pod(Self.two).replacing("metadata: {name: x}", with: "metadata:\n    annotations: \(annotations)")
        let conversion = try convert(text)
        let output = try YAMLNode(parsing: conversion.output)
        #expect(output["metadata"]?["annotations"]?.mapping?.pairs.map(\.key) == ["app"], "\(conversion.diagnostics)")
        #expect(output["spec"]?["initContainers"]?[0]?["name"]?.text == "side")
    }

    private static let marker = #"{"name": "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "value": "true"}"#
    private static let quits = #"{"preStop": {"exec": {"command": ["kill", "1"]}}}"#

    @Test(arguments: [
        #"- {"name": "side", "image": "b", "env": [\#(marker)], "lifecycle": \#(quits)}"#,
        #"- {"env": [\#(marker)], "lifecycle": \#(quits), "name": "side", "image": "b"}"#,
        #"- {"env": [\#(marker)], "name": "side", "lifecycle": \#(quits), "image": "b"}"#,
        "- env: [\(marker)]\n    lifecycle: \(quits)\n    name: side\n    image: b",
        "- env:\n    - \(marker)\n    lifecycle:\n      preStop: {exec: {command: [kill, '1']}}\n    image: b\n    name: side",
        "- lifecycle: \(quits)\n    name: side\n    env: [\(marker)]\n    image: b",
        "- name: side\n    image: b\n    env: [\(marker)]\n    lifecycle: \(quits)",
    ])
    func fieldsThatAreSpentGoTogether(_ side: String) throws {
        let conversion = try convert(pod("  - name: main\n    image: a\n  \(side)\n"))
        let native = try YAMLNode(parsing: conversion.output)["spec"]?["initContainers"]?[0]
        let fields = native?.mapping?.pairs.map(\.key) ?? []
        #expect(fields.sorted() == ["image", "name", "restartPolicy"], "\(conversion.diagnostics)")
    }

    /// A comment goes with what it is about, and never away with what stands beside it.
    @Test(arguments: [
        (
            "  - env: [\(marker)]\n    # why b\n\n      # deeper\n    image: b\n    name: side\n",
            "  # why b\n  # deeper\n  - image: b\n    restartPolicy: Always\n    name: side\n"
        ),
        (
            "  # all\n  - env:\n    - \(marker)\n      # gone\n    # why b\n    image: b\n    name: side\n",
            "  # all\n  # why b\n  - image: b\n    restartPolicy: Always\n    name: side\n"
        ),
    ])
    func aCommentStaysWithWhatItIsAbout(_ side: String, _ expected: String) throws {
        let output = String(
            decoding: try convert(pod("  - name: main\n    image: a\n\(side)")).output, as: UTF8.self)
        #expect(output.contains("  initContainers:\n\(expected)"), "\(output)")
    }

    @Test(arguments: [
        (
            "  # the team's\n  initContainers: # of all pods\n  # set one\n\n  # first\n  - name: side # b\n"
                + "    # it stays\n    restartPolicy: Always # native\n    image: b\n",
            "  # the team's\n  # of all pods\n  # set one\n  # first\n  - name: side # b\n    # it stays\n"
                + "    # native\n    image: b\n"
        ),
        (
            "  initContainers:\n  - restartPolicy: Always # native\n    # why b\n    image: b\n    name: side\n",
            "  # native\n  # why b\n  - image: b\n    name: side\n"
        ),
    ])
    func aCommentFindsTheWayBack(_ inits: String, _ expected: String) throws {
        let text = pod("  - name: main\n    image: a\n").replacing("  containers:", with: "\(inits)  containers:")
        let output = String(decoding: try convert(text) { $0.direction = .toOrdinary }.output, as: UTF8.self)
        #expect(output.hasSuffix("spec:\n  containers:\n  - name: main\n    image: a\n\(expected)"), "\(output)")
    }

    @Test func aCommentOfAListInBracesIsRefused() throws {
        let text = pod("  - {name: main}\n").replacing(
            "  containers:", with: "  # ours\n  initContainers: [{name: side, restartPolicy: Always}]\n  containers:")
        let conversion = try convert(text) { $0.direction = .toOrdinary }
        #expect(conversion.diagnostics.map(\.rule.id) == ["KS006"])
    }

    @Test func thePrimaryContainerMakesAllOthersSidecars() throws {
        let conversion = try convert(pod(Self.two)) { $0.primary = "main" }
        #expect(try YAMLNode(parsing: conversion.output)["spec"]?["initContainers"]?[0]?["name"]?.text == "side")
    }

    @Test(arguments: [
        ("name: cloud-sql-proxy\n    image: x", true), ("name: p\n    image: r.example:5000/envoy@sha256:0", true),
        ("name: p\n    image: registry.example/agent:1", false),
    ])
    func knownSidecarsAreDetectedByNameOrImage(_ lines: String, _ isKnown: Bool) throws {
        let text = pod("  - name: main\n    image: a\n  - \(lines)\n")
        #expect(try convert(text) { $0.detectsKnown = true }.isChanged == isKnown)
        #expect(try !convert(text).isChanged)
    }

    @Test func aCustomResourceConvertsAtItsPath() throws {
        let text = """
            apiVersion: ray.io/v1
            kind: RayCluster
            spec:
              workers:
              - template:
                  spec:
                    containers:
                    - {name: main, image: a}
                    - {name: side, image: b}
              - template: {}

            """
        #expect(try !convert(text) { $0.sidecars = ["side"] }.isChanged)
        let conversion = try convert(text) {
            $0.sidecars = ["side"]
            $0.podSpecPaths = ["spec.workers[].template.spec"]
        }
        let spec = try YAMLNode(parsing: conversion.output)["spec"]?["workers"]?[0]?["template"]?["spec"]
        #expect(spec?["initContainers"]?[0]?["restartPolicy"]?.text == "Always")
    }

    @Test(arguments: [
        ("a: [1, }", 1), ("a: 1\na: 2\n", 2), ("a:\n\t- b\n", 2), ("a: \u{0}", 1), ("b: *x\n", 1),
        ("kind: Pod\nspec: {{ .Values.x }}\n", 2),
    ])
    func textThatIsNoYAMLIsRefusedWithItsPlace(_ text: String, _ line: Int) {
        let error = #expect(throws: YAMLError.self) { try convert(text) }
        #expect(error?.mark.line == line)
    }

    /// Ten to the power of fifteen mappings, if each were looked through as often as it stands there.
    @Test(.timeLimit(.minutes(1)), arguments: [false, true]) func mergesAndListsThatExpandWithoutBoundCostNothing(
        _ detectsKnown: Bool
    ) throws {
        func aliases(_ name: String, _ level: Int) -> String {
            repeatElement("*\(name)\(level)", count: 10).joined(separator: ", ")
        }
        let levels = (1..<16).map { level in
            "m\(level): &m\(level) {<<: [\(aliases("m", level - 1))]}\n"
                + "l\(level): &l\(level) {kind: List, items: [\(aliases("l", level - 1))]}\n"
        }
        let text =
            "m0: &m0 {a: 1}\nl0: &l0 {kind: Service}\n\(levels.joined())kind: List\nitems:\n- *l15\n- kind: Pod\n"
            + "  spec:\n    <<: *m15\n    containers:\n    - {name: main, image: a}\n    - {name: side, image: envoy}\n"
        let conversion = try convert(text) {
            $0.sidecars = ["side"]
            $0.detectsKnown = detectsKnown
        }
        #expect(!conversion.isChanged)
        #expect(conversion.diagnostics.map(\.rule.id) == ["KS005"])
    }

    @Test func aliasesThatExpandWithoutBoundCostNothing() throws {
        var text = "apiVersion: v1\nkind: Pod\nx0: &x0 [a, a, a, a, a, a, a, a, a]\n"
        for level in 1..<20 {
            text += "x\(level): &x\(level) [\(Array(repeating: "*x\(level - 1)", count: 9).joined(separator: ", "))]\n"
        }
        text += "spec:\n  containers:\n\(Self.two)"
        let conversion = try convert(text) { $0.sidecars = ["side"] }
        #expect(!conversion.isChanged)
        #expect(conversion.diagnostics.map(\.rule.id) == ["KS005"])
        #expect(conversion.output == Array(text.utf8))
    }

    // MARK: Long streams

    private static func long(_ count: Int) -> String {
        (0..<count).map { number in
            "# \(number)\n" + pod(two).replacing("name: x", with: "name: x\(number), text: '-- - %'")
        }.joined(separator: "---\n")
    }

    @Test(arguments: [2, 3, 64]) func aLongStreamOnSeveralCoresBecomesTheSame(_ cores: Int) async throws {
        let text = Array(Self.long(8000).utf8)
        var options = ConversionOptions()
        options.sidecars = ["side"]
        let one = try StreamConverter(options).convert(text)
        let many = try await StreamConverter(options).convert(text, cores: cores)
        #expect(many.output == one.output)
        #expect(many.diagnostics == one.diagnostics)
        #expect(many.containers == one.containers)
    }

    @Test(arguments: ["a: [\n", "---\n%YAML 1.2\n---\nb: *nothing\n"])
    func anErrorKeepsItsPlaceOnSeveralCores(_ end: String) async throws {
        let text = Array((Self.long(8000) + "---\n" + end).utf8)
        let one = #expect(throws: YAMLError.self) { try StreamConverter(ConversionOptions()).convert(text) }
        let converter = StreamConverter(ConversionOptions())
        let many = await #expect(throws: YAMLError.self) { try await converter.convert(text, cores: 4) }
        #expect(one == many)
    }

    @Test func aByteOrderMarkSurvives() throws {
        let text = [0xEF, 0xBB, 0xBF] + Array(pod(Self.two).utf8)
        var options = ConversionOptions()
        options.sidecars = ["side"]
        let conversion = try StreamConverter(options).convert(text)
        #expect(conversion.isChanged)
        #expect(conversion.output.starts(with: [0xEF, 0xBB, 0xBF]))
    }

    @Test(arguments: [("1.29", false), ("v1.29.2", true), ("1.29.8", true), ("1.29.9", false), ("1.33", false)])
    func earlyVersionsAreWarnedAbout(_ version: String, _ warns: Bool) throws {
        let conversion = try convert(pod(Self.two)) {
            $0.sidecars = ["side"]
            $0.kubeVersion = KubeVersion(version)
        }
        #expect(conversion.diagnostics.contains { $0.rule.id == "KS121" } == warns)
    }

    @Test(arguments: ["", "1", "1.x", "1.29.x", "latest"]) func otherWordsAreNoVersion(_ text: String) {
        #expect(KubeVersion(text) == nil)
    }

    @Test func aDiagnosticNamesFileLineAndRule() throws {
        let conversion = try convert(pod("  - name: a\n  - name: a\n"))
        let diagnostic = try #require(conversion.diagnostics.first)
        #expect(diagnostic.text(file: "job.yaml") == "job.yaml:7: KS003 error: the name a is taken already")
        #expect(diagnostic.json(file: "j").text.hasPrefix(#"{"file":"j","line":7,"rule":"KS003","severity":"error""#))
    }

    @Test func everyRuleHasAnIdOfItsOwnAndAParagraph() {
        let rules = RuleReference.rules
        #expect(Set(rules.map(\.id)).count == rules.count)
        for rule in rules {
            #expect(rule.explanation.count > 40 && !rule.evidence.isEmpty)
            #expect(RuleReference.markdown.contains("## \(rule.id) \(rule.title)"))
            #expect((rule.severity == .error) == (rule.id < "KS100"))
        }
    }

    @Test func aKustomizationWithPatchesIsWarnedAbout() throws {
        let text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\npatches:\n- path: p.yaml\n"
        #expect(try convert(text).diagnostics.contains { $0.rule.id == "KS120" })
    }
}
