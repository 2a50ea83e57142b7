import ArgumentParser
import Basics
import SidecarAgent
import Transfer
import WorkdirProtocol

/// `verify`: compares files, or a store's objects, with the manifest of what was stored.
struct VerifyCommand: AsyncParsableCommand, LoggedCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compares files, or a store's objects, with a manifest: sizes, SHA-256 and the store's checksums.",
        discussion: """
            All files are compared, and every reason is told. Ends with 0, 66 where something is missing, 65 where \
            something differs, or the code of what kept it from looking.

            EXAMPLES
              1. What a step has stored, where it was stored:
                 kpipe-sidecar verify s3://bucket/run-7/out/
              2. The same without reading the objects:
                 kpipe-sidecar verify --dry-run s3://bucket/run-7/out/
              3. Files that were fetched again, with the manifest among them:
                 kpipe-sidecar cp s3://bucket/run-7/out/ out/
                 kpipe-sidecar verify out/
              4. Files, or a copy, against the manifest in the store:
                 kpipe-sidecar verify s3://bucket/run-7/out/ out/
                 kpipe-sidecar verify s3://bucket/run-7/out/ gs://copy/out/
            """)

    @Argument(help: "The manifest: a file or URL, or the folder or prefix where it lies.")
    var manifest: String

    @Argument(
        help: ArgumentHelp(
            "The folder or prefix its paths are below.",
            discussion: "Left out: of a manifest in a store where each file was stored, else the manifest's folder."))
    var place: String?

    @OptionGroup var stores: StoreOptions

    @Flag(help: "Print one JSON object for each file, and a summary last.")
    var json = false

    @Flag(help: "Compare sizes and stores' checksums alone, which reads no content.")
    var dryRun = false

    @OptionGroup var logging: LoggingOptions

    func run() async throws {
        let configuration = TransferConfiguration(digestsOutputs: false).fitting(
            memoryLimit: TransferConfiguration.memoryLimit)
        let registry = StoreRegistry(stores.configuration(concurrency: configuration.maximumConcurrency))
        let engine = TransferEngine(stores: registry, configuration: configuration)
        let checked = await Result { () async throws(TransferError) in try await check(with: engine) }
        await registry.shutdown()
        do {
            let (report, count, unwritten) = try checked.get()
            if report.failureCount > 0 {
                let verb = report.failureCount == 1 ? "differs or is" : "differ or are"
                throw CommandFailure(
                    report.exitCode,
                    "\(report.failureCount) of \(String(counting: count, "file")) \(verb) missing")
            }
            if let unwritten { throw unwritten }
        } catch let error as TransferError {
            throw CommandFailure(error.exitCode, error.description)
        }
    }

    /// What was found, of how many files, and why a line of it could not be written.
    private func check(with engine: TransferEngine) async throws(TransferError)
        -> (TransferReport, files: Int, unwritten: CommandFailure?)
    {
        let isFolder = manifest.hasSuffix("/") || FileTest.isFolder(manifest)
        let url = isFolder ? ManifestLocation.url(in: manifest) : manifest
        let files = try Manifest(try await engine.document(url), from: url).files
        let isLocal = try Location(manifest).isLocal
        let folder = url.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(Substring(url.utf8[...$0])) } ?? "."
        let check = try ManifestCheck(
            place ?? (isLocal ? folder : nil), engine: engine, settings: stores.settings, reads: !dryRun)
        var report = TransferReport()
        var unwritten: CommandFailure?
        func tell(_ line: String) {
            do throws(CommandFailure) { try StandardOutput.write(line + "\n") } catch { unwritten = unwritten ?? error }
        }
        await check.verdicts(on: files) { file, verdict in
            if case .fails(let error) = verdict { report.add(error) }
            if let line = line(file, verdict) { tell(line) }
        }
        if json {
            tell(
                JSONLine.object([
                    ("event", .text("summary")), ("files", .number(Int64(files.count))),
                    ("failures", .number(Int64(report.failureCount))),
                ]))
        }
        return (report, files.count, unwritten)
    }

    private func line(_ file: Manifest.File, _ verdict: ManifestCheck.Verdict) -> String? {
        var (word, why): (String, String?) = ("ok", nil)
        switch verdict {
        case .matches: break
        case .sizeMatches: word = "size"
        case .fails(let error): (word, why) = ("failed", error.description)
        }
        guard json else {
            return verdict == .matches
                ? nil : "\(word) \(file.path.printable())" + (why.map { ": \($0.printable())" } ?? "")
        }
        return JSONLine.object(
            [("event", .text(word)), ("path", .text(file.path))] + (why.map { [("error", .text($0))] } ?? []))
    }
}

extension Result {
    init(_ body: () async throws(Failure) -> Success) async {
        do throws(Failure) { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
