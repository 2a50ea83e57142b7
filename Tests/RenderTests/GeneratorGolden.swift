import Foundation
import Render
import TestSupport
import Testing
import YAMLTree

/// Documents below `Tests/Fixtures`, with what a generator makes of them in `golden/`.
/// `KPIPE_UPDATE_GOLDENS=1` writes those anew; read the difference before committing it.
struct GeneratorGolden {
    let folder: String

    private var root: String { Repository.path("Tests/Fixtures/\(folder)") }

    func bytes(_ name: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(filePath: "\(root)/\(name)"))) }

    func document(_ name: String) throws -> YAMLNode { try YAMLNode(parsing: bytes(name)) }

    func expect(_ text: String, _ name: String) throws {
        if ProcessInfo.processInfo.environment["KPIPE_UPDATE_GOLDENS"] != nil {
            try Data(text.utf8).write(to: URL(filePath: "\(root)/golden/\(name)"))
        }
        #expect(try text == String(decoding: bytes("golden/\(name)"), as: UTF8.self))
    }

    /// What stands at a place (`spec.containers.0.name`) of a document: values compared, not their quotes.
    func expect(_ value: String?, at path: String, of document: YAMLNode) throws {
        let found = path.split(separator: ".").reduce(document as YAMLNode?) { node, step in
            Int(step).map { node?[$0] } ?? node?[String(step)]
        }
        func words(_ node: YAMLNode) -> String {
            ManifestWriter.yaml([ManifestValue(node)]).replacing("\"", with: "")
        }
        #expect(found.map(words) == (try value.map { words(try YAMLNode(parsing: $0)) }))
    }
}
