import FakeKube
import Foundation
import Testing

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
            runtime: (nodes?.text(at: "status.nodeInfo.containerRuntimeVersion") ?? "").replacing("://", with: " "))
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
