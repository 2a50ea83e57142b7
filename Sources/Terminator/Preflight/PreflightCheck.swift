package import Basics
internal import YAMLTree

/// One line of a look at a cluster before the terminator is let loose on it.
package struct PreflightCheck: Sendable, Equatable {
    package enum Outcome: String, Sendable, Comparable, CaseIterable {
        case pass
        /// It works, with something missing.
        case warn
        /// It would not work.
        case fail

        package static func < (one: Outcome, other: Outcome) -> Bool {
            allCases.firstIndex(of: one) ?? 0 < allCases.firstIndex(of: other) ?? 0
        }
    }

    package var outcome: Outcome
    /// What is looked at, in a word or two.
    package var subject: String
    /// What was found.
    package var finding: String
    /// What to do about it; empty where nothing is to be done.
    package var advice: String

    package init(_ outcome: Outcome, _ subject: String, _ finding: String, advice: String = "") {
        self.outcome = outcome
        self.subject = subject
        self.finding = finding
        self.advice = advice
    }

    /// A line for each, what to do below it, and what it comes to.
    package static func text(_ checks: [PreflightCheck]) -> String {
        let width = checks.map(\.subject.count).max() ?? 0
        let lines = checks.map { check in
            let padding = String(repeating: " ", count: width - check.subject.count)
            let head = "\(check.outcome.rawValue)   \(check.subject)\(padding)   \(check.finding.printable())\n"
            return check.advice.isEmpty
                ? head : "\(head)       \(String(repeating: " ", count: width))   → \(check.advice.printable())\n"
        }
        let counts = Outcome.allCases.map { outcome in
            "\(checks.count { $0.outcome == outcome }) \(outcome.rawValue)"
        }
        return lines.joined() + "\n\(counts.joined(separator: ", "))\n"
    }

    package static func document(_ checks: [PreflightCheck]) -> JSONValue {
        .array(
            checks.map { check in
                [
                    "check": .string(check.subject), "result": .string(check.outcome.rawValue),
                    "finding": .string(check.finding), "advice": .string(check.advice),
                ]
            })
    }
}
