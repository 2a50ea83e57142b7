/// A certificate with its chain, and its key, as PEM.
public struct ServingIdentity: Sendable, Equatable {
    public var chain: [UInt8]
    public var key: [UInt8]

    public init(chain: [UInt8], key: [UInt8]) {
        self.chain = chain
        self.key = key
    }
}
