internal import Basics
internal import Glibc
internal import HTTPTransport
internal import Synchronization

/// Seconds since 1970. Injected wherever signatures or expiries depend on it.
typealias EpochClock = @Sendable () -> Int64

let systemEpochClock: EpochClock = { Int64(time(nil)) }

/// Our clock, corrected by what a server that refused a signature said of its own.
final class ServerClock: Sendable {
    private let local: EpochClock
    private let offset = Atomic<Int64>(0)

    init(_ local: @escaping EpochClock = systemEpochClock) {
        self.local = local
    }

    /// Seconds since 1970 by the server's clock, as far as is known.
    func now() -> Int64 { local() + offset.load(ordering: .relaxed) }

    /// Whoever else was told the same may say so as well: the time is set, not added to.
    func correct(to server: Int64) { offset.store(server - local(), ordering: .relaxed) }
}

extension HTTPResponseHead {
    /// Seconds since 1970 by the server's clock.
    var serverTime: Int64? { headers["Date"].flatMap { CivilTime(http: $0)?.secondsSince1970 } }
}
