import Basics
package import ConfigSchema
import Transfer

/// One entry of `reports`: where `report.json` and `report.html` go.
package struct ReportConfiguration: Sendable, Equatable {
    /// The URL of a folder.
    package var to = ""

    package init() {}
}

extension ReportConfiguration: Configurable {
    package static let fields: [Field<ReportConfiguration>] = [
        .required(
            "to", \.to, .template.checked(["examples": ["s3://bucket/run-7/report/"]]) { problem(of: $0) },
            "The URL of the folder for report.json and report.html.")
    ]

    private static func problem(of to: String) -> String? {
        to.contains("?") ? "expected the URL of a folder, without a query" : Location.problem(of: to)
    }
}
