import Basics
package import ConfigSchema
import Transfer
import WorkdirProtocol
package import YAMLTree

/// One entry of `inputs`.
package struct InputConfiguration: Sendable, Equatable {
    package enum Unpack: String, Sendable, CaseIterable {
        case never, auto
    }

    /// A URL: an object, a `prefix/` or a glob.
    package var from = ""
    /// Below `input/`; empty: by the object's own name.
    package var to = ""
    /// 64 hexadecimal digits in lower case.
    package var sha256: String?
    package var unpack = Unpack.never
    package var optional = false

    package init() {}
}

extension InputConfiguration: Configurable {
    package static let fields: [Field<InputConfiguration>] = [
        .required(
            "from", \.from,
            .template.checked(["examples": ["s3://bucket/run-7/part-*.parquet"]]) { Location.problem(of: $0) },
            "What to fetch: the URL of an object, a prefix/ or a glob. Placeholders are filled in."),
        .optional(
            "to", \.to, .template.checked { Location.problem(ofPath: $0, below: WorkdirPath.input) },
            "Where it belongs below input/: a file, or a folder where it ends in /. Left out: its own name."),
        .optional("sha256", \.sha256, .sha256, "SHA-256 of the object as stored, in hexadecimal."),
        .optional("unpack", \.unpack, .choice, "auto unpacks tar, tar.gz, tar.zst and zip into the folder `to`."),
        .optional("optional", \.optional, .boolean, "A missing object is no failure."),
    ]

    package func check(_ decoding: inout Decoding, at mark: YAMLMark) {
        let isMany = from.hasSuffix("/") || from.contains("*")
        if sha256 != nil, isMany {
            decoding.at(field: "sha256") { $0.report("belongs to one object, but `from` names many", at: mark) }
        }
    }
}

extension Location {
    /// A path or pattern that stays below its folder.
    static func problem(ofPath path: String, below folder: String) -> String? {
        if path.hasPrefix("/") { return "expected a path below \(folder)/, found an absolute one" }
        let climbs = path.split(separator: "/").contains { $0 == ".." }
        return climbs ? "expected a path below \(folder)/, found .. in it" : nil
    }
}
