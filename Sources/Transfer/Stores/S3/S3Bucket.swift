internal import HTTPTransport
internal import Synchronization

/// Sends requests to one bucket: signs them, and corrects region, clock and credentials where the server says so.
final class S3Bucket: Sendable {
    let name: String
    private let service: S3Service
    /// What an answer told; until then the service's.
    private let region = Mutex<String?>(nil)

    init(_ name: String, service: S3Service) {
        self.name = name
        self.service = service
    }

    /// The object's URL in errors.
    func url(_ key: String?) -> String { "s3://\(name)/\(key ?? "")" }

    /// The whole answer, at most `limit` bytes of it kept.
    func answer(_ call: S3Call, limit: Int = 8 << 20) async throws(TransferError)
        -> (head: HTTPResponseHead, body: [UInt8])
    {
        try await perform(call, into: nil, keeping: limit) { _ in .keep }
    }

    /// The answer's body goes into `sink` if `judge` finds its head to be what was asked for.
    func deliver(
        _ call: S3Call, into sink: any HTTPBodySink,
        judge: @escaping @Sendable (HTTPResponseHead) -> ResponseGate.Verdict
    ) async throws(TransferError) -> HTTPResponseHead {
        try await perform(call, into: sink, keeping: ResponseGate.errorDocument, judge: judge).head
    }

    private func perform(
        _ call: S3Call, into sink: (any HTTPBodySink)?, keeping limit: Int,
        judge: @escaping @Sendable (HTTPResponseHead) -> ResponseGate.Verdict
    ) async throws(TransferError) -> (head: HTTPResponseHead, body: [UInt8]) {
        let object = url(call.key)
        var recovery = S3Recovery()
        while true {
            let credentials = try await service.credentials(for: object)
            let region = if let told = self.region.withLock({ $0 }) { told } else { await service.region() }
            let request = try service.request(call, bucket: name, region: region, credentials: credentials)
            let gate = ResponseGate(sink, keeping: limit) { $0.isSuccess ? judge($0) : .keep }
            let answer = try await gate.run(request, on: service.client, object: object)
            if answer.head.isSuccess { return answer }

            let now = service.clock.now()
            let failure = S3Failure(answer.head, body: answer.body, now: now)
            guard let correction = recovery.correction(for: failure, region: region, now: now) else {
                throw failure.error(object)
            }
            switch correction {
            case .region(let wanted): self.region.withLock { $0 = wanted }
            case .clock(let seconds): service.clock.correct(by: seconds)
            case .credentials:
                guard let credentials else { throw failure.error(object) }
                service.reject(credentials)
            }
            if case .source(let source) = call.body, !source.rewind() { throw failure.error(object) }
        }
    }
}
