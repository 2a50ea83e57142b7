public import Basics
public import Logging

/// How an informer runs.
public struct InformerOptions: Sendable {
    public var metrics: InformerMetrics?
    public var logger: Logger
    public var time: Timepiece
    /// Decides delays and the watch's length. Random, so that informers do not ask in step.
    public var seed: UInt64

    public init(
        metrics: InformerMetrics? = nil, logger: Logger = Logger(label: "informer"), time: Timepiece = .system,
        seed: UInt64 = .random(in: 0 ... .max)
    ) {
        self.metrics = metrics
        self.logger = logger
        self.time = time
        self.seed = seed
    }
}
