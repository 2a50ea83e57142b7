internal import HTTPTransport

/// Reads a body that goes on, for one reader.
struct StreamReader: Sendable {
    private let body: HTTPBodyStream
    private let attempted: String

    init(_ body: HTTPBodyStream, attempted: String) {
        self.body = body
        self.attempted = attempted
    }

    func next() async throws(KubeError) -> [UInt8]? {
        // The iterator holds no state of its own: what is read is gone from the stream.
        var iterator = body.makeAsyncIterator()
        do { return try await iterator.next() } catch {
            if case .cancelled = error.reason { throw KubeError(attempted: attempted, reason: .cancelled) }
            throw KubeError(attempted: attempted, reason: .transport(error))
        }
    }
}

extension HTTPBodyStream {
    /// The first bytes; what breaks off ends there.
    func start(upTo limit: Int) async -> [UInt8] {
        var bytes: [UInt8] = []
        var iterator = makeAsyncIterator()
        while bytes.count < limit, let chunk = try? await iterator.next() { bytes += chunk }
        return Array(bytes.prefix(limit))
    }
}
