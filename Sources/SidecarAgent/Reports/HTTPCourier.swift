import Basics
import HTTPTransport

/// Posts reports as CloudEvents.
struct HTTPCourier: ReportCourier {
    let destination: String
    private let target: StateTargetConfiguration
    private let url: String
    private let pod: PodIdentity
    private let client: HTTPClient

    /// No more of an answer is waited for: its status has said all.
    private static let answerLimit = 64 << 10

    init(_ target: StateTargetConfiguration, url: String, pod: PodIdentity) {
        self.target = target
        self.url = url
        self.pod = pod
        destination = Redaction.redactURL(url)
        var configuration = HTTPClientConfiguration(maximumConnections: 1, maximumConnectionsPerHost: 1)
        if let file = target.caFile { configuration.tls.trust = .file(file) }
        client = HTTPClient(configuration)
    }

    func deliver(_ report: StateReport) async -> DeliveryOutcome {
        let event = CloudEvent(report: report, pod: pod)
        var request = HTTPRequest("POST", url, timeouts: timeouts)
        switch target.mode {
        case .structured:
            request.headers["Content-Type"] = CloudEvent.structuredContentType
            request.body = .bytes(Array(event.structured.text.utf8))
        case .binary:
            request.headers["Content-Type"] = CloudEvent.dataContentType
            for attribute in event.attributes { request.headers[attribute.name] = attribute.value }
            request.body = .bytes(Array(event.data.text.utf8))
        }
        for (name, value) in target.headers.sorted(by: { $0.key < $1.key }) { request.headers[name] = value }
        if let file = target.tokenFile {
            do {
                request.headers["Authorization"] = "Bearer \(try SmallFile.text(file, limit: 64 << 10, pipes: true))"
            } catch {
                // It may be mounted a little later, or be replaced at this moment.
                return .failed("\(error)", retryAfter: nil)
            }
        }
        do {
            let (head, body) = try await client.stream(request)
            try await finish(body)
            return DeliveryOutcome(
                status: head.status, retryAfter: head.headers["Retry-After"],
                now: HostFacts.now().milliseconds / 1000)
        } catch {
            return DeliveryOutcome(error)
        }
    }

    /// To its end, so that the connection can be used again. One that goes on and on, or that stops coming, changes nothing
    /// about what was answered; one that is cut off may be a proxy's, whose backend is gone.
    private func finish(_ body: HTTPBodyStream) async throws(TransportError) {
        var rest = Self.answerLimit
        var chunks = body.makeAsyncIterator()
        do throws(TransportError) {
            while rest > 0, let chunk = try await chunks.next() { rest -= chunk.count }
        } catch {
            guard case .timeout = error.reason else { throw error }
        }
    }

    private var timeouts: HTTPTimeouts {
        HTTPTimeouts(
            connect: target.timeout, firstByte: target.timeout, stall: target.timeout, total: target.timeout)
    }
}
