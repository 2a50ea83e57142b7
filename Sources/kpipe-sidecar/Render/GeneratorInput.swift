import ArgumentParser
import Basics
import ConfigSchema
import Conversion
import Glibc
import Render
import SidecarAgent
import WorkdirProtocol
import YAMLTree

enum ManifestFormat: String, ExpressibleByArgument, CaseIterable {
    case yaml, json
}

/// What the generators have in common: one document in, manifests out.
enum GeneratorInput {
    /// A file, or standard input for `-`: at most `limit` bytes and one more.
    static func bytes(_ path: String, limit: Int) throws(CommandFailure) -> [UInt8] {
        switch ManifestFiles.read(path, limit: limit) {
        case .failure(let error): throw CommandFailure(.noInput, "\(name(path)): cannot be read: \(error)")
        case .success(let read): return read
        }
    }

    /// The one document of a file, or of standard input for `-`.
    static func document(_ path: String) throws -> YAMLNode {
        let bytes = try bytes(path, limit: YAMLLimits().bytes)
        return try reporting(path) { try YAMLNode(parsing: bytes) }
    }

    static func mapping(_ path: String) throws -> YAMLMapping {
        let document = try document(path)
        guard let mapping = document.mapping else {
            throw CommandFailure(
                .data, "\(name(path)):\(document.mark): error: expected a mapping, found \(document.kindInWords)")
        }
        return mapping
    }

    static func name(_ path: String) -> String { path == "-" ? "<stdin>" : path }

    /// Problems of the input as lines that editors jump to, and exit code 65.
    static func reporting<Value>(_ path: String?, _ body: () throws -> Value) throws -> Value {
        let source = path.map { "\(name($0)):" } ?? ""
        do {
            return try body()
        } catch let error as YAMLError {
            throw CommandFailure(.data, "\(source)\(error.mark): error: \(error.message)")
        } catch let error as InputError {
            let lines = error.problems.map { problem in
                // Options have no lines.
                path == nil ? "\(problem.path): \(problem.message)" : "\(source)\(problem)"
            }
            throw CommandFailure(.data, lines.joined(separator: "\n"))
        } catch let error as ConfigurationError {
            let lines = error.problems.map { problem in
                (path == nil ? "" : "\(source) ") + (problem.path.isEmpty ? "" : "\(problem.path): ") + problem.message
            }
            throw CommandFailure(.data, lines.joined(separator: "\n"))
        }
    }

    static func write(_ documents: [ManifestValue], as format: ManifestFormat) throws {
        let text = format == .json ? ManifestWriter.json(documents) : ManifestWriter.yaml(documents)
        try StandardOutput.write(text)
    }

    /// To a file where one is named.
    static func write(_ bytes: [UInt8], to file: String?) throws {
        guard let file else {
            try StandardOutput.write(bytes)
            return
        }
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0, ManifestFiles.writeAll(bytes, to: descriptor), close(descriptor) == 0 else {
            throw CommandFailure(.inputOutput, "\(file): cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    static func say(_ diagnostic: Diagnostic, of path: String) {
        Diagnostics.write("\(diagnostic.text(file: name(path)).printable(limit: 4096))\n")
    }
}
