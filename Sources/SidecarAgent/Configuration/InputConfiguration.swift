package import Configuration
internal import WorkdirProtocol
package import YAMLTree

/// One entry of `inputs`.
public struct InputConfiguration: Sendable, Equatable {
    public enum Unpack: String, Sendable, CaseIterable {
        case never, auto
    }

    /// A URL: an object, a `prefix/` or a glob.
    public var from = ""
    /// Below `input/`; empty: by the object's own name.
    public var to = ""
    /// 64 hexadecimal digits in lower case.
    public var sha256: String?
    public var unpack = Unpack.never
    public var optional = false

    public init() {}
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
