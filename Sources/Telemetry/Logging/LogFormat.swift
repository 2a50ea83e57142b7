/// How log lines look.
package enum LogFormat: String, Sendable, CaseIterable {
    /// For people: `2026-11-21T03:45:00.123Z INFO  fetched the inputs files=3`.
    case text
    /// For collectors: one JSON object on a line.
    case json
}
