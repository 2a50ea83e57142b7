import Basics
import ConfigSchema
import Transfer
import WorkdirProtocol
import YAMLTree

/// One entry of `outputs`.
package struct OutputConfiguration: Sendable, Equatable {
    package enum When: String, Sendable, CaseIterable {
        case always, success, failure
    }

    enum During: String, Sendable, CaseIterable {
        case end, continuous
    }

    /// A path or glob below `output/`.
    var from = ""
    /// A URL.
    var to = ""
    package var when = When.always
    var during = During.end
    var priority = 0
    /// Patterns of names that are meant, and that are not; see `NameFilter`.
    var include: [String] = []
    var exclude: [String] = []
    var settings = StoreSettings()
    var optional = false
    var pack = PackFormat.none
}

extension OutputConfiguration: PlacedConfiguration {
    static let fields: [Field<OutputConfiguration>] = own + Field.access + Field.storing

    private static let own: [Field<OutputConfiguration>] = [
        .required(
            "from", \.from,
            .template.checked(["examples": ["**"]]) { Location.problem(ofPath: $0, below: WorkdirPath.output) },
            "What to store: a path or glob below output/."),
        .required(
            "to", \.to, .template.checked(["examples": ["s3://bucket/run-7/out/"]]) { Location.problem(of: $0) },
            "The URL to store it at. Files keep their path below it where it ends in /."),
        .optional("when", \.when, .choice, "Whether to store it when main succeeded, failed, or always."),
        .optional(
            "during", \.during, .choice,
            "end: once main has ended; continuous: each file also while main runs, once it is closed and quiet."),
        .optional("priority", \.priority, .integer(-1000...1000), "Higher goes first when time is short."),
        .optional(
            "include", \.include, .namePatterns,
            "Of a folder or glob, only names that match one of these; a pattern without `/` is for the last segment."),
        .optional("exclude", \.exclude, .namePatterns, "But not names that match one of these."),
        .optional(
            "optional", \.optional, .boolean,
            "That main did not write it is no failure. * and ** alone are never missing."),
        .optional(
            "pack", \.pack, .choice,
            "One object of all that `from` names, packed on its way: tar, tar.gz or tar.zst. `to` is its name then."),
    ]

    func check(_ decoding: inout Decoding, at mark: YAMLMark) {
        settings.check(at: to, &decoding, mark)
        let place = try? Location(to)
        if place?.hasQuery == true, pack == .none, OutputRequest.namesMany(from) {
            decoding.at(field: "to") {
                $0.report("has a query, which makes it one object's URL, and `from` names many files", at: mark)
            }
        }
        if place?.version != nil {
            decoding.at(field: "to") { $0.report("names a version, and what is stored becomes a new one", at: mark) }
        }
        if pack != .none, to.hasSuffix("/") {
            decoding.at(field: "to") { $0.report("names a folder, and `pack` makes one object: name that", at: mark) }
        }
        if pack != .none, during == .continuous {
            decoding.at(field: "during") {
                $0.report("continuous cannot go with `pack`: it is made of all at the end", at: mark)
            }
        }
        guard during == .continuous, when != .always else { return }
        decoding.at(field: "during") {
            $0.report(
                "continuous cannot go with `when: \(when.rawValue)`: what is stored cannot be taken back", at: mark)
        }
    }
}
