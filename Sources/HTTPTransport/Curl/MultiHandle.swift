internal import CCurl

/// libcurl's multi handle, driven by socket events. It has one owner and lives on that owner's thread.
final class MultiHandle {
    typealias Instant = ContinuousClock.Instant

    /// When libcurl wants `expire` to be called.
    private(set) var deadline: Instant?
    private let raw: UnsafeMutableRawPointer
    private let poller: Poller
    /// Those that libcurl wants watched.
    private var sockets: Set<Int32> = []

    /// `nil` where libcurl cannot be set up.
    init?(_ configuration: HTTPClientConfiguration, poller: Poller) {
        guard CurlLibrary.isReady, let raw = curl_multi_init() else { return nil }
        self.raw = raw
        self.poller = poller
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = ccurl_multi_set_functions(raw, onSocket, onTimer, context)
        _ = ccurl_multi_set_long(raw, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
        // Running exchanges are limited before they come here; this bounds the idle connections that are kept.
        _ = ccurl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, max(configuration.maximumConnections, 1))
    }

    /// No easy handle may be in it any more.
    deinit { curl_multi_cleanup(raw) }

    func add(_ easy: EasyHandle) -> Bool { curl_multi_add_handle(raw, easy.raw) == CURLM_OK }

    /// Closes the connection of a transfer that is under way.
    func remove(_ easy: EasyHandle) { curl_multi_remove_handle(raw, easy.raw) }

    /// Does nothing where the event is about somebody else's descriptor.
    func act(on event: Poller.Event) {
        guard sockets.contains(event.descriptor) else { return }
        var running: Int32 = 0
        let mask =
            (event.canRead ? CURL_CSELECT_IN : 0) | (event.canWrite ? CURL_CSELECT_OUT : 0)
            | (event.isBroken ? CURL_CSELECT_ERR : 0)
        curl_multi_socket_action(raw, event.descriptor, mask, &running)
    }

    func expire(at now: Instant) {
        guard let due = deadline, due <= now else { return }
        deadline = nil
        var running: Int32 = 0
        curl_multi_socket_action(raw, -1, 0, &running)
    }

    /// The next transfer that libcurl is done with.
    func nextFinished() -> (easy: EasyHandle, code: UInt32)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(raw, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let handle = EasyHandle.of(easy)
            else { continue }
            return (handle, ccurl_message_result(message).rawValue)
        }
        return nil
    }

    fileprivate func socketChanged(_ socket: Int32, _ what: Int32) {
        if what == CURL_POLL_REMOVE { sockets.remove(socket) } else { sockets.insert(socket) }
        poller.watch(
            socket, read: what == CURL_POLL_IN || what == CURL_POLL_INOUT,
            write: what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
    }

    fileprivate func timerChanged(_ milliseconds: Int) {
        deadline = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
    }
}

private func onSocket(
    easy: UnsafeMutableRawPointer?, socket: curl_socket_t, what: Int32, context: UnsafeMutableRawPointer?,
    perSocket: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context else { return 0 }
    Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue().socketChanged(socket, what)
    return 0
}

private func onTimer(multi: UnsafeMutableRawPointer?, milliseconds: Int, context: UnsafeMutableRawPointer?)
    -> Int32
{
    guard let context else { return 0 }
    Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue().timerChanged(milliseconds)
    return 0
}

/// What libcurl needs once in a process.
enum CurlLibrary {
    static let isReady: Bool = {
        ccurl_ignore_sigpipe()
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()
}

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

/// Which origins have an HTTP/2 connection without TLS open.
///
/// libcurl 7.88 fails (code 16) when it is told to speak HTTP/2 with prior knowledge on a connection that already does:
/// prior knowledge is for the first request of a connection, plain HTTP/2 for those that join it. So the first request
/// goes alone until its connection stands.
struct PriorKnowledge: Sendable {
    private var open: Set<String> = []

    func isOpen(_ origin: String) -> Bool { open.contains(origin) }

    mutating func connected(_ origin: String) { open.insert(origin) }

    /// `version` as the response had it, `nil` for an exchange that failed: its connection may be gone.
    mutating func ended(_ origin: String, version: String?) {
        if version != "2" { open.remove(origin) }
    }
}
