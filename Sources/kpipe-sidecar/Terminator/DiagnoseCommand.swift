import ArgumentParser
import Glibc
import KubeClient
import KubeModel
import Render
import Terminator
import WorkdirProtocol
import YAMLTree

/// `diagnose`: why a pod does not end, and what the terminator would do about it.
struct DiagnoseCommand: AsyncParsableCommand, LoggedCommand {
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case table, wide, json, yaml
    }

    static let configuration = CommandConfiguration(
        commandName: "diagnose", abstract: "Says what holds pods open, and what the terminator would do.",
        discussion: """
            Reads, and changes nothing. For each container: whether it counts as main or as a sidecar, its state, whether
            it keeps the pod open, and what would be done about it. Without pod/NAME or job/NAME the marked pods of the
            namespace are shown. The columns and fields are the same in every output; wide and json add why, what was
            tried and what is not possible here.

            EXAMPLES
              My Job never completes:
                kpipe-sidecar diagnose job/nightly --namespace data
              The whole cluster, with the exit image that is to be used:
                kpipe-sidecar diagnose -A --exit-image registry.example/kpipe-exit:1 -o wide
            """)

    @Argument(help: "pod/NAME or job/NAME; left out: the namespace's pods.")
    var subject: String?

    @Flag(name: [.customShort("A"), .long], help: "All namespaces.")
    var allNamespaces = false

    @Option(name: .shortAndLong, help: "\(Output.allCases.map(\.rawValue).joined(separator: ", ")).")
    var output = Output.table

    @Option(help: ArgumentHelp("The terminator's configuration.", valueName: "file"), completion: .file())
    var config: String?

    @Option(help: ArgumentHelp("The image sidecars would be swapped to.", valueName: "image"))
    var exitImage: String?

    @OptionGroup var kube: KubeOptions

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        if subject != nil, allNamespaces { throw ValidationError("-A shows all pods: leave out pod/NAME or job/NAME") }
        if let subject, Self.parts(subject) == nil { throw ValidationError("expected pod/NAME or job/NAME") }
    }

    func run() async throws {
        var configuration = try config.map { try TerminatorConfiguration(file: $0) } ?? TerminatorConfiguration()
        if let exitImage { configuration.exitImage = exitImage }
        let access = try kube.access()
        let api = KubeClient(access)
        let result = await diagnoses(api, configuration, target(in: access.namespace))
        await api.shutdown()
        switch result {
        case .success(let diagnoses): print(text(diagnoses), terminator: "")
        case .failure(let error):
            throw CommandFailure(error.status?.code == 404 ? .noInput : .temporary, error.description)
        }
    }

    private func diagnoses(
        _ api: KubeClient, _ configuration: TerminatorConfiguration, _ subject: Diagnosis.Subject
    ) async -> Result<[PodDiagnosis], KubeError> {
        do throws(KubeError) {
            return .success(try await Diagnosis(api, configuration).diagnose(subject, now: Int64(time(nil))))
        } catch {
            return .failure(error)
        }
    }

    private func text(_ diagnoses: [PodDiagnosis]) -> String {
        switch output {
        case .table, .wide:
            diagnoses.isEmpty
                ? "No pod here says anything of sidecars.\n" : DiagnosisText.table(diagnoses, isWide: output == .wide)
        case .json: DiagnosisText.document(diagnoses).prettyText
        case .yaml: Self.yaml(DiagnosisText.document(diagnoses).prettyText)
        }
    }

    /// JSON is YAML already, so that nothing is lost where our own text could not be read again.
    private static func yaml(_ json: String) -> String {
        (try? YAMLNode(parsing: Array(json.utf8))).map { ManifestWriter.yaml([Manifest($0)]) } ?? json
    }

    private func target(in namespace: String) -> Diagnosis.Subject {
        guard let (kind, name) = subject.flatMap(Self.parts) else {
            return allNamespaces ? .all : .namespace(namespace)
        }
        let key = ObjectKey(namespace: namespace, name: name)
        return kind == "job" ? .job(key) : .pod(key)
    }

    private static func parts(_ text: String) -> (kind: String, name: String)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty else { return nil }
        let kinds = ["pod": "pod", "pods": "pod", "po": "pod", "job": "job", "jobs": "job"]
        return kinds[parts[0]].map { ($0, parts[1]) }
    }
}
