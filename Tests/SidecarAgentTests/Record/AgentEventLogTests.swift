import Logging
import Synchronization
import Testing
import Transfer

@testable import SidecarAgent

@Suite struct AgentEventLogTests {
    private final class Lines: LogHandler {
        let lines = Mutex<[String]>([])
        var metadata: Logger.Metadata {
            get { [:] }
            set {}
        }
        var logLevel: Logger.Level {
            get { .info }
            set {}
        }
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { nil }
            set {}
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
            lines.withLock { $0.append("\(event.level) \(event.message)\(fields.joined())") }
        }
    }

    private static var failed: TransferReport {
        var report = TransferReport()
        report.add(TransferError("s3://b/k", .network, "no connection"))
        report.leftOut = ["a"]
        return report
    }

    /// Whoever is shown a timeline reads it there.
    @Test func `how all transfers went is a line of whoever keeps a log of events`() {
        let handler = Lines()
        let log = AgentEventLog(Logger(label: "test") { _ in handler })
        log.log(.transferred(.input, TransferReport()))
        log.log(.transferred(.output, Self.failed))
        #expect(
            handler.lines.withLock { $0 } == [
                "info inputs in place bytes=0 files=0",
                "error transfer incomplete bytes=0 direction=output failures=1 files=0 left-out=1",
            ])
    }
}
