internal import HTTPTransport
internal import NIOCore
internal import NIOHTTP1

extension PodConnections {
    /// Makes one HTTP/1.1 request to a port of a pod, through the API server and the pod's node.
    ///
    /// - Parameters:
    ///   - limit: the most bytes of the answer's body.
    ///   - timeout: for all of it.
    /// - Throws: `.status` where the API server refuses; `.transport` with `.connect` where nothing listens on the port,
    ///   with `.connectionLost` where the program there ends without an answer, as one that was told to quit may do.
    ///   Whatever the port answers is no error.
    public func roundTrip(
        _ request: PortRequest, limit: Int = 1 << 20, timeout: Duration = .seconds(30)
    ) async throws(KubeError) -> PortAnswer {
        let target = request.target
        let attempted = "\(request.method) port \(request.port) of pod \(request.pod) (\(target.attempted))"
        guard (1...65535).contains(request.port), Self.isToken(request.method), Self.isPath(request.path) else {
            let reason = TransportError.Reason.invalidRequest("the port, the method or the path cannot be sent")
            throw KubeError(
                attempted: attempted, reason: .transport(TransportError(attempted: attempted, reason: reason)))
        }
        return try await time.limit(attempted, to: timeout) { () async throws(KubeError) in
            let (channel, answer) = try await dialer.open(target) { channel, _ in
                let promise = channel.eventLoop.makePromise(of: PortAnswer.self)
                let operations = channel.pipeline.syncOperations
                try operations.addHandler(PortTunnelHandler())
                try operations.addHTTPClientHandlers()
                try operations.addHandler(RoundTripHandler(request, limit: limit, promise))
                return (channel, promise.futureResult)
            }
            do {
                return try await withTaskCancellationHandler {
                    try await answer.get()
                } onCancel: {
                    channel.close(promise: nil)
                }
            } catch let error as PortTunnelHandler.Failed {
                let attempted = "\(attempted): \(error.words)"
                throw KubeError(
                    attempted: attempted,
                    reason: .transport(TransportError(attempted: attempted, reason: .connect, nothingSent: true)))
            } catch {
                if Task.isCancelled { throw KubeError(attempted: attempted, reason: .cancelled) }
                throw StreamFailure.kubeError(error, attempted: attempted)
            }
        }
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
    }

    private static func isPath(_ text: String) -> Bool {
        text.hasPrefix("/") && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
