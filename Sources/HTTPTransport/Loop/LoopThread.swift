internal import CCurl
internal import Glibc

/// The thread a client's loop runs on.
final class LoopThread: Sendable {
    private let configuration: HTTPClientConfiguration
    private let inbox: Inbox

    private init(_ configuration: HTTPClientConfiguration, _ inbox: Inbox) {
        self.configuration = configuration
        self.inbox = inbox
    }

    /// `false` where the system has no more threads to give.
    static func start(_ configuration: HTTPClientConfiguration, _ inbox: Inbox) -> Bool {
        let context = Unmanaged.passRetained(LoopThread(configuration, inbox))
        var thread = pthread_t()
        guard pthread_create(&thread, nil, runThread, context.toOpaque()) == 0 else {
            context.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    fileprivate func run() {
        ccurl_name_thread("http")
        for done in serve() { done() }
    }

    /// When this returns, the loop is freed and with it every connection.
    private func serve() -> [@Sendable () -> Void] {
        let loop = ClientLoop(configuration, inbox: inbox)
        loop.run()
        return loop.completions
    }
}

private func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<LoopThread>.fromOpaque(context).takeRetainedValue().run()
    return nil
}

/// Waits for sockets with epoll: what is ready costs, what is idle does not.
final class Poller {
    struct Event {
        var descriptor: Int32
        var canRead: Bool
        var canWrite: Bool
        var isBroken: Bool
    }

    private let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    /// The descriptors that epoll knows, as far as we were told.
    private var watched: Set<Int32> = []
    private var buffer = [epoll_event](repeating: epoll_event(), count: 64)

    deinit { close(epoll) }

    /// Watches for exactly these; nothing at all forgets the descriptor.
    func watch(_ descriptor: Int32, read: Bool, write: Bool) {
        guard read || write else {
            watched.remove(descriptor)
            // Fails harmlessly where the socket is closed already: closing has made epoll forget it.
            epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
            return
        }
        var event = epoll_event()
        event.events = (read ? EPOLLIN.rawValue : 0) | (write ? EPOLLOUT.rawValue : 0)
        event.data.fd = descriptor
        // A socket that was closed is forgotten, and its number may mean another one by now.
        let isNew = watched.insert(descriptor).inserted
        if epoll_ctl(epoll, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event) != 0 {
            epoll_ctl(epoll, isNew ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event)
        }
    }

    /// `nil` waits until something happens.
    func wait(_ timeout: Duration?) -> [Event] {
        let count = epoll_wait(epoll, &buffer, Int32(buffer.count), Self.milliseconds(timeout))
        return (0..<max(0, Int(count))).map { index in
            let event = buffer[index]
            return Event(
                descriptor: event.data.fd, canRead: event.events & EPOLLIN.rawValue != 0,
                canWrite: event.events & EPOLLOUT.rawValue != 0,
                isBroken: event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0)
        }
    }

    /// Rounded up, because waking before a deadline means waking twice.
    static func milliseconds(_ timeout: Duration?) -> Int32 {
        guard let timeout else { return -1 }
        let (seconds, attoseconds) = timeout.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 1_000_000 else { return 1_000_000_000 }
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
