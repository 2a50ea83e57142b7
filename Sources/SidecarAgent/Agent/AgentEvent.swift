import Basics
package import Logging
package import Transfer
import WorkdirProtocol

/// What an agent does, for whoever shows it to a person.
package enum AgentEvent: Sendable {
    package enum Direction: String, Sendable {
        case input, output
    }

    case report(StateReport)
    case transfer(Direction, TransferEvent)
    /// All inputs, or all outputs, are through.
    case transferred(Direction, TransferReport)
    case manifest(url: String)
    case note(String)
    /// Something that did not work and is not the step's failure.
    case warning(String)
}

/// What an agent does, as lines of its log: for whoever reads a pod's logs and sees no timeline. States, and what is
/// waited for, the agent logs itself.
package struct AgentEventLog: Sendable {
    private let logger: Logger

    package init(_ logger: Logger) { self.logger = logger }

    package func log(_ event: AgentEvent) {
        switch event {
        case .transfer(let direction, let transfer): log(transfer, direction)
        case .manifest(let url): logger.info("manifest stored", metadata: ["url": "\(url)"])
        case .transferred(let direction, let report): log(report, direction)
        case .report, .note, .warning: break
        }
    }

    private func log(_ report: TransferReport, _ direction: AgentEvent.Direction) {
        var metadata: Logger.Metadata = ["files": "\(report.fileCount)", "bytes": "\(report.bytes)"]
        guard !report.isComplete else {
            return logger.info(direction == .input ? "inputs in place" : "outputs stored", metadata: metadata)
        }
        metadata["failures"] = "\(report.failureCount)"
        if !report.leftOut.isEmpty { metadata["left-out"] = "\(report.leftOut.count)" }
        metadata["direction"] = "\(direction.rawValue)"
        logger.error("transfer incomplete", metadata: metadata)
    }

    private func log(_ event: TransferEvent, _ direction: AgentEvent.Direction) {
        switch event {
        case .finished(let file):
            logger.debug("file transferred", metadata: Self.metadata(of: file, direction))
        case .skipped(let file):
            logger.debug("file already in place", metadata: Self.metadata(of: file, direction))
        case .retrying(let error, let attempt, let pause):
            logger.warning(
                "transfer failed, retrying",
                metadata: [
                    "direction": "\(direction.rawValue)", "error": "\(error)", "try": "\(attempt + 1)",
                    "retry-in": "\(DurationText.print(pause))",
                ])
        case .failed(let error):
            logger.error("transfer failed", metadata: ["direction": "\(direction.rawValue)", "error": "\(error)"])
        case .note(let path, let reason):
            logger.notice(
                "file left out",
                metadata: ["direction": "\(direction.rawValue)", "path": "\(path)", "reason": "\(reason)"])
        case .told(let object, let text):
            logger.notice(
                "transfer goes on",
                metadata: ["direction": "\(direction.rawValue)", "object": "\(object)", "reason": "\(text)"])
        case .planned, .began, .admitted: break
        }
    }

    private static func metadata(of file: TransferredFile, _ direction: AgentEvent.Direction) -> Logger.Metadata {
        [
            "direction": "\(direction.rawValue)", "path": "\(file.path)", "bytes": "\(file.size)",
            "url": "\(file.url)",
        ]
    }
}
