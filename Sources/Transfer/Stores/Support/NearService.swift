internal import HTTPTransport

/// A service on the machine's own link, which may not be up yet in a pod's first seconds and is asked for a while.
struct NearService: Sendable {
    static let pauses: [Duration] = [250, 500, 1000, 2000, 4000].map { .milliseconds($0) }

    let client: any HTTPRequesting
    let pause: @Sendable (Duration) async throws -> Void

    /// The first answer that `passes` does not take for one of a service that is still starting; where there is none, the last
    /// failure of a service that somebody `named`, else `nil`.
    func answer(to request: HTTPRequest, named: Bool, passing passes: (HTTPResponseHead) -> Bool)
        async throws(TransferError) -> (head: HTTPResponseHead, body: [UInt8])?
    {
        var request = request
        request.timeouts = HTTPTimeouts(connect: .seconds(1), firstByte: .seconds(3), total: .seconds(5))
        var attempt = 0
        while true {
            let isLast = attempt == Self.pauses.count
            do {
                let answer = try await client.execute(request, upTo: 1 << 20)
                if isLast || !passes(answer.head) { return answer }
            } catch {
                if !error.isTransient || isLast {
                    guard named || error.reason == .cancelled else { return nil }
                    throw TransferError(error, object: request.url)
                }
            }
            do { try await pause(Self.pauses[attempt]) } catch _ { throw .cancelled(request.url) }
            attempt += 1
        }
    }
}
