package import Basics
import KubeModel
package import YAMLTree

/// Something that the conversion says or does, under an id that stays. There is one of each, whatever it is told of.
package final class Rule: Sendable, Hashable {
    /// `KS` and three digits; refusals below 100.
    package let id: String
    package let severity: Severity
    package let title: String
    /// What is done and why, in a paragraph.
    package let explanation: String
    /// Where the fact was found.
    package let evidence: String

    init(id: String, severity: Severity, title: String, explanation: String, evidence: String) {
        self.id = id
        self.severity = severity
        self.title = title
        self.explanation = explanation
        self.evidence = evidence
    }

    /// Where it is explained, from the repository's root.
    package var place: String { "docs/rules.md#\(anchor)" }

    /// As forges make one of a heading.
    package var anchor: String {
        "\(id) \(title)".lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
            .replacing(" ", with: "-")
    }

    package static func == (left: Rule, right: Rule) -> Bool { left.id == right.id }
    package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

/// How much a finding matters.
package enum Severity: String, Sendable, CaseIterable {
    /// The pod is left as it was.
    case error
    /// The conversion is right, but what it meets may not be.
    case warning
    /// What changes with the conversion; shown with `-v`.
    case note
}

/// A finding with its place. A document has hundreds of thousands of them where each container draws one, so that it is small.
package struct Diagnostic: Sendable, Equatable {
    package var rule: Rule
    private var place: (line: UInt32, offset: UInt32)
    package var message: String
    /// The container that it is about, where its rule is about one.
    package var container: String?
    private var judgement: Judgement?

    /// What somebody thinks of it; most are as their rule says.
    private final class Judgement: Sendable {
        let severity: Severity?
        let ignored: String?

        init(_ severity: Severity?, _ ignored: String?) {
            self.severity = severity
            self.ignored = ignored
        }
    }

    package init(rule: Rule, line: Int, message: String, offset: Int = 0) {
        self.rule = rule
        place = (UInt32(clamping: line), UInt32(clamping: offset))
        self.message = message
    }

    /// From 1.
    package var line: Int {
        get { Int(place.line) }
        set { place.line = UInt32(clamping: newValue) }
    }
    /// Of the bytes that the finding is about.
    package var offset: Int {
        get { Int(place.offset) }
        set { place.offset = UInt32(clamping: newValue) }
    }
    /// The rule's, unless somebody thinks otherwise.
    package var severity: Severity {
        get { judgement?.severity ?? rule.severity }
        set { judgement = Judgement(newValue, ignored) }
    }
    /// Why an author lets it stand; then it is told as a note, and counts no more.
    package var ignored: String? {
        get { judgement?.ignored }
        set { judgement = Judgement(judgement?.severity, newValue) }
    }

    package static func == (left: Diagnostic, right: Diagnostic) -> Bool {
        left.rule == right.rule && left.place == right.place && left.message == right.message
            && left.container == right.container && left.severity == right.severity && left.ignored == right.ignored
    }

    /// Whether it tells that a container moves.
    package var isMove: Bool { rule == .converted || rule == .reversed }

    /// The same where the file that it is about is only named.
    package func told(of file: String) -> Diagnostic {
        var diagnostic = self
        (diagnostic.line, diagnostic.message) = (1, "\(file):\(line): \(message)")
        return diagnostic
    }

    /// The form compilers use and editors jump to.
    package func text(file: String) -> String {
        "\(file):\(line): \(rule.id) \(severity.rawValue): \(message)" + (ignored.map { " (ignored: \($0))" } ?? "")
    }

    /// `{"file", "line", "rule", "severity", "message"}`, for programs; `help` leads to the rule.
    package func json(file: String) -> JSONValue {
        .object(
            [
                .init("file", .string(file)), .init("line", .integer(Int64(line))), .init("rule", .string(rule.id)),
                .init("severity", .string(severity.rawValue)), .init("message", .string(message)),
            ] + (ignored.map { [.init("ignored", .string($0))] } ?? []) + [.init("help", .string(rule.place))])
    }
}

/// Why a text cannot be edited without touching more than was asked for.
package struct EditRefusal: Error {
    package let rule: Rule
    package let mark: YAMLMark
    package let message: String

    package init(_ rule: Rule, at node: SourceNode, _ message: String) {
        self.init(rule, at: node.start, message)
    }

    package init(_ rule: Rule, at mark: YAMLMark, _ message: String) {
        self.rule = rule
        self.mark = mark
        self.message = message
    }
}

/// The reference of all rules, from their definitions.
package enum RuleReference {
    package static let rules = Rule.refusals + Rule.findings + Rule.generators

    package static var markdown: String {
        let head = """
            # Rules of `kpipe-sidecar render`
            Made from the rules' own definitions by `scripts/generate`. Errors leave the pod as it was; notes are shown with
            `-v`.


            """
        return head
            + rules.map {
                """
                ## \($0.id) \($0.title)
                *\($0.severity.rawValue)* — \($0.explanation)

                Evidence: \($0.evidence).

                """
            }.joined(separator: "\n")
    }
}

/// Why a pod is left as it was.
extension Rule {
    package static let noMain = Rule(
        id: "KS001", severity: .error, title: "No main container would remain",
        explanation: """
            A pod needs at least one ordinary container; when every container counts as a sidecar \
            nothing is moved. Name the main container with `--primary`.
            """,
        evidence: "Kubernetes validation: spec.containers is required; KEP-753")

    package static let unknownContainer = Rule(
        id: "KS002", severity: .error, title: "A named container does not exist",
        explanation: """
            An annotation names a sidecar or primary container that the pod does not have. Converting \
            the rest would leave that one behind unnoticed, so the pod stays as it was.
            """,
        evidence: "kruise#1285")

    package static let duplicateName = Rule(
        id: "KS003", severity: .error, title: "Two containers have one name",
        explanation: "The API server refuses such a pod, and a name would not say which container is meant.",
        evidence: "Kubernetes validation: names are unique among containers and initContainers")

    package static let shape = Rule(
        id: "KS004", severity: .error, title: "Not the shape of a pod",
        explanation: """
            A `spec` that is not a mapping, or `containers` that is not a list of mappings with names, \
            is left as it was.
            """,
        evidence: "Kubernetes API reference, PodSpec")

    package static let anchor = Rule(
        id: "KS005", severity: .error, title: "An anchor or alias stands in the way",
        explanation: """
            A value that an alias repeats elsewhere cannot change here alone, and an alias cannot come \
            before its anchor. Write the container out.
            """,
        evidence: "YAML 1.2.2 §7.1")

    package static let layout = Rule(
        id: "KS006", severity: .error, title: "The layout cannot be kept",
        explanation: """
            The move would have to touch text that is not part of it: a comment between braces, lists \
            of two styles, a key that shares its line. Rewrite that place in block style.
            """,
        evidence: "YAML 1.2.2 §3.2.3.3: comments belong to no node; §7.4, §8.2.1: flow and block collections")

    package static let ownPolicy = Rule(
        id: "KS007", severity: .error, title: "The container has a restart policy of its own",
        explanation: """
            A container-level `restartPolicy` other than Always (1.34 and later) contradicts a native \
            sidecar.
            """,
        evidence: "KEP-5307")

    package static let verification = Rule(
        id: "KS008", severity: .error, title: "The result could not be verified",
        explanation: """
            After each conversion the new text is read again and compared with what was intended. \
            Where they differ the document stays as it was. Please report the manifest.
            """,
        evidence: "YAML 1.2.2 §3.2.1: two texts mean the same where their representation graphs are equal")

    package static let waitsForMain = Rule(
        id: "KS009", severity: .error, title: "The sidecar's startupProbe waits for main",
        explanation: """
            Main starts only when the postStart hook of a native sidecar has finished and its startupProbe has passed. A probe or \
            hook that asks a port of main, or Dapr's health with that of the application, would wait for ever, and so would a \
            startupProbe of a program that itself waits for a port or file of main. Let it ask the sidecar alone. This is said of \
            sidecars, too, that are native already.
            """,
        evidence: "a startupProbe that never passes holds main for ever (measured on 1.36.2)")

    package static let injectedStays = Rule(
        id: "KS010", severity: .error, title: "An injected sidecar stays an ordinary container",
        explanation: """
            Its injector has filled it in already. It starts only when all init containers have, so that a native sidecar \
            beside it would begin without it: a mesh's proxy, through which all traffic goes, would keep a startupProbe from \
            ever passing. And without the markers of the others no terminator would end it. Let the injector make it native.
            """,
        evidence: "Istio: inject.go, order of the containers of a pod; istio#11130")

    package static let notForInit = Rule(
        id: "KS011", severity: .error, title: "The resize policy needs Kubernetes 1.33",
        explanation: """
            Before 1.33 an API server with the feature `InPlacePodVerticalScaling` refuses `resizePolicy` in init containers, \
            native sidecars too.
            """,
        evidence: "Kubernetes: validateInitContainers, AllowSidecarResizePolicy; kubernetes#128367")

    package static let refusals: [Rule] = [
        .noMain, .unknownContainer, .duplicateName, .shape, .anchor, .layout, .ownPolicy, .verification, .waitsForMain,
        .injectedStays, .notForInit,
    ]
}

/// What `render hkube` and `render flyte` say about the documents that they read.
extension Rule {
    package static let overridden = Rule(
        id: "KS201", severity: .warning, title: "Something of the document is lost in the system's own pod",
        explanation: """
            Flyte takes image, command, args and resources of the primary container from the task itself; of variables that \
            both name the container's count. HKube keeps its own labels, mounts a volume once in a container, and passes \
            nothing but CPU and memory on of a sidecar's resources. The same is lost here; change the document.
            """,
        evidence: "flytekit's pod task; kube-HPC/hkube, task-executor/lib/jobs/jobCreator.js")

    package static let primaryCreated = Rule(
        id: "KS202", severity: .note, title: "The primary container was created",
        explanation: "The pod spec has no container of that name; Flyte adds one that runs the task.",
        evidence: "Flyte's documentation of sidecar tasks")

    package static let oneShot = Rule(
        id: "KS203", severity: .warning, title: "A helper ends by itself and stays a container",
        explanation: """
            As native sidecar it would be started again and again. `--one-shot NAME` makes it an ordinary init \
            container, which ends before main starts; `--sidecar NAME` says that it runs on.
            """,
        evidence: "KEP-753; Flyte's own example writes one file and ends")

    package static let noImage = Rule(
        id: "KS204", severity: .warning, title: "The main container has no image",
        explanation: "The document names none. Give it with `--image`, or fill it in where the pod spec is used.",
        evidence: "HKube's documentation of sidecars: its examples have the sideCars alone")

    package static let defaultResources = Rule(
        id: "KS205", severity: .note, title: "A sidecar got the default resources",
        explanation: """
            HKube fills in config.resources.sideCar (0.1 CPU, 128Mi) where a container requests none, and makes limits of \
            twice what is requested; `--default-resources` and `--use-resource-limits` say otherwise.
            """,
        evidence: "kube-HPC/hkube, task-executor/lib/jobs/jobCreator.js")

    package static let generators: [Rule] = [.overridden, .primaryCreated, .oneShot, .noImage, .defaultResources]
}
