/// A certificate with its chain, and its key, as PEM.
package struct ServingIdentity: Sendable, Equatable {
    package var chain: [UInt8]
    package var key: [UInt8]

    package init(chain: [UInt8], key: [UInt8]) {
        self.chain = chain
        self.key = key
    }
}
