import ArgumentParser
import Basics
import Glibc
import KubeClient
import KubeModel
import Logging
import PodRules
import Report
import Transfer
import WorkdirProtocol
import YAMLTree

/// `report`: what happened to a step, from wherever its record can be had.
struct ReportCommand: AsyncParsableCommand, LoggedCommand {
    enum Form: String, ExpressibleByArgument, CaseIterable {
        case html, json, text, junit
    }

    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Shows what happened to a step, or to many.",
        usage: "kpipe-sidecar report FILE… | URL… | pod/NAME | job/NAME [-o html|json|text|junit] [<options>]",
        discussion: """
            A step that goes on is asked itself, by port-forward; one that has ended is read from where its report was \
            stored, which an annotation of its pod says. Of a pod without either, what the API server knows is shown.

            Several steps, or all of a Job's, become one timeline with totals, a table and outliers. A folder's URL, \
            with a slash at its end, and a folder stand for the report.json in it.

            EXAMPLES
              kpipe-sidecar report job/nightly --namespace data
              kpipe-sidecar report s3://bucket/run-7/report/ -o html > report.html
              kpipe-sidecar report runs/*/report.json -o html > all.html
            """)

    @Argument(help: "Files, - for standard input, URLs, pod/NAME or job/NAME.")
    var sources: [String]

    @Option(name: .output, help: "\(Form.allCases.map(\.rawValue).joined(separator: ", ")).")
    var output = Form.text

    @OptionGroup var stores: StoreOptions

    @OptionGroup var kube: KubeOptions

    @OptionGroup var logging: LoggingOptions

    func run() async throws {
        let registry = StoreRegistry(stores.configuration(concurrency: 8))
        let finder = ReportFinder(
            engine: TransferEngine(stores: registry), kube: kube, isWhole: output == .json, isMany: sources.count > 1)
        var (entries, failures): ([StepOverview.Entry], [CommandFailure]) = ([], [])
        for source in sources {
            do { entries += try await finder.entries(of: source) } catch let failure as CommandFailure {
                failures.append(failure)
            }
        }
        await registry.shutdown()
        if !entries.isEmpty { try show(entries, notes: failures.map(\.message)) }
        for failure in failures.dropFirst() { diagnostics.say(failure.message) }
        if let first = failures.first { throw first }
    }

    private func show(_ entries: [StepOverview.Entry], notes: [String]) throws {
        let overview = StepOverview(entries)
        let one = entries.count == 1 && sources.count == 1 ? entries[0] : nil
        let bytes: [UInt8] =
            switch (output, one) {
            case (.html, let one?): StepPage.html(one.record, problems: one.problems)
            case (.html, nil): overview.html(notes: notes)
            case (.text, let one?): Array(StepText.text(one.record, problems: one.problems).utf8)
            case (.text, nil): Array(overview.text(notes: notes).utf8)
            case (.json, let one?): Array(one.record.json.prettyText.printableJSON.utf8)
            case (.json, nil): Array(overview.json.prettyText.printableJSON.utf8)
            case (.junit, _): Array(overview.junit.utf8)
            }
        try StandardOutput.write(bytes)
        if output == .json, let one { for problem in one.problems { diagnostics.say(problem, .warning) } }
    }
}

/// Gets records from files, stores, agents that are at work, and what the API server knows.
struct ReportFinder {
    let engine: TransferEngine
    let kube: KubeOptions
    /// Single files and series are shown of many steps, too.
    let isWhole: Bool
    var isMany: Bool

    private static let name = "report.json"
    /// Pods asked at once.
    private static let window = 16

    func entries(of source: String) async throws -> [StepOverview.Entry] {
        let parts = source.split(separator: "/", omittingEmptySubsequences: false)
        if source.contains("://") { return [try await stored(at: source)] }
        if parts.count == 2, !parts[1].isEmpty, access(source, F_OK) != 0 {
            switch parts[0] {
            case "pod", "pods", "po": return try await pods(named: String(parts[1]), ofJob: false)
            case "job", "jobs": return try await pods(named: String(parts[1]), ofJob: true)
            default: break
            }
        }
        return [try file(source)]
    }

    /// As much as is read of one record, and no more; of a device, which may never end, nothing.
    private func file(_ source: String) throws -> StepOverview.Entry {
        if source == "-" {
            return try entry(
                GeneratorInput.bytes(source, limit: StepRecord.sizeLimit), from: GeneratorInput.name(source))
        }
        var path = source
        if FileTest.isFolder(path) { path += (path.hasSuffix("/") ? "" : "/") + Self.name }
        let descriptor = Descriptor.uninterrupted { open(path, O_RDONLY | O_CLOEXEC) }
        defer { if descriptor >= 0 { close(descriptor) } }
        var status = stat()
        if descriptor >= 0, fstat(descriptor, &status) == 0, ![S_IFREG, S_IFIFO].contains(status.st_mode & S_IFMT) {
            throw CommandFailure(.data, "\(path) is neither a file nor a pipe")
        }
        guard descriptor >= 0, let bytes = [UInt8](readingAllOf: descriptor, limit: StepRecord.sizeLimit) else {
            let why = errno
            throw CommandFailure(why == ENOENT ? .noInput : .inputOutput, "\(path): \(String(cString: strerror(why)))")
        }
        return try entry(bytes, from: path)
    }

    private func entry(_ bytes: [UInt8], from place: String) throws -> StepOverview.Entry {
        do throws(StepRecord.Unreadable) {
            let reading = try StepRecord.reading(bytes, isBrief: isMany && !isWhole)
            return StepOverview.Entry(reading.record, problems: reading.problems)
        } catch {
            throw CommandFailure(.data, "\(place) \(error)")
        }
    }

    private func stored(at url: String) async throws -> StepOverview.Entry {
        let document = url.hasSuffix("/") ? url + Self.name : url
        let bytes: [UInt8]
        do throws(TransferError) {
            bytes = try await engine.document(document, upTo: Int64(StepRecord.sizeLimit))
        } catch {
            throw CommandFailure(error.exitCode, error.description)
        }
        return try entry(bytes, from: document)
    }

    private func pods(named name: String, ofJob: Bool) async throws -> [StepOverview.Entry] {
        let access = try kube.access()
        let api = KubeClient(access)
        let connections = PodConnections(access)
        let result = await Result { () async throws(KubeError) in
            try await podObjects(named: name, ofJob: ofJob, in: access.namespace, api)
        }
        await api.shutdown()
        let objects: [[UInt8]]
        switch result {
        case .success(let found): objects = found
        case .failure(let error): throw CommandFailure(error.exitCode, error.description)
        }
        guard !objects.isEmpty else { throw CommandFailure(.noInput, "job/\(name) has no pods here any more") }
        var finder = self
        finder.isMany = isMany || objects.count > 1
        return await withTaskGroup(of: (Int, StepOverview.Entry).self) { [finder] group in
            var entries: [(Int, StepOverview.Entry)] = []
            for (index, pod) in objects.enumerated() {
                if index >= Self.window, let next = await group.next() { entries.append(next) }
                group.addTask { (index, await finder.entry(ofPod: pod, connections)) }
            }
            for await next in group { entries.append(next) }
            return entries.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Pods as the API server has them.
    private func podObjects(
        named name: String, ofJob: Bool, in namespace: String, _ api: any KubeAPI
    ) async throws(KubeError) -> [[UInt8]] {
        if !ofJob { return [try await api.send(.get(.pods, ObjectKey(namespace: namespace, name: name))).body] }
        return try await api.list(
            .pods, namespace: namespace, labels: "\(WellKnownNames.Label.jobName)=\(name)", accept: .json
        ) { (_, bytes) throws(WireError) in
            bytes.withUnsafeBufferPointer { Array($0) }
        }
    }

    /// The agent where it answers, else what it has stored, else what the API server knows.
    private func entry(ofPod bytes: [UInt8], _ connections: PodConnections) async -> StepOverview.Entry {
        let pod = (try? YAMLNode(json: bytes)) ?? YAMLNode(.mapping(YAMLMapping()))
        let key = ObjectKey(
            namespace: pod["metadata"]?["namespace"]?.text ?? "", name: pod["metadata"]?["name"]?.text ?? "")
        var why: [String] = []
        if let url = pod["metadata"]?["annotations"]?[WellKnownNames.Annotation.report]?.text {
            if ClusterRecord.isFollowed(url) {
                do { return try await stored(at: url) } catch { why.append("\(error)") }
            } else {
                why.append(
                    "its annotation names \(Location.shown(url).printable(limit: 200)), and only \(ClusterRecord.followed) are followed"
                )
            }
        }
        if ClusterRecord.goesOn(pod) {
            let request = PortRequest(
                "GET", "/\(Self.name)", to: key, port: ClusterRecord.port(of: pod, default: AgentAddress.defaultPort))
            do {
                let answer = try await connections.roundTrip(
                    request, limit: StepRecord.sizeLimit / 2, timeout: .seconds(10))
                if answer.status == 200 { return try entry(answer.body, from: "\(key)") }
                why.append("its agent answers \(answer.status)")
            } catch { why.append("its agent does not answer: \(error)") }
        }
        let known = "this is what the API server knows of it"
        let mains = (try? Pod(.json, in: bytes.span)).map { PodFacts($0, rules: MarkerRules()).mains.map(\.name) } ?? []
        let record = ClusterRecord.record(
            of: pod, mains: Set(mains), now: UnixTime(milliseconds: WallClock.system.microsecondsSince1970() / 1000))
        return StepOverview.Entry(record, problems: ["\(key): \((why + [known]).joined(separator: "; "))"])
    }
}
