import Basics
import Foundation
import TestSupport
import YAMLTree

/// What a real API server said, kept in the repository.
package enum Recordings {
    package static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: Repository.path("Tests/Fixtures/recordings/\(name)"))))
    }
}

extension Recordings {
    struct NotAnEvent: Error {
        var recording: String
        var line: String
    }

    /// The events of a recorded watch.
    package static func events(_ name: String) throws -> [WatchEvent] {
        try bytes(name).split(separator: UInt8(ascii: "\n")).map { line in
            let json = try JSONValue(parsing: Array(line))
            guard let kind = json["type"]?.string.flatMap(WatchEvent.Kind.init), let object = json["object"] else {
                throw NotAnEvent(recording: name, line: String(decoding: line.prefix(200), as: UTF8.self))
            }
            return WatchEvent(kind, object)
        }
    }
}
