internal import Basics

/// How a client behaves towards the server.
public struct KubeClientOptions: Sendable {
    public var userAgent: String
    public var retries: RetryPolicy
    /// Requests a second on average, and at once; `nil` for no limit of our own (API priority and fairness remains).
    public var rate: Double?
    public var burst: Int
    /// The largest answer that `send` keeps in memory, in bytes. Lists are to be paged, or opened as a stream.
    public var largestAnswer: Int
    public var observer: (any RequestObserver)?

    public init(
        userAgent: String = standardUserAgent, retries: RetryPolicy = .init(), rate: Double? = 50, burst: Int = 100,
        largestAnswer: Int = 64 << 20, observer: (any RequestObserver)? = nil
    ) {
        self.userAgent = userAgent
        self.retries = retries
        self.rate = rate
        self.burst = burst
        self.largestAnswer = largestAnswer
        self.observer = observer
    }

    #if arch(arm64)
        private static let architecture = "arm64"
    #else
        private static let architecture = "amd64"
    #endif

    /// In client-go's form, so that audit logs and priority rules can be written alike.
    public static let standardUserAgent = "kpipe-sidecar/\(Version.current) (linux/\(architecture))"
}
