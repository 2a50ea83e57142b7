import ArgumentParser
import Basics
import Glibc
import Transfer
import WorkdirProtocol

/// `cp`: the agent's transfer engine for people and benchmarks.
struct CopyCommand: AsyncParsableCommand, LoggedCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copies objects between stores and local folders, verified, many at once.",
        discussion: """
            Ends with 0, the code of the gravest failure, or 128 and the number of the signal that stopped it.

            A source is one object or file, a prefix or folder that ends in '/', or a pattern:
              *  any characters of one segment   [a-z]  one of these   {a,b}  either
              ?  one character                   **     any segments   \\*     itself
            Objects keep their path below the fixed part of a prefix or pattern. A file gets its name when it is whole.

            EXAMPLES
              1. Download one object:
                 kpipe-sidecar cp s3://bucket/path/object.gz .
              2. Download and rename it:
                 kpipe-sidecar cp s3://bucket/path/object.gz copy.gz
              3. Download everything under a prefix:
                 kpipe-sidecar cp s3://bucket/logs/ logs/
              4. Download what a pattern names:
                 kpipe-sidecar cp 's3://bucket/run-7/part-*.parquet' parts/
              5. Download from a web server:
                 kpipe-sidecar cp https://data.example/model.tar.zst models/
              6. Upload a file, a folder, a pattern:
                 kpipe-sidecar cp results.csv s3://bucket/results.csv
                 kpipe-sidecar cp -R results s3://bucket/run-7/
                 kpipe-sidecar cp 'results/**/*.csv' s3://bucket/csv/
              7. Send a file to a web server with PUT:
                 kpipe-sidecar cp report.json https://backend.example/reports/7
              8. From bucket to bucket, and from cloud to cloud:
                 kpipe-sidecar cp s3://here/data/ gs://there/data/
                 kpipe-sidecar cp az://account/container/data/ data/
              9. Through a pipe:
                 kpipe-sidecar cp s3://bucket/words.txt - | sort | \\
                   kpipe-sidecar cp - s3://bucket/sorted.txt
              10. See what would be copied:
                 kpipe-sidecar cp --dry-run 's3://bucket/**' .
              11. Abort uploads in parts that were left behind a week ago or earlier:
                 kpipe-sidecar cp --abort-stale 7d s3://bucket/run-7/
            """)

    @Argument(help: "Sources, then the destination; with --abort-stale the objects, prefixes or patterns meant.")
    var places: [String]

    @Flag(name: [.customShort("R"), .long], help: "Copy folders and prefixes with all they hold.")
    var recursive = false

    @OptionGroup var stores: StoreOptions

    @OptionGroup var stored: StoredOptions

    @Option(help: "Most exchanges at once; fewer are used where more would not help.")
    var concurrency = TransferConfiguration().maximumConcurrency

    @Option(
        help: "Most bytes of buffers, as in 32MiB; less where the container may not use so much (32MiB).",
        transform: CopyCommand.size)
    var memory = Int64(TransferConfiguration().memory)

    @Option(help: "Bytes of one range or part, as in 8MiB.", transform: CopyCommand.size)
    var partSize: Int64?

    @Option(help: "Give up what is not complete after this time, as in 2h.", transform: CopyCommand.duration)
    var deadline: Duration?

    @Option(help: "Tries of one request, the first included.")
    var attempts = StoreRetries().attempts

    @Option(
        help: "Bytes a second of a connection; slower for half a minute is a stall (1KiB).", transform: CopyCommand.size
    )
    var minimumSpeed: Int64?

    @Option(help: "Objects whose names no file can have: fail, skip and name them, or rename them by rule.")
    var badNames = BadNames.fail

    @Option(
        parsing: .singleValue,
        help:
            "Of a prefix, folder or pattern only names that match; several may be given. Without '/' the last segment.")
    var include: [String] = []

    @Option(parsing: .singleValue, help: "But not names that match this; several may be given.")
    var exclude: [String] = []

    @Flag(help: "Leave out what stands at the target with the same size, and the same checksum or no older time.")
    var skipExisting = false

    @Option(
        help: "Copy nothing; abort uploads in parts that were begun before so long, as in 7d, and not ended.",
        transform: CopyCommand.duration)
    var abortStale: Duration?

    @Flag(help: "Abort without asking.")
    var yes = false

    @Flag(inversion: .prefixedNo, help: "Compare the checksums that stores keep.")
    var checksum = true

    @Flag(help: "Have files on disk (fsync) before they get their names.")
    var fsync = false

    @Flag(
        help: "Print one JSON object for each file, and a summary last; on standard error where '-' is the destination."
    )
    var json = false

    @Flag(help: "Only print what would be copied.")
    var dryRun = false

    @Flag(name: [.short, .long], help: "Print failures alone.")
    var quiet = false

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard abortStale != nil || places.count >= 2 else {
            throw ValidationError("A source and a destination are needed.")
        }
        guard abortStale != nil || !yes else { throw ValidationError("--yes belongs to --abort-stale.") }
        guard memory >= 1 << 20 else { throw ValidationError("--memory is at least 1MiB.") }
        guard attempts > 0 else { throw ValidationError("--attempts must be at least 1.") }
        _ = try stored.settings(stores.settings, at: places[places.count - 1])
        guard concurrency > 0 else { throw ValidationError("--concurrency must be at least 1.") }
        guard partSize.map({ $0 >= 1 << 20 }) ?? true else { throw ValidationError("--part-size is at least 1MiB.") }
    }

    func run() async throws {
        let plan = abortStale == nil ? try copyPlan() : nil
        let configuration = transferConfiguration.fitting(memoryLimit: TransferConfiguration.memoryLimit)
        let settings = try stored.settings(stores.settings, at: places[places.count - 1])
        let registry = StoreRegistry(
            stores.configuration(
                concurrency: configuration.maximumConcurrency, minimumSpeed: minimumSpeed, settings))
        let engine = TransferEngine(stores: registry, configuration: configuration)
        let output = CopyOutput(
            json: json, quiet: quiet, dryRun: dryRun,
            yieldsOutput: plan?.usesStandardOutput == true && !dryRun, meter: engine.meter, diagnostics: diagnostics)
        var stale: [StaleUpload] = []
        if let abortStale {
            let run = StaleUploadsRun(
                engine: engine, age: abortStale, filter: try filter, dryRun: dryRun, yes: yes, output: output)
            stale = try await run.chosen(places)
        }
        let (report, signal) = await withSignalsCancelling { [stale] in
            guard let plan else { return await engine.abort(stale, onEvent: output.take, aborted: output.aborted) }
            return await output.showing { await perform(plan, engine, output) }
        }
        await registry.shutdown()
        guard !report.isComplete else {
            output.finish(report, exitCode: 0)
            if let failure = output.failure { throw failure }
            return
        }
        let code = signal.map { 128 + $0.number } ?? report.exitCode.rawValue
        output.finish(report, exitCode: code)
        throw CommandFailure(status: code, signal.map { "stopped by \($0); what is complete stays" } ?? "")
    }

    @Sendable private static func size(_ text: String) throws -> Int64 {
        guard let size = ByteSize(text) else { throw ValidationError("'\(text)' is no size; write bytes, or 8MiB") }
        return Int64(size.bytes)
    }

    @Sendable private static func duration(_ text: String) throws -> Duration {
        guard let duration = DurationText.parse(text) else {
            throw ValidationError("'\(text)' is no duration; write it as 90s or 1h30m")
        }
        guard duration > .zero else { throw ValidationError("'\(text)' is no time at all; it must be longer") }
        return duration
    }

    private func copyPlan() throws -> CopyPlan {
        do {
            let plan = try CopyPlan(
                sources: Array(places.dropLast()), destination: places[places.count - 1], recursive: recursive,
                exists: FileTest.exists, isFolder: FileTest.isFolder)
            return plan.taking(try filter, badNames)
        } catch let error as TransferError {
            throw CommandFailure(.usage, error.description)
        }
    }

    private var filter: NameFilter {
        get throws {
            do { return try NameFilter(include: include, exclude: exclude) } catch {
                throw CommandFailure(.usage, error.description)
            }
        }
    }

    private var transferConfiguration: TransferConfiguration {
        var configuration = TransferConfiguration(
            memory: Int(clamping: memory), maximumConcurrency: concurrency, partSize: partSize, durable: fsync,
            digestsOutputs: false,
            verifiesStoreChecksums: checksum, pageCache: .kernel)
        configuration.deadline = deadline
        configuration.skipsExisting = skipExisting
        configuration.retry.attempts = attempts
        configuration.listsFiles = false
        configuration.failuresBeforeStop = TransferReport.failuresKept
        configuration.dryRun = dryRun
        return configuration
    }

    private func perform(_ plan: CopyPlan, _ engine: TransferEngine, _ output: CopyOutput) async -> TransferReport {
        switch plan {
        case .fetch(let inputs, let folder):
            return await engine.fetch(inputs, into: folder, onEvent: output.take)
        case .store(let stores):
            var report = TransferReport()
            for store in stores {
                report.add(await engine.store([store.output], from: store.folder, onEvent: output.take))
            }
            return report
        case .relay(let inputs, let target):
            return await engine.relay(inputs, to: target, onEvent: output.take)
        case .print(let source):
            return await engine.send(source, toDescriptor: STDOUT_FILENO, onEvent: output.take)
        case .read(let target):
            return await engine.store(descriptor: STDIN_FILENO, to: target, onEvent: output.take)
        }
    }
}

extension BadNames: ExpressibleByArgument {}

extension CopyPlan {
    /// The same for names that `filter` admits.
    fileprivate func taking(_ filter: NameFilter, _ badNames: BadNames) -> CopyPlan {
        func taking(_ inputs: [InputRequest]) -> [InputRequest] {
            inputs.map { input in
                var input = input
                (input.filter, input.badNames) = (filter, badNames)
                return input
            }
        }
        switch self {
        case .fetch(let inputs, let folder): return .fetch(taking(inputs), folder: folder)
        case .relay(let inputs, let target): return .relay(taking(inputs), to: target)
        case .store(let stores):
            return .store(
                stores.map { store in
                    var store = store
                    store.output.filter = filter
                    return store
                })
        case .print, .read: return self
        }
    }

    fileprivate var usesStandardOutput: Bool {
        if case .print = self { true } else { false }
    }
}

enum FileTest {
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
