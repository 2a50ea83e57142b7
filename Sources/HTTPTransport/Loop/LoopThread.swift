import CCurl
import Glibc

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
