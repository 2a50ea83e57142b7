/// libcurl's connections, those that exchanges may share apart from those that serve one exchange at a time.
///
/// libcurl 7.88 notes for a host, not for each connection, that exchanges can share one. With both kinds in one multi
/// handle it gives an exchange over HTTP/2 the host's first connection, even an HTTP/1.1 one on which an answer is still
/// under way: it then waits for the end of that answer, which for a watch is never.
final class MultiHandles {
    private let configuration: HTTPClientConfiguration
    private let poller: Poller
    private var serial: MultiHandle?
    private var shared: MultiHandle?

    init(_ configuration: HTTPClientConfiguration, poller: Poller) {
        self.configuration = configuration
        self.poller = poller
    }

    /// Where an exchange of this version belongs, made when it is first asked for. `nil` where libcurl cannot be set up.
    func handle(for version: HTTPVersionPolicy) -> MultiHandle? {
        if version == .http1 {
            serial = serial ?? MultiHandle(configuration, poller: poller)
            return serial
        }
        shared = shared ?? MultiHandle(configuration, poller: poller)
        return shared
    }

    /// When libcurl wants `expire` to be called.
    var deadline: MultiHandle.Instant? {
        switch (serial?.deadline, shared?.deadline) {
        case (let one?, let other?): min(one, other)
        case (let one, let other): one ?? other
        }
    }

    func act(on event: Poller.Event) {
        serial?.act(on: event)
        shared?.act(on: event)
    }

    func expire(at now: MultiHandle.Instant) {
        serial?.expire(at: now)
        shared?.expire(at: now)
    }

    /// The next transfer that libcurl is done with.
    func nextFinished() -> (easy: EasyHandle, code: UInt32)? { serial?.nextFinished() ?? shared?.nextFinished() }
}
