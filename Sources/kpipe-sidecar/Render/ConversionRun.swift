import Basics
import Conversion
import Glibc
import Render
import WorkdirProtocol
import YAMLTree

/// Converts file after file. Standard output is written at the end, and only if every file could be read: half a stream
/// of manifests would be applied as if it were whole.
struct ConversionRun {
    enum Mode {
        case filter, inPlace, diff, silent
    }

    let converter: StreamConverter
    let mode: Mode
    let json: Bool
    let verbose: Bool

    private static let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))

    private(set) var foundSomething = false
    private var output: [UInt8] = []
    private var failure: WorkdirProtocol.ExitCode?
    private var isUnreadable = false
    private var containers: Set<String> = []

    init(converter: StreamConverter, mode: Mode, json: Bool, verbose: Bool) {
        self.converter = converter
        self.mode = mode
        self.json = json
        self.verbose = verbose
    }

    mutating func process(_ path: String) async {
        let name = path == "-" ? "<stdin>" : path
        switch ManifestFiles.read(path, limit: StreamConverter.limits.bytes) {
        case .failure(let error):
            fail(.noInput, "\(name): cannot be read: \(error)")
        case .success(let bytes):
            do throws(YAMLError) {
                take(try await converter.convert(bytes, cores: Self.cores), of: bytes, path: path, name: name)
            } catch {
                fail(.data, "\(name):\(error.mark.line):\(error.mark.column): error: \(error.message)")
            }
        }
    }

    private mutating func take(_ conversion: ConvertedStream, of bytes: [UInt8], path: String, name: String) {
        containers.formUnion(conversion.containers)
        for diagnostic in conversion.diagnostics {
            if diagnostic.rule.severity == .error { failure = failure ?? .data }
            if diagnostic.rule.severity != .note { foundSomething = true }
            // Who checks wants to know what would change, and sees nothing else of it.
            if verbose || diagnostic.rule.severity != .note || mode == .silent && diagnostic.isMove {
                say(json ? diagnostic.json(file: name).text : diagnostic.text(file: name))
            }
        }
        foundSomething = foundSomething || conversion.isChanged
        switch mode {
        case .filter: append(conversion.output)
        case .silent: break
        case .diff where conversion.isChanged:
            output += UnifiedDiff.text(bytes, conversion.output, name: name, coloured: isatty(STDOUT_FILENO) == 1)
        case .inPlace where conversion.isChanged:
            do { try ManifestFiles.replace(path, by: conversion.output) } catch {
                fail(.inputOutput, "\(name): cannot be replaced: \(error); is its folder writable?")
            }
        case .diff, .inPlace: break
        }
    }

    /// Files become one stream, so each but the first starts a document.
    private mutating func append(_ bytes: [UInt8]) {
        // The only file, mostly, and perhaps a large one: not to be copied.
        guard !output.isEmpty else {
            output = bytes
            return
        }
        if output.last != 0x0A { output.append(0x0A) }
        if !bytes.starts(with: Array("---".utf8)) { output += "---\n".utf8 }
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

    func finish() throws {
        if !isUnreadable, !ManifestFiles.writeAll(output, to: STDOUT_FILENO) {
            throw CommandFailure(.inputOutput, "cannot write: \(String(cString: strerror(errno)))")
        }
        if let failure { throw CommandFailure(failure, "") }
    }

    private mutating func fail(_ code: WorkdirProtocol.ExitCode, _ message: String) {
        failure = failure ?? code
        isUnreadable = true
        say(message)
    }

    private func say(_ line: String) {
        // Nobody is left to be told when standard error is closed.
        _ = ManifestFiles.writeAll(Array("\(line)\n".utf8), to: STDERR_FILENO)
    }
}
