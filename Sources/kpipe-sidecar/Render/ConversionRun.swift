import Basics
import Conversion
import Glibc
import Render
import WorkdirProtocol
import YAMLTree

/// Converts file after file. Standard output of a filter is written at the end, and only if every file could be read: half a
/// stream of manifests would be applied as if it were whole. Everything else goes on behind a file that cannot be read, and
/// ends with its code.
struct ConversionRun {
    enum Mode {
        case filter, inPlace, diff, silent
    }

    struct Settings {
        var mode = Mode.filter
        var isVerbose = false
        /// Named files that are templates or no manifests are passed over as those that were found are.
        var passesOver = false
        /// A finding that says the same of every pod is told once.
        var tellsVersionsOnce = false
        var policy = FindingPolicy()
        /// What becomes of kustomizations and their patches, by path.
        var patches: [String: ConvertedStream] = [:]
        /// Patches of kustomizations that are not converted along.
        var strayPatches: Set<String> = []
    }

    /// What became of the files.
    private struct Counts {
        var files = 0
        var changed = 0
        var templates = 0
        var others = 0
        var patches = 0
    }

    private let converter: StreamConverter
    private let settings: Settings
    private var findings: FindingOutput

    private static let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))

    private(set) var foundSomething = false
    private var output: [UInt8] = []
    private var failure: WorkdirProtocol.ExitCode?
    private var isUnreadable = false
    private var containers: Set<String> = []
    private var counts = Counts()
    private var hasToldVersions = false

    init(_ converter: StreamConverter, _ settings: Settings, _ findings: FindingOutput) {
        self.converter = converter
        self.settings = settings
        self.findings = findings
    }

    mutating func process(_ file: ManifestFiles.Listing.File) async {
        // As git and its tools write paths: without `./`.
        let path = KustomizeFiles.joined(".", file.path)
        let name = file.path == "-" ? "<stdin>" : path
        counts.files += 1
        switch ManifestFiles.read(file.path, limit: StreamConverter.limits.bytes) {
        case .failure(let error): fail(.noInput, "\(name): cannot be read: \(error)")
        case .success(let bytes):
            if let planned = settings.patches[path] {
                return take(planned, of: bytes, path: file.path, name: name)
            }
            if settings.strayPatches.contains(path) {
                counts.patches += 1
                let same = ConvertedStream(output: bytes, diagnostics: [], containers: [], isChanged: false)
                return take(same, of: bytes, path: file.path, name: name)
            }
            let mayPassOver = file.isFound || settings.passesOver && file.path != "-"
            guard !mayPassOver || bytes.firstOffset(of: "kind") != nil else {
                counts.others += 1
                return
            }
            do throws(YAMLError) {
                take(try await converter.convert(bytes, cores: Self.cores), of: bytes, path: file.path, name: name)
            } catch {
                guard !mayPassOver || !ManifestFiles.isTemplate(bytes) else {
                    counts.templates += 1
                    return
                }
                fail(.data, "\(name):\(error.mark): error: \(error.message)")
            }
        }
    }

    private mutating func take(_ conversion: ConvertedStream, of bytes: [UInt8], path: String, name: String) {
        containers.formUnion(conversion.containers)
        lazy var templates = ChartTemplates(bytes)
        for diagnostic in conversion.diagnostics.lazy.compactMap(settings.policy.applied) {
            if diagnostic.severity == .error { failure = failure ?? .data }
            if diagnostic.severity != .note { foundSomething = true }
            guard isShown(diagnostic) else { continue }
            findings.tell(
                FoundDiagnostic(
                    file: name, diagnostic: diagnostic, template: templates?.template(of: diagnostic.offset)))
        }
        foundSomething = foundSomething || conversion.isChanged
        counts.changed += conversion.isChanged ? 1 : 0
        switch settings.mode {
        case .filter: append(conversion.output)
        case .silent: break
        case .diff where conversion.isChanged:
            let diff = UnifiedDiff.text(
                bytes, conversion.output, name: name,
                coloured: ProgramStreams.showsColours(isScreen: ProgramStreams.isScreen(STDOUT_FILENO)))
            do { try StandardOutput.write(diff) } catch {
                // The others would say the same.
                if failure != .inputOutput { fail(.inputOutput, error.message) }
            }
        case .inPlace where conversion.isChanged:
            do { try ManifestFiles.replace(path, by: conversion.output) } catch {
                fail(.inputOutput, "\(name): cannot be replaced: \(error); is its folder writable?")
            }
        case .diff, .inPlace: break
        }
    }

    private mutating func isShown(_ diagnostic: Diagnostic) -> Bool {
        if diagnostic.rule == .kubelets, settings.tellsVersionsOnce {
            guard !hasToldVersions else { return false }
            hasToldVersions = true
        }
        // Who checks wants to know what would change, and sees nothing else of it.
        return settings.isVerbose || diagnostic.severity != .note || settings.mode == .silent && diagnostic.isMove
            || findings.format == .sarif && diagnostic.ignored != nil
    }

    /// Files become one stream, so each but the first starts a document.
    private mutating func append(_ bytes: [UInt8]) {
        // The only file, mostly, and perhaps a large one: not to be copied.
        guard !output.isEmpty else {
            output = bytes
            return
        }
        if output.last != 0x0A { output.append(0x0A) }
        // A byte order mark is one at the start of a stream alone.
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        if !bytes.starts(with: "---".utf8) { output += "---\n".utf8 }
        output += bytes
    }

    /// A name that no pod of any file has is a slip of the pen.
    mutating func reportMissing(_ names: Set<String>) {
        guard !isUnreadable else { return }
        for name in names.subtracting(containers).sorted() {
            let known = containers.sorted().prefix(10).joined(separator: ", ")
            fail(.data, "no pod has a container \(name)" + (known.isEmpty ? "" : "; there are \(known)"))
        }
    }

    mutating func report(_ listing: ManifestFiles.Listing) {
        for problem in listing.problems { fail(.noInput, problem) }
        guard listing.files.contains(where: \.isFound) || settings.passesOver || counts.patches > 0 else { return }
        let passed = [
            (counts.templates, "templates"), (counts.others, "no Kubernetes"), (counts.patches, "patches"),
            (listing.excluded, "excluded"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        let verb = settings.mode == .inPlace ? "changed" : "would change"
        Diagnostics.write(
            "\(String(counting: counts.files, "file")), \(counts.changed) \(verb)"
                + (passed.isEmpty ? "" : "; passed over: \(passed)")
                + "\n")
    }

    func finish() throws {
        try findings.finish()
        if settings.mode == .filter, !isUnreadable { try StandardOutput.write(output) }
        if let failure { throw CommandFailure(failure, "") }
    }

    private mutating func fail(_ code: WorkdirProtocol.ExitCode, _ message: String) {
        failure = failure ?? code
        isUnreadable = true
        Diagnostics.write("\(message.printable(limit: 4096))\n")
    }
}

/// Where findings are written: lines as they are made, or one document in the end.
struct FindingOutput {
    let format: FindingFormat
    /// Instead of a standard stream.
    private let file: String?
    /// Standard output is free for them.
    private let isMain: Bool
    private let help: String?
    private var lines = ""
    private var findings: [FoundDiagnostic] = []
    /// The first line that could not be written.
    private var failure: CommandFailure?

    init(_ format: FindingFormat, file: String?, isMain: Bool, help: String?) {
        self.format = format
        self.file = file
        self.isMain = isMain
        self.help = help
    }

    mutating func tell(_ found: FoundDiagnostic) {
        guard let line = format.line(found) else { return findings.append(found) }
        if file == nil {
            guard format == .github, isMain else { return Diagnostics.write("\(line)\n") }
            do { try StandardOutput.write("\(line)\n") } catch { failure = failure ?? error }
        } else {
            lines += "\(line)\n"
        }
    }

    func finish() throws {
        if let failure { throw failure }
        let text = format == .sarif ? SarifReport.text(findings, version: Basics.Version.current, help: help) : lines
        if file != nil || format == .sarif { try GeneratorInput.write(Array(text.utf8), to: file) }
    }
}
