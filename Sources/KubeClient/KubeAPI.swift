internal import Basics
public import HTTPTransport

/// What everything above the wire asks the API server through: the real client, or a scripted one in tests.
///
/// Both methods try again by themselves what can be tried again (429, 5xx, lost connections), within the client's
/// budget, and throw what remains. Cancelling the task ends the request.
public protocol KubeAPI: Sendable {
    func send(_ request: APIRequest) async throws(KubeError) -> APIResponse
    /// Returns with the head of a 2xx answer. Opening is never repeated by the client: whoever follows a stream has its
    /// own backoff.
    func open(_ request: APIRequest) async throws(KubeError) -> APIStream
}

/// A successful answer of the API server, whole.
public struct APIResponse: Sendable {
    public var status: Int
    public var headers: HTTPHeaders
    public var body: [UInt8]

    public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The body of a successful answer that goes on: a watch, a followed log, or a list too large for one piece of memory.
///
/// Chunks come as the network cuts them. For one reader; dropping it ends the request.
public struct APIStream: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = KubeError

    public var headers: HTTPHeaders
    private let pull: @Sendable () async throws(KubeError) -> [UInt8]?

    /// `pull` brings the next chunk, `nil` at the end; throws where the body broke off.
    public init(headers: HTTPHeaders = [:], pull: @escaping @Sendable () async throws(KubeError) -> [UInt8]?) {
        self.headers = headers
        self.pull = pull
    }

    public func makeAsyncIterator() -> Iterator { Iterator(pull: pull) }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let pull: @Sendable () async throws(KubeError) -> [UInt8]?

        public mutating func next() async throws(KubeError) -> [UInt8]? { try await pull() }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(KubeError) -> [UInt8]? {
            try await pull()
        }
    }
}

extension Timepiece {
    /// Lets `work` take as long as `limit`; then it is cancelled and waited for, and the attempt has failed as one that
    /// may be made again.
    package func limit<Value: Sendable>(
        _ attempted: String, to limit: Duration, _ work: @escaping @Sendable () async throws(KubeError) -> Value
    ) async throws(KubeError) -> Value {
        let deadline = now() + limit
        let (result, isOverdue) = await withTaskGroup(of: Result<Value, KubeError>?.self) { group in
            group.addTask { () async -> Result<Value, KubeError>? in
                do throws(KubeError) { return .success(try await work()) } catch { return .failure(error) }
            }
            group.addTask {
                try? await sleep(deadline)
                return nil
            }
            var result: Result<Value, KubeError>?
            var isOverdue = false
            for await outcome in group {
                if let outcome { result = outcome } else if result == nil { isOverdue = !Task.isCancelled }
                group.cancelAll()
            }
            return (result, isOverdue)
        }
        if case .success(let value) = result { return value }
        if case .failure(let error) = result, !isOverdue { throw error }
        let reason = TransportError.Reason.timeout("total")
        throw KubeError(attempted: attempted, reason: .transport(TransportError(attempted: attempted, reason: reason)))
    }
}
