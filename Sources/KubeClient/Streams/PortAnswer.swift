public import HTTPTransport

/// What a port of a pod answered.
public struct PortAnswer: Sendable, Equatable {
    public var status: Int
    public var headers: HTTPHeaders
    public var body: [UInt8]
}
