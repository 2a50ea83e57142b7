import Foundation
import TestSupport
import Testing

/// What people start to try a change.
@Suite(.timeLimit(.minutes(20))) struct DevelopmentTests {
    @Test(.requires(.kubectl)) func `scripts/dev shows a Job that ends, and a step beside it`() async throws {
        let programs = URL(filePath: try Product.sidecar.path).deletingLastPathComponent().path
        let shown = try await run(
            Repository.path("scripts/dev"), ["--once", "--bin", programs], environment: ["KUBECONFIG": nil],
            limit: .seconds(120))
        #expect(shown.status == .exited(0), "\(shown.output)\n\(shown.error)")
        #expect(shown.output.contains("the Job is Complete"))
        #expect(shown.output.contains("3 lines counted"))
        // The terminator's own words came through.
        #expect(shown.output.contains("terminator | "))
    }

    @Test(.requires(.kubectl, .prometheus)) func `every query of the dashboard returns data`() async throws {
        let programs = URL(filePath: try Product.sidecar.path).deletingLastPathComponent().path
        let said = try await run(
            Repository.path("scripts/try-dashboard"), ["--bin", programs],
            environment: ["PROMETHEUS": Tool.prometheus.path], limit: .seconds(180))
        #expect(said.status == .exited(0), "\(said.output)\n\(said.error)")
    }

    @Test func `scripts/dev refuses what it does not know`() async throws {
        let refused = try await run(Repository.path("scripts/dev"), ["--onec"])
        #expect(refused.status == .exited(64))
        #expect(refused.error.contains("--onec") && refused.error.contains("--help"))
    }
}
