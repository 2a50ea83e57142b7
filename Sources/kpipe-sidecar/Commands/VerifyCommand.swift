import ArgumentParser
import Transfer
import WorkdirProtocol

/// `verify`: compares files with the manifest of what was stored.
struct VerifyCommand: AsyncParsableCommand, LoggedCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Compares files with a manifest: sizes and SHA-256.",
        discussion: """
            EXAMPLES
              1. Files that were fetched again, with the manifest among them:
                 kpipe-sidecar cp s3://bucket/run-7/out/ out/
                 kpipe-sidecar verify out/kpipe-manifest.json out/
              2. Against the manifest in the store:
                 kpipe-sidecar verify s3://bucket/run-7/out/kpipe-manifest.json out/
            """)

    @Argument(help: "The manifest: a file or URL.")
    var manifest: String

    @Argument(help: "The folder its paths are below.")
    var folder = "."

    @OptionGroup var stores: StoreOptions

    @Flag(help: "Print one JSON object for each file, and a summary last.")
    var json = false

    @Flag(help: "Compare sizes alone, which reads no file.")
    var dryRun = false

    @OptionGroup var logging: LoggingOptions

    func run() async throws {
        let registry = StoreRegistry(stores.configuration(concurrency: 2))
        let engine = TransferEngine(stores: registry)
        let document = await Result { () async throws(TransferError) in
            try Manifest(try await engine.document(manifest), from: manifest)
        }
        await registry.shutdown()
        do {
            try await check(try document.get())
        } catch let error as TransferError {
            throw CommandFailure(error.exitCode, error.description)
        }
    }

    private func check(_ manifest: Manifest) async throws {
        let check = try ManifestCheck(folder: folder)
        var failures: [TransferError] = []
        for var file in manifest.files {
            if dryRun { file.sha256 = nil }
            let verdict = await check.verdict(on: file)
            if case .fails(let error) = verdict { failures.append(error) }
            if let line = line(file, verdict) { print(line) }
        }
        if json {
            print(
                JSONLine.object([
                    ("event", .text("summary")), ("files", .number(Int64(manifest.files.count))),
                    ("failures", .number(Int64(failures.count))),
                ]))
        }
        guard let first = failures.first else { return }
        let missing = failures.allSatisfy { $0.exitCode == .noInput }
        let others = failures.count > 1 ? " (and \(failures.count - 1) more)" : ""
        throw CommandFailure(missing ? .noInput : .data, first.description + others)
    }

    private func line(_ file: Manifest.File, _ verdict: ManifestCheck.Verdict) -> String? {
        let word =
            switch verdict {
            case .matches: "ok"
            case .sizeMatches: "size"
            case .fails: "failed"
            }
        guard json else { return verdict == .matches ? nil : "\(word) \(file.path)" }
        var fields: [(String, JSONLine.Value)] = [("event", .text(word)), ("path", .text(file.path))]
        if case .fails(let error) = verdict { fields.append(("error", .text(error.description))) }
        return JSONLine.object(fields)
    }
}

extension Result {
    init(_ body: () async throws(Failure) -> Success) async {
        do throws(Failure) { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
