import FakeKube
import Foundation
import Synchronization
import TerminatorScenarios
import Testing

/// Collects what a run on a real node gave, and writes it down.
final class MatrixReport: Sendable {
    private struct Row {
        var order: Int
        var cells: [String]
    }

    private let sections = Mutex<[String: [Row]]>([:])

    @TaskLocal static var current: MatrixReport?

    func add(_ scenario: Scenario, in setting: Setting, _ ending: Ending) {
        let outcome = ending.outcome
        let codes = outcome.codes.sorted { $0.key < $1.key }.map { outcome.codes.count == 1 ? "\($1)" : "\($0) \($1)" }
        let rungs = outcome.rungs.sorted { $0.key < $1.key }.map { "`\($0)`: \($1.joined(separator: ", "))" }
        add(
            Row(
                order: setting.scenarios.firstIndex { $0.id == scenario.id } ?? 0,
                cells: [
                    scenario.title, outcome.job, outcome.phase, codes.joined(separator: ", "),
                    rungs.isEmpty ? "–" : rungs.joined(separator: "; "), ending.seconds.map { "\($0) s" } ?? "–",
                    outcome.promised == scenario.expected ? "✓" : "✗",
                ]), to: setting)
    }

    func add(_ title: String, in setting: Setting, right: Int, of count: Int) {
        let cells = [title, "\(right) of \(count)", right == count ? "✓" : "✗"]
        add(Row(order: sections.withLock { $0[setting.name]?.count ?? 0 }, cells: cells), to: setting)
    }

    private func add(_ row: Row, to setting: Setting) {
        sections.withLock { $0[setting.name, default: []].append(row) }
    }

    func markdown(kubernetes: String, runtime: String, date: String) -> String {
        let sections = sections.withLock { $0 }
        let minor = kubernetes.trimmingPrefix("v").split(separator: ".").prefix(2).joined(separator: ".")
        var text = """
            # Results on Kubernetes \(kubernetes.trimmingPrefix("v"))
            Written by `NodeMatrixTests` from a run on \(date), on one node with \(runtime). What the columns say, and other versions:
            [results on real nodes](../terminator-matrix.md).

            ```sh
            LAB_HOME=… KPIPE_MATRIX=docs/matrix/\(minor).md swift test --filter NodeMatrixTests
            ```

            """
        for setting in Setting.tables {
            guard let rows = sections[setting.name] else { continue }
            text += Self.table(
                setting.title, ["", "Job", "pod", "main's code", "ways", "after", ""],
                rows.sorted { $0.order < $1.order })
        }
        if let rows = sections[Setting.disturbed.name] {
            text += Self.table(Setting.disturbed.title, ["", "right results", ""], rows)
        }
        let left = (Setting.tables + [.disturbed]).filter { sections[$0.name] == nil }
        return left.isEmpty ? text : text + "\n## Not run\n" + left.map { "- \($0.title)\n" }.joined()
    }

    private static func table(_ title: String, _ head: [String], _ rows: [Row]) -> String {
        let lines = [head, head.map { _ in "---" }] + rows.map(\.cells)
        return "\n## \(title)\n" + lines.map { "| \($0.joined(separator: " | ")) |\n" }.joined()
    }
}

/// Writes the report of a suite to the file that `KPIPE_MATRIX` names.
struct Reported: SuiteTrait, TestScoping {
    static var path: String? { ProcessInfo.processInfo.environment["KPIPE_MATRIX"] }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard let path = Self.path, let node = LabNode.atHand else {
            return try await function()
        }
        let report = MatrixReport()
        let result: Result<Void, any Error>
        do { result = .success(try await MatrixReport.$current.withValue(report) { try await function() }) } catch {
            result = .failure(error)
        }
        let nodes = try await node.get("/api/v1/nodes")["items"]?[0]
        let text = report.markdown(
            kubernetes: nodes?.text(at: "status.nodeInfo.kubeletVersion") ?? "",
            runtime: (nodes?.text(at: "status.nodeInfo.containerRuntimeVersion") ?? "").replacing("://", with: " "),
            date: String(Date.now.ISO8601Format().prefix(10)))
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try result.get()
    }
}

extension Trait where Self == ConditionTrait {
    /// Others use the cluster, too: its server is restarted only where the matrix is what is run.
    static var onlyAlone: Self {
        .enabled(if: Reported.path != nil, "disturbs everybody else in the cluster: set KPIPE_MATRIX")
    }
}

extension Trait where Self == Reported {
    static var reported: Self { Reported() }
}
