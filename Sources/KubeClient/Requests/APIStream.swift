public import HTTPTransport

/// The body of a successful answer that goes on: a watch, a followed log, or a list too large for one piece of memory.
///
/// Chunks come as the network cuts them. For one reader; dropping it ends the exchange.
public struct APIStream: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = KubeError

    public var headers: HTTPHeaders
    private let pull: @Sendable () async throws(KubeError) -> [UInt8]?

    /// - Parameter pull: the next chunk, `nil` at the end; throws where the body broke off.
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
