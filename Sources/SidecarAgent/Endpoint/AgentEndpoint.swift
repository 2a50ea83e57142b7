import Basics
import HTTPServer
import Report
import Synchronization
import Telemetry
import WorkdirProtocol

/// The agent's HTTP endpoint: read-only, harmless to any caller in the pod's network, without secrets.
///
/// | path | answers |
/// | --- | --- |
/// | `/ready` | 503 while inputs are being fetched, then 200, also when they never will be there, so that startup passes |
/// | `/state` | the step's state as last reported; what went wrong in words (with names and URLs) on loopback only |
/// | `/metrics` | Prometheus' text format |
/// | `/report`, `/report.json` | what is known of the step; names, URLs and the log's end on loopback only |
/// | `/healthz` | 200 as long as the agent lives |
final class AgentEndpoint: Sendable {
    private let board = Mutex<StatusBoard?>(nil)
    private let record = Mutex<(@Sendable (_ listing: Bool) -> StepRecord)?>(nil)
    /// Seconds after which a page that is being looked at is asked for anew.
    private static let refresh = 5
    private let metrics: MetricRegistry

    init(metrics: MetricRegistry) {
        self.metrics = metrics
    }

    /// Shows this agent from now on; until then the step is pending.
    ///
    /// - Parameter record: what is known of the step; with `listing`, all files and the log's end as well.
    func attach(_ status: StatusBoard, record: (@Sendable (_ listing: Bool) -> StepRecord)? = nil) {
        board.withLock { $0 = status }
        self.record.withLock { $0 = record }
    }

    private var status: AgentStatus {
        board.withLock { $0 }?.current ?? AgentStatus(phase: .pending, report: nil, attempt: 0, epoch: "")
    }

    /// Listens until the server is stopped. Throws where the port is taken.
    func serve(port: Int) async throws(ListenError) -> WebServer {
        try await WebServer.start(port: port) { self.answer(to: $0) }
    }

    func answer(to request: ServerRequest) -> ServerResponse {
        switch request.path {
        case "/ready": ready(status, request)
        case "/state": .json(Self.state(status, withMessage: request.isLoopback))
        case "/metrics": ServerResponse(contentType: MetricRegistry.contentType, body: metrics.exposition())
        case "/report", "/report.json": report(request)
        case "/healthz": .text("ok")
        default: .notFound
        }
    }

    private func report(_ request: ServerRequest) -> ServerResponse {
        guard let known = record.withLock({ $0 }) else { return .text("the step has not begun", status: 503) }
        // Whoever may ask from elsewhere must not have us list thousands of files for nothing.
        let record = request.isLoopback ? known(true) : known(false).redacted
        if request.path == "/report.json" {
            return ServerResponse(contentType: "application/json", body: record.encoded)
        }
        let page = StepPage.html(record, refresh: record.outcome == nil ? Self.refresh : nil)
        return ServerResponse(contentType: "text/html; charset=utf-8", body: page)
    }

    private func ready(_ status: AgentStatus, _ request: ServerRequest) -> ServerResponse {
        let isOver = status.phase.letsMainStart
        let cause = status.phase.cause
        let body: JSONValue = .object(present: [
            "ready": .bool(isOver && cause == nil), "phase": .string(status.phase.word),
            "reason": cause.map { .string($0.reason) },
            "message": request.isLoopback ? cause.map { .string($0.message) } : nil,
        ])
        return .json(body, status: isOver ? 200 : 503)
    }

    private static func state(_ status: AgentStatus, withMessage: Bool) -> JSONValue {
        let report = status.report
        let message = withMessage ? report?.message : nil
        return .object(present: [
            "state": .string(report?.state ?? StepState.pending), "phase": .string(status.phase.word),
            "previous": report.map { .string($0.previous) }, "terminal": .bool(report?.terminal ?? false),
            "reason": report?.reason.map { .string($0) }, "message": message.map { .string($0) },
            "exitCode": report?.exitCode.map { .integer(Int64($0)) },
            "container": report?.container.map { .string($0) }, "try": .integer(Int64(status.attempt)),
            "epoch": .string(status.epoch), "sequence": report.map { .integer($0.sequence) },
            "time": report.map { .string($0.time.description) },
        ])
    }
}

extension LifecyclePhase {
    /// As the endpoint and metrics name it.
    var word: String {
        switch self {
        case .pending: "pending"
        case .initializing: "initializing"
        case .ready: "ready"
        case .started: "started"
        case .running: "running"
        case .awaitingRetry: "awaiting-retry"
        case .storing: "storing"
        case .settled: "settled"
        case .leaving: "leaving"
        }
    }

    static let words = [
        "pending", "initializing", "ready", "started", "running", "awaiting-retry", "storing", "settled", "leaving",
    ]

    /// Why the step has failed, if it has.
    fileprivate var cause: FailureCause? {
        switch self {
        case .awaitingRetry(let cause): cause
        case .storing(let outcome), .settled(let outcome), .leaving(let outcome): outcome.cause
        case .pending, .initializing, .ready, .started, .running: nil
        }
    }
}

/// What the endpoint shows of the agent at one moment.
struct AgentStatus: Sendable, Equatable {
    var phase: LifecyclePhase
    /// The last report made; `nil` before the first.
    var report: StateReport?
    /// Current try of main, from 1; 0 before one was seen.
    var attempt: Int
    var epoch: String
}

/// The agent's current status, written by the agent alone and read by the endpoint.
final class StatusBoard: Sendable {
    private let status: Mutex<AgentStatus>

    init(_ initial: AgentStatus) {
        status = Mutex(initial)
    }

    var current: AgentStatus { status.withLock { $0 } }

    func show(_ new: AgentStatus) {
        status.withLock { $0 = new }
    }
}
