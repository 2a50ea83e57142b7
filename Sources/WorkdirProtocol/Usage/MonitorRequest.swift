/// What the agent asks the entrypoint to sample, in the file `WorkdirPath.monitor`: `interval=10`.
public struct MonitorRequest: Sendable, Equatable {
    /// Seconds between two samples; at least 1.
    public var interval: Int

    public init(interval: Int) {
        self.interval = max(1, interval)
    }

    /// Reads what `text` wrote; nil without a valid interval.
    public init?(parsing bytes: some Collection<UInt8>) {
        var interval: Int?
        KeyValueLines.forEach(in: bytes) { key, value in
            if Self.intervalKey.isIdentical(to: key) { interval = Int(ascii: value) }
        }
        guard let interval, interval > 0, interval <= Self.longest else { return nil }
        self.interval = interval
    }

    /// The file's content.
    public var text: String { "\(Self.intervalKey)=\(interval)\n" }

    private static let intervalKey = "interval"
    private static let longest = 86_400
}
