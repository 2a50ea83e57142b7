import ArgumentParser
import Basics
import Glibc
import HTTPTransport
import KubeClient
import KubeModel
import Logging
import OperatorConfiguration
import Render
import Synchronization
import Terminator
import WorkdirProtocol
import YAMLTree

/// `diagnose`: why a pod does not end, and what the terminator would do about it.
struct DiagnoseCommand: AsyncParsableCommand, LoggedCommand {
    static let configuration = CommandConfiguration(
        commandName: "diagnose", abstract: "Says what holds pods open, and what the terminator would do.",
        usage: "kpipe-sidecar diagnose [pod/NAME | job/NAME | namespace/NAME | -A] [<options>]",
        discussion: """
            Reads, and changes nothing. For each container: whether it counts as main or as a sidecar, its state, whether \
            it keeps the pod open, and what would be done about it. Without pod/NAME or job/NAME the open pods of the \
            namespace that say something of sidecars are shown. The columns and fields are the same in every output; wide \
            and json add why, what was tried and what is not possible here.

            With --watch the table stays up to date on a terminal; into a pipe or file, rows that change are added (json: \
            a line for each pod that changes, yaml: a document). With --preflight the cluster is looked at instead: what \
            the terminator could do here, and what is in its way; the status is 1 if something would not work. With \
            --rehearse besides, the exit image is tried with a pod of its own, in the namespace of -n, which is then removed.

            EXAMPLES
              My Job never completes:
                kpipe-sidecar diagnose job/nightly --namespace data
              The whole cluster, with the exit image that is to be used:
                kpipe-sidecar diagnose -A -o wide \\
                  --exit-image registry.example/kpipe-exit:1
              Why it hangs, as one picture:
                kpipe-sidecar diagnose job/nightly -o html > nightly.html
              Follow a namespace while the terminator works:
                kpipe-sidecar diagnose -n data --watch
              May the installed terminator do what it has to?
                kpipe-sidecar diagnose --preflight \\
                  --as system:serviceaccount:kpipe-system:kpipe-terminator
            """)

    @Argument(
        help: "pod/NAME, job/NAME, namespace/NAME or all; left out: the namespace's pods.",
        completion: .shellCommand(ClusterWords.subjects))
    var subject: [String] = []

    @Flag(name: [.customShort("A"), .long], help: "All namespaces.")
    var allNamespaces = false

    @Option(name: .output, help: "\(DiagnoseOutput.allCases.map(\.rawValue).joined(separator: ", ")).")
    var output = DiagnoseOutput.table

    @Flag(name: .shortAndLong, help: "Go on, and show what changes, until Ctrl-C.")
    var watch = false

    @Flag(help: "Say what the terminator could do in this cluster, and what is in its way.")
    var preflight = false

    @Flag(help: "With --preflight: try the exit image with a pod, and remove that again.")
    var rehearse = false

    @Option(help: ArgumentHelp("The terminator's configuration.", valueName: "file"), completion: .file())
    var config: String?

    @Option(help: ArgumentHelp("The image sidecars would be swapped to.", valueName: "image"))
    var exitImage: String?

    @OptionGroup var kube: KubeOptions

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        if !subject.isEmpty, allNamespaces { throw ValidationError("-A shows all pods: leave out \(subject[0])") }
        if Diagnosis.Subject(words: subject, in: "default") == nil {
            throw ValidationError("expected pod/NAME, job/NAME, namespace/NAME or all")
        }
        if output == .html, watch || preflight {
            throw ValidationError("html shows pods as they are now: leave out --watch and --preflight")
        }
        if rehearse, !preflight { throw ValidationError("--rehearse goes with --preflight") }
        if preflight, watch { throw ValidationError("--preflight looks once: leave out --watch") }
        if preflight, !subject.isEmpty {
            throw ValidationError("--preflight is about the cluster: leave out \(subject[0])")
        }
    }

    func run() async throws {
        var configuration = try config.map { try TerminatorConfiguration(file: $0) } ?? TerminatorConfiguration()
        if let exitImage { configuration.exitImage = exitImage }
        let access = try kube.access()
        let api = KubeClient(access)
        if preflight {
            var plan = preflightPlan(configuration)
            if rehearse { plan.trial = access.namespace }
            let checks = await Preflight(api, configuration, plan).checks(now: Self.now())
            await api.shutdown()
            try StandardOutput.write(
                output == .table || output == .wide
                    ? PreflightCheck.text(checks) : output.document(PreflightCheck.document(checks)))
            if checks.contains(where: { $0.outcome == .fail }) { throw CommandFailure(status: 1, "") }
            return
        }
        let result = await work(Diagnosis(api, configuration), subject(in: access.namespace))
        await api.shutdown()
        try result.get()
    }

    private func preflightPlan(_ configuration: TerminatorConfiguration) -> Preflight.Plan {
        let home = ClusterInstallation.defaultNamespace
        let rules = TerminatorReach(configuration, kruise: false).rules(inCluster: kube.namespace == nil)
        let election = TerminatorReach.electionRules(lease: TerminatorCommand.leaseName)
        let needs = Self.needs(rules, in: kube.namespace) + Self.needs(election, in: kube.namespace ?? home)
        return Preflight.Plan(
            home: home, scope: kube.namespace, needs: needs, lease: TerminatorCommand.leaseName,
            terminatorLabels: ClusterInstallation.terminatorSelector, agentLabels: ClusterInstallation.nodeAgentSelector
        )
    }

    /// Without the pods nothing works; the rest is for some rungs, or for comfort.
    private static func needs(_ rules: [AccessRule], in namespace: String?) -> [AccessNeed] {
        rules.flatMap { rule in
            rule.resources.flatMap { resource in
                rule.verbs.map { verb in
                    AccessNeed(
                        verb, rule.group, resource,
                        named: rule.names.first,
                        in: resource == "nodes" || resource == "namespaces" ? nil : namespace,
                        for: rule.purpose, isEssential: resource == "pods" || resource == "pods/status")
                }
            }
        }
    }

    private func work(_ diagnosis: Diagnosis, _ subject: Diagnosis.Subject) async -> Result<Void, CommandFailure> {
        let text: String
        do throws(KubeError) {
            // In a watch, too, what is not there or not allowed is told at once.
            if output == .html {
                let title = subject == .all ? "all namespaces" : self.subject.joined(separator: "/")
                let page = try await diagnosis.page(
                    subject, title: title.isEmpty ? "this namespace" : title, now: Self.now())
                text = String(decoding: page, as: UTF8.self)
            } else {
                text = output.text(try await diagnosis.report(subject, now: Self.now()), now: Self.now())
            }
        } catch {
            return .failure(CommandFailure(error.exitCode, error.description))
        }
        guard watch else {
            return await Result { () async throws(CommandFailure) in _ = try StandardOutput.write(text) }
        }
        return await withSignalsCancelling { await follow(diagnosis, subject) }.0
    }

    /// Until it is stopped, or nobody reads any more: `diagnose --watch | head` is to end.
    private func follow(_ diagnosis: Diagnosis, _ subject: Diagnosis.Subject) async -> Result<Void, CommandFailure> {
        let written = Mutex(Result<Void, CommandFailure>.success(()))
        let say: @Sendable (String) -> Bool = { text in
            do throws(CommandFailure) { return try StandardOutput.write(text) } catch {
                written.withLock { $0 = .failure(error) }
                return false
            }
        }
        let screen = DiagnosisScreen(isWide: output == .wide, isDetailed: !subject.isMany)
        let isTable = output == .table || output == .wide
        let size = isTable && ProgramStreams.isScreen(STDOUT_FILENO) ? DiagnosisScreen.Size.ofTerminal : nil
        // On a screen that is drawn over, trouble is a line of its own.
        let logger = size == nil ? Logger(label: "diagnose") : Logger(label: "") { _ in SwiftLogNoOpLogHandler() }
        let watch = DiagnosisWatch(diagnosis, subject, logger: logger) { Self.now() }
        if let size {
            _ = say(DiagnosisScreen.opening(size))
            await watch.run { news in say(screen.frame(news, now: Self.now(), .ofTerminal ?? size)) }
        } else {
            let stream = Mutex(DiagnoseStream(output))
            await watch.run { news in say(stream.withLock { $0.text(news) }) }
        }
        return written.withLock { $0 }
    }

    private func subject(in namespace: String) -> Diagnosis.Subject {
        if allNamespaces { return .all }
        return Diagnosis.Subject(words: subject, in: namespace) ?? .namespace(namespace)
    }

    private static func now() -> Int64 { Int64(time(nil)) }
}

extension KubeError {
    /// Of a command that could not do without the answer.
    var exitCode: WorkdirProtocol.ExitCode {
        switch status?.code {
        case 404: .noInput
        case 401, 403: .permission
        default: .temporary
        }
    }
}

/// How diagnoses are shown.
enum DiagnoseOutput: String, ExpressibleByArgument, CaseIterable {
    case table, wide, json, yaml
    /// One page with all as pictures.
    case html

    /// All of them at once.
    func text(_ report: DiagnosisReport, now: Int64) -> String {
        switch self {
        case .table, .wide: DiagnosisText.table(report, isWide: self == .wide, now: now)
        case .json, .yaml, .html: document(DiagnosisText.document(report))
        }
    }

    /// A whole document.
    func document(_ value: JSONValue) -> String {
        self == .yaml ? Self.yaml(value.prettyText) : value.prettyText.printableJSON
    }

    /// One of a stream of documents: a line of JSON, or YAML after a line that separates it from the one before.
    func streamed(_ value: JSONValue) -> String {
        self == .yaml ? "---\n\(Self.yaml(value.prettyText))" : "\(value.text.printableJSON)\n"
    }

    /// JSON is YAML already, so that nothing is lost where our own text could not be read again.
    private static func yaml(_ json: String) -> String {
        (try? YAMLNode(parsing: Array(json.utf8))).map { ManifestWriter.yaml([ManifestValue($0)]) } ?? json
    }
}

/// A watch of pods as lines that are added, for pipes and files: everything once, then what changes.
private struct DiagnoseStream {
    private let output: DiagnoseOutput
    private var table: DiagnosisTable
    private var hasBegun = false
    private var hasTable = false

    init(_ output: DiagnoseOutput) {
        self.output = output
        table = DiagnosisTable(isWide: output == .wide)
    }

    /// What to print now; empty where nothing is new.
    mutating func text(_ news: DiagnosisNews) -> String {
        defer { hasBegun = true }
        switch output {
        case .json, .yaml, .html:
            return news.changed.map { output.streamed(DiagnosisText.document($0.pod)) }.joined()
                + news.gone.map { output.streamed(DiagnosisText.document(gone: $0)) }.joined()
        case .table, .wide: return lines(news)
        }
    }

    private mutating func lines(_ news: DiagnosisNews) -> String {
        var text = ""
        if !hasTable, !news.pods.isEmpty {
            hasTable = true
            text += table.text(news.pods)
        } else {
            for change in news.changed { text += table.text(change.rows, of: change.pod) }
        }
        for pod in news.gone { text += "\(pod) is not followed any more: finished, deleted or without markers\n" }
        if !hasBegun, news.pods.isEmpty { text += "No open pod here says anything of sidecars yet.\n" }
        return text
    }
}

extension DiagnosisScreen.Size {
    /// Of the terminal that is standard output; `nil` where that is none.
    static var ofTerminal: Self? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_row > 0, window.ws_col > 0 else {
            return Self(rows: 24, columns: 80)
        }
        return Self(rows: Int(window.ws_row), columns: Int(window.ws_col))
    }
}
