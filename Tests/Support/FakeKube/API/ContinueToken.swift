import Basics
import Foundation
import YAMLTree

/// Where a list goes on, as the real server writes it: base64 of JSON.
struct ContinueToken: Sendable, Equatable {
    /// -1: whatever is there now.
    var version: Int
    /// The first key that is not yet sent.
    var start: String

    init(version: Int, start: String) {
        self.version = version
        self.start = start
    }

    var text: String {
        let json: JSONValue = ["v": "meta.k8s.io/v1", "rv": .integer(Int64(version)), "start": .string(start)]
        return Data(json.text.utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    init(_ text: String) throws(StatusError) {
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
        guard let data = Data(base64Encoded: base64), let json = try? JSONValue(parsing: Array(data)),
            let version = json["rv"]?.integer, let start = json["start"]?.string
        else {
            throw .badRequest("invalid continue token: continue key is not valid: illegal base64 data at input byte 0")
        }
        self.init(version: version, start: start)
    }
}
