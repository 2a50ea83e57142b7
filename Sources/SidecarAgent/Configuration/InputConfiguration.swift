import Basics
import ConfigSchema
import Transfer
import WorkdirProtocol
import YAMLTree

/// One entry of `inputs`.
struct InputConfiguration: Sendable, Equatable {
    /// A URL: an object, a `prefix/` or a glob.
    var from = ""
    /// Below `input/`; empty: by the object's own name.
    var to = ""
    /// 64 hexadecimal digits in lower case.
    var sha256: String?
    var unpack = InputRequest.Unpack.never
    var optional = false
    /// What becomes of objects whose names no file can have.
    var badNames = BadNames.fail
    /// Patterns of names that are meant, and that are not; see `NameFilter`.
    var include: [String] = []
    var exclude: [String] = []
    var settings = StoreSettings()
}

extension InputConfiguration: PlacedConfiguration {
    static let fields: [Field<InputConfiguration>] = own + Field.access

    private static let own: [Field<InputConfiguration>] = [
        .required(
            "from", \.from,
            .template.checked(["examples": ["s3://bucket/run-7/part-*.parquet"]]) { Location.problem(of: $0) },
            "What to fetch: the URL of an object, a prefix/ or a glob. Placeholders are filled in."),
        .optional(
            "to", \.to, .template.checked { Location.problem(ofPath: $0, below: WorkdirPath.input) },
            "Where it belongs below input/: a file, or a folder where it ends in /. Left out: its own name."),
        .optional("sha256", \.sha256, .sha256, "SHA-256 of the object as stored, in hexadecimal."),
        .optional("unpack", \.unpack, .choice, "auto unpacks tar, tar.gz, tar.zst and zip into the folder `to`."),
        .optional("optional", \.optional, .boolean, "A missing object is no failure; a missing bucket is."),
        .optional(
            "badNames", \.badNames, .choice,
            "Of a prefix or glob, objects whose names no file can have (`//`, `..`, more than 255 bytes, a file in the "
                + "way): fail the step, skip and name them, or rename them by rule."),
        .optional(
            "include", \.include, .namePatterns,
            "Of a prefix or glob, only names that match one of these; a pattern without `/` is for the last segment."),
        .optional("exclude", \.exclude, .namePatterns, "But not names that match one of these."),
    ]

    func check(_ decoding: inout Decoding, at mark: YAMLMark) {
        settings.check(at: from, &decoding, mark)
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
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        if segments.contains("..") { return "expected a path below \(folder)/, found .. in it" }
        // No file is ever called so: as a pattern it would match none, as a name it would be refused when it is too late.
        if segments.contains(".") { return "expected a path below \(folder)/, found the segment . in it: leave it out" }
        return segments.dropLast().contains("") ? "expected a path below \(folder)/, found // in it: write one /" : nil
    }
}

extension Shape<[String]> {
    /// No placeholders: what a name is like does not depend on the step.
    static let namePatterns = Shape<String>.text.checked { NameFilter.problem(of: $0) }.list
}
